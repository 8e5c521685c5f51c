//! The rules of the house, each a function from a file to what is wrong with it.

use super::source::Source;

/// Plumbing, from the ground up: a module may use only what stands on a lower floor, or itself.
const FLOORS: &[(&str, usize)] = &[
    ("kernel", 0),
    ("channels", 1),
    ("config", 1),
    ("db", 1),
    ("kv", 1),
    ("storage", 1),
    ("app", 2),
    ("http", 3),
    ("events", 4),
    ("jobs", 5),
    ("mock", 6),
    ("wiring", 7),
    ("cli", 8),
    ("main", 9),
];
const CAPABILITY_FLOOR: usize = 6;

/// Which capability calls which. An edge that is missing here is refused, one that nobody uses too; a circle cannot be
/// written down, because a capability may call only those that stand above it in this list.
pub const CAPABILITIES: &[(&str, &[&str])] = &[
    ("audit", &[]),
    ("sessions", &[]),
    ("stores", &[]),
    ("catalog", &["stores"]),
    ("staff", &["audit", "sessions", "stores"]),
    ("partners", &["audit"]),
    ("guides", &[]),
    ("members", &["audit", "staff", "stores"]),
    ("points", &["audit", "members", "stores"]),
    ("tiers", &["audit", "members", "points", "staff"]),
    ("orders", &["audit", "catalog", "guides", "members", "points", "staff", "stores", "tiers"]),
    ("identity", &["audit", "members", "orders", "points", "sessions", "tiers"]),
    ("leaderboards", &["audit", "members", "staff", "stores"]),
    ("customers", &["audit", "members", "orders", "points", "staff", "stores", "tiers"]),
    ("operations", &["audit", "members"]),
    ("timeline", &["audit", "members", "staff", "tiers"]),
    ("webhooks", &["audit", "partners"]),
    ("bulk", &["audit", "members", "orders", "partners", "points", "staff", "stores"]),
];

/// Wire types that several audiences' routes share, and who shares them: signing in answers the same tokens everywhere.
const SHARED_WIRE: &[(&str, &[&str])] =
    &[("sessions", &["identity", "staff"]), ("points", &["orders"])];

/// The files a capability is made of.
const ROLES: &[&str] =
    &["mod", "routes", "service", "rules", "store", "events", "jobs", "error", "caller"];

/// A crate, and who may name it.
const CRATES: &[(&[&str], fn(&Place<'_>) -> bool)] = &[
    (&["sea_orm", "sea_query"], |at| at.role == "store" || at.is_in(&["db", "events", "jobs"])),
    (&["sqlx"], |at| at.is_in(&["db"])),
    (&["actix_web", "actix_http", "utoipa_actix_web"], |at| {
        matches!(at.role, "routes" | "caller") || at.is_in(&["http", "wiring", "mock", "cli"])
    }),
    (&["redis"], |at| at.is_in(&["kv"])),
    (&["reqwest"], |at| at.is_in(&["channels", "webhooks"])),
    (&["calamine", "encoding_rs", "zip"], |at| at.is_in(&["bulk"])),
];

/// Calls that only one place may make.
const CALLS: &[(&[&str], &str)] = &[
    (&["Utc", "now"], "kernel/clock.rs"),
    (&["Local", "now"], "kernel/clock.rs"),
    (&["SystemTime", "now"], "kernel/clock.rs"),
    (&["Instant", "now"], "kernel/clock.rs"),
    (&["env", "var"], "config/"),
    (&["env", "vars"], "config/"),
    (&["env", "var_os"], "config/"),
    (&["env", "vars_os"], "config/"),
];

/// Longest file, in lines.
const LONGEST: usize = 400;
/// Files that are longer, and why.
const LONGER: &[(&str, &str)] = &[(
    "src/kv/conformance/boards.rs",
    "one suite, read from top to bottom, that the twin and Redis both pass",
)];

/// Files where a method may panic, and why.
const MAY_PANIC: &[(&str, &str)] = &[
    ("src/kernel/secret.rs", "without randomness from the system no secret may be made"),
    ("src/kernel/vault.rs", "without randomness nothing may be sealed"),
];

/// Where a file stands.
pub struct Place<'a> {
    /// First part of its module: a capability or plumbing; empty in `lib.rs`.
    pub room: &'a str,
    /// What the file is for, inside a capability: `service`, `store`, ...; else empty.
    pub role: &'a str,
}

impl Place<'_> {
    fn is_in(&self, rooms: &[&str]) -> bool {
        rooms.contains(&self.room)
    }

    /// Where a file of `src` stands.
    pub fn of(source: &Source) -> Place<'_> {
        let room = source.module.first().map_or("", String::as_str);
        let role = if calls_of(room).is_none() {
            ""
        } else {
            source.module.get(1).map_or("mod", String::as_str)
        };
        Place { room, role }
    }
}

fn calls_of(room: &str) -> Option<&'static [&'static str]> {
    CAPABILITIES.iter().find(|(name, _)| *name == room).map(|(_, calls)| *calls)
}

fn floor_of(room: &str) -> Option<usize> {
    let plumbing = FLOORS.iter().find(|(name, _)| *name == room).map(|(_, floor)| *floor);
    plumbing.or_else(|| calls_of(room).map(|_| CAPABILITY_FLOOR))
}

/// Everything that is wrong with a file of `src`.
pub fn broken(source: &Source) -> Vec<String> {
    let at = Place::of(source);
    let mut wrong = Vec::new();
    for (path, line) in &source.paths {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let found = [
            foreign_crate(&at, &path),
            reserved_call(source, &path),
            floor(&at, &path),
            neighbour(&at, &path),
            inside(&at, &path),
        ];
        let found = found.into_iter().flatten();
        wrong
            .extend(found.map(|why| format!("{}:{line}: {}: {why}", source.file, path.join("::"))));
    }
    wrong.extend(shape(source, &at));
    wrong.extend(unfinished(source));
    wrong.extend(too_long(source));
    wrong
}

fn foreign_crate(at: &Place<'_>, path: &[&str]) -> Option<String> {
    let (_, may) = CRATES.iter().find(|(names, _)| names.contains(&path[0]))?;
    (!may(at)).then(|| format!("{} is not named here", path[0]))
}

fn reserved_call(source: &Source, path: &[&str]) -> Option<String> {
    let inside = source.file.strip_prefix("src/")?;
    let named = |call: &[&str]| path.windows(call.len()).any(|part| part == call);
    let (_, place) = CALLS.iter().find(|(call, _)| named(call))?;
    (!inside.starts_with(place)).then(|| format!("only {place} may"))
}

/// `main → cli → wiring → capabilities → jobs → events → http → app → { channels, kv, db, config } → kernel`.
fn floor(at: &Place<'_>, path: &[&str]) -> Option<String> {
    let ["crate", target, ..] = path else { return None };
    if *target == at.room || at.room.is_empty() {
        return None;
    }
    let mine = floor_of(at.room)?;
    let theirs = floor_of(target)?;
    let neighbours = mine == CAPABILITY_FLOOR && calls_of(target).is_some();
    (theirs >= mine && !neighbours).then(|| format!("{} stands below {target}", at.room))
}

/// Capabilities call each other only through `service`, and only along the graph. Who is calling is no call: any
/// handler may name its caller.
fn neighbour(at: &Place<'_>, path: &[&str]) -> Option<String> {
    let ["crate", target, rest @ ..] = path else { return None };
    let calls = calls_of(at.room)?;
    if *target == at.room || calls_of(target).is_none() || is_doorway(at, target, rest) {
        return None;
    }
    if !calls.contains(target) {
        return Some(format!("{} does not call {target}: see CAPABILITIES", at.room));
    }
    match rest {
        [] | ["service" | "self", ..] => None,
        [door, ..] => Some(format!("{target} is called through its service, not its {door}")),
    }
}

fn is_doorway(at: &Place<'_>, target: &str, rest: &[&str]) -> bool {
    let shares = |(owner, users): &(&str, &[&str])| *owner == target && users.contains(&at.room);
    match rest {
        ["caller", ..] => matches!(at.role, "routes" | "caller"),
        ["routes", ..] => at.role == "routes" && SHARED_WIRE.iter().any(shares),
        _ => false,
    }
}

/// `routes → service → { rules, store } → entity`.
fn inside(at: &Place<'_>, path: &[&str]) -> Option<String> {
    let ["crate", room, target, ..] = path else { return None };
    if *room != at.room || at.role.is_empty() || *target == at.role {
        return None;
    }
    let refused: &[&str] = match at.role {
        "routes" => &["store"],
        "service" | "caller" => &["routes"],
        "rules" => &["routes", "service", "store"],
        "store" => &["routes", "service"],
        "error" => &["routes", "service", "store", "rules"],
        _ => &[],
    };
    refused.contains(target).then(|| format!("{} does not know {target}", at.role))
}

/// A row never reaches the wire: no table can be read from JSON or written to it.
pub fn rows_on_the_wire(source: &Source) -> Vec<String> {
    let shared = source
        .module
        .first()
        .is_none_or(|name| ["codes", "ids", "values"].contains(&name.as_str()));
    let wire = |path: &&(Vec<String>, usize)| {
        path.0.iter().any(|part| matches!(part.as_str(), "Serialize" | "Deserialize" | "ToSchema"))
    };
    let found = source.paths.iter().filter(wire).filter(|_| !shared);
    found.map(|(path, line)| format!("{}:{line}: {}", source.file, path.join("::"))).collect()
}

/// Capabilities have only files of known names, and rules are pure.
fn shape(source: &Source, at: &Place<'_>) -> Vec<String> {
    let mut wrong = Vec::new();
    if !at.role.is_empty() && !ROLES.contains(&at.role) {
        wrong.push(format!("{}: a capability has no {}", source.file, at.role));
    }
    if !at.room.is_empty() && floor_of(at.room).is_none() {
        wrong.push(format!("{}: {} is in no list of the house", source.file, at.room));
    }
    let impure = |path: &&(Vec<String>, usize)| {
        matches!(
            path.0.iter().map(String::as_str).collect::<Vec<_>>()[..],
            ["crate", "app" | "db" | "kv" | "channels" | "events", ..]
        )
    };
    if at.role == "rules" {
        if source.is_async {
            wrong.push(format!("{}: rules are pure, not async", source.file));
        }
        wrong.extend(source.paths.iter().filter(impure).map(|(path, line)| {
            format!("{}:{line}: {}: rules are pure", source.file, path.join("::"))
        }));
    }
    wrong
}

/// Nothing half done, nothing that panics on purpose.
pub fn unfinished(source: &Source) -> Vec<String> {
    let macros = source
        .macros
        .iter()
        .filter(|(name, _)| matches!(name.as_str(), "todo" | "unimplemented" | "dbg"));
    let allowed = MAY_PANIC.iter().any(|(file, _)| *file == source.file);
    let methods = source
        .methods
        .iter()
        .filter(|_| !allowed)
        .filter(|(name, _)| matches!(name.as_str(), "unwrap" | "expect" | "unwrap_err"));
    macros.chain(methods).map(|(name, line)| format!("{}:{line}: {name}", source.file)).collect()
}

/// Files that nobody can hold in mind.
pub fn too_long(source: &Source) -> Option<String> {
    let allowed = LONGER.iter().any(|(file, _)| *file == source.file);
    (source.lines > LONGEST && !allowed)
        .then(|| format!("{}: {} lines, at most {LONGEST}", source.file, source.lines))
}

/// Exceptions that no longer are any.
pub fn needless_exceptions() -> Vec<String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let short = |file: &str| {
        std::fs::read_to_string(root.join(file)).map_or(0, |text| text.lines().count()) <= LONGEST
    };
    LONGER.iter().filter(|(file, _)| short(file)).map(|(file, _)| (*file).to_owned()).collect()
}

/// Edges of [`CAPABILITIES`] that nobody uses.
pub fn unused_edges(sources: &[Source]) -> Vec<String> {
    let used = |from: &str, to: &str| {
        sources.iter().filter(|source| Place::of(source).room == from).any(|source| {
            source
                .paths
                .iter()
                .any(|(path, _)| path.len() > 1 && path[0] == "crate" && path[1] == to)
        })
    };
    let edges =
        CAPABILITIES.iter().flat_map(|(from, calls)| calls.iter().map(move |to| (*from, *to)));
    edges
        .filter(|(from, to)| !used(from, to))
        .map(|(from, to)| format!("{from} does not call {to} any more"))
        .collect()
}

/// Calls that go up the list, which is how a circle would begin.
pub fn calls_upwards(graph: &[(&str, &[&str])]) -> Vec<String> {
    let place = |name: &str| graph.iter().position(|(room, _)| *room == name);
    let edges = graph.iter().flat_map(|(from, calls)| calls.iter().map(move |to| (*from, *to)));
    edges
        .filter(|(from, to)| place(to).is_none_or(|to| Some(to) >= place(from)))
        .map(|(from, to)| format!("{from} → {to}"))
        .collect()
}
