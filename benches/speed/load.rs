//! Load by wrk.

use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// What wrk saw.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Requests a second.
    pub rate: f64,
    /// Milliseconds that half of the requests stayed below.
    pub p50_ms: f64,
    /// Milliseconds that 99 of 100 requests stayed below.
    pub p99_ms: f64,
}

/// A wrk script that cycles over paths and bearer tokens.
pub fn script(name: &str, requests: &[(String, Option<String>)]) -> PathBuf {
    let path = std::env::temp_dir().join(format!("huiyi-bench-{}-{name}.lua", std::process::id()));
    let mut file = std::fs::File::create(&path).unwrap();
    writeln!(file, "local requests = {{").unwrap();
    for (path, token) in requests {
        let token = token.as_deref().unwrap_or("");
        writeln!(file, "  {{ {path:?}, {token:?} }},").unwrap();
    }
    writeln!(
        file,
        "}}\nlocal next = 0\nrequest = function()\n  next = next % #requests + 1\n  local r = requests[next]\n  \
         local headers = {{}}\n  if r[2] ~= '' then headers['Authorization'] = 'Bearer ' .. r[2] end\n  \
         return wrk.format('GET', r[1], headers)\nend"
    )
    .unwrap();
    path
}

/// A wrk script that posts `points` of `members` to a path of the tills, each with a receipt and key of its own. The
/// receipts of two runs never meet: `wrk` starts with another seed each time.
pub fn tills(name: &str, path: &str, key: &str, members: &[String], points: i64) -> PathBuf {
    let place = std::env::temp_dir().join(format!("huiyi-bench-{}-{name}.lua", std::process::id()));
    let mut file = std::fs::File::create(&place).unwrap();
    writeln!(file, "local members = {{").unwrap();
    for member in members {
        writeln!(file, "{member:?},").unwrap();
    }
    writeln!(
        file,
        r#"}}
local threads = 0
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end
function init()
  local random = io.open("/dev/urandom", "rb")
  local seed = 0
  for _, byte in ipairs({{ random:read(6):byte(1, 6) }}) do seed = seed * 256 + byte end
  random:close()
  math.randomseed(seed % 2147483647)
  run = string.format("%x-%d-", seed, number)
  count = 0
end
local headers = {{ ["Authorization"] = "Bearer {key}", ["Content-Type"] = "application/json" }}
function request()
  count = count + 1
  local receipt = run .. count
  headers["Idempotency-Key"] = receipt
  local body = '{{"receipt_no":"' .. receipt .. '","member":{{"member_id":"' .. members[math.random(#members)] .. '"}},"points":{points}}}'
  return wrk.format("POST", "{path}", headers, body)
end"#
    )
    .unwrap();
    place
}

/// Runs wrk; panics when a response was no success, for then the figure means nothing.
pub fn wrk(url: &str, script: Option<&PathBuf>, connections: usize, span: Duration) -> Load {
    let mut command = Command::new("wrk");
    command.args([
        "-t",
        if connections == 1 { "1" } else { "2" },
        "-c",
        &connections.to_string(),
        "-d",
        &format!("{}s", span.as_secs()),
        "--latency",
    ]);
    if let Some(script) = script {
        command.arg("-s").arg(script);
    }
    let output = command.arg(url).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "wrk: {}", String::from_utf8_lossy(&output.stderr));
    assert!(!text.contains("Non-2xx"), "not every answer was a success:\n{text}");
    let rate = field(&text, "Requests/sec:").parse().unwrap();
    Load { rate, p50_ms: millis(field(&text, "50%")), p99_ms: millis(field(&text, "99%")) }
}

fn field<'a>(text: &'a str, name: &str) -> &'a str {
    let line = text
        .lines()
        .find(|line| line.trim().starts_with(name))
        .unwrap_or_else(|| panic!("no {name}: {text}"));
    line.split_whitespace().last().unwrap()
}

fn millis(text: &str) -> f64 {
    let number =
        |suffix: &str| text.strip_suffix(suffix).and_then(|number| number.parse::<f64>().ok());
    number("us")
        .map(|n| n / 1000.0)
        .or_else(|| number("ms"))
        .or_else(|| number("s").map(|n| n * 1000.0))
        .unwrap_or_else(|| panic!("no time: {text}"))
}
