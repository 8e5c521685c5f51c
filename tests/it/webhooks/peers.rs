//! The official libraries accept every delivery and no altered one (W2). They are installed below `target/` by the test
//! itself, from the registries of Python and npm.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use super::{Hooked, add};
use crate::support::Received;

const PYTHON: &str = r#"
import datetime, json, sys
from standardwebhooks import webhooks
cases = json.load(open(sys.argv[1]))
class Clock(datetime.datetime):
    at = 0
    @classmethod
    def now(cls, tz=None):
        return datetime.datetime.fromtimestamp(cls.at, tz)
webhooks.datetime = Clock
verdicts = []
for case in cases:
    Clock.at = case["now"]
    try:
        webhooks.Webhook(case["secret"]).verify(case["body"], case["headers"])
        verdicts.append(True)
    except webhooks.WebhookVerificationError:
        verdicts.append(False)
print(json.dumps(verdicts))
"#;

const NODE: &str = r#"
const { Webhook, WebhookVerificationError } = require("standardwebhooks");
const cases = JSON.parse(require("fs").readFileSync(process.argv[2], "utf8"));
console.log(JSON.stringify(cases.map((it) => {
  Date.now = () => it.now * 1000;
  try {
    new Webhook(it.secret).verify(it.body, it.headers);
    return true;
  } catch (error) {
    if (error instanceof WebhookVerificationError) return false;
    throw error;
  }
})));
"#;

/// A delivery as a receiver would check it, and what it should say.
struct Case {
    what: &'static str,
    input: Value,
    accepted: bool,
}

fn case(what: &'static str, accepted: bool, it: &Received, secret: &str, now: i64) -> Case {
    let headers: serde_json::Map<String, Value> = it
        .headers
        .iter()
        .filter(|(name, _)| name.starts_with("webhook-"))
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    let input = json!({"secret": secret, "body": it.body, "headers": headers, "now": now});
    Case { what, input, accepted }
}

/// What was really delivered, under the secret of its time and after a rotation, and what a forger makes of it.
async fn cases() -> Vec<Case> {
    let hooked = Hooked::start(&["points.*"]).await;
    let url = format!("{}/other", hooked.receiver.url);
    let (_, foreign) = add(&hooked.app, &hooked.key, &url, &["tier.expiring"]).await;
    let member = hooked.app.known("13800138000").await;
    hooked.happens(member, "a").await;
    hooked.deliver().await;
    let first = hooked.receiver.news().remove(0);
    let rotate = format!("/webhook-endpoints/{}:rotate-secret", hooked.id);
    let rotated = hooked.post(&rotate, &json!({})).await;
    let new = rotated["secret"].as_str().unwrap().to_owned();
    hooked.happens(member, "b").await;
    hooked.deliver().await;
    let second = hooked.receiver.news().remove(0);

    let (now, old) = (hooked.app.now().timestamp(), hooked.secret.clone());
    let altered = |change: fn(&mut Received)| {
        let mut it = first.clone();
        change(&mut it);
        assert_ne!(it, first);
        it
    };
    let header = |it: &mut Received, name: &str, value: String| {
        it.headers.insert(name.to_owned(), value);
    };
    let body = altered(|it| it.body = it.body.replacen('1', "2", 1));
    let space = altered(|it| it.body.push(' '));
    let mut id = first.clone();
    header(&mut id, "webhook-id", format!("{}x", first.headers["webhook-id"]));
    // The same signed text, with the border between id and timestamp elsewhere.
    let mut dotted = first.clone();
    let (name, time) = (&first.headers["webhook-id"], &first.headers["webhook-timestamp"]);
    header(&mut dotted, "webhook-id", format!("{name}.{time}"));
    let mut later = first.clone();
    header(&mut later, "webhook-timestamp", (now + 1).to_string());
    let mut nothing = first.clone();
    nothing.headers.remove("webhook-signature");
    vec![
        case("as delivered", true, &first, &old, now),
        case("five minutes late, nearly", true, &first, &old, now + 290),
        case("after a rotation, by the new secret", true, &second, &new, now),
        case("after a rotation, by the old secret", true, &second, &old, now),
        case("before the rotation, by the new secret", false, &first, &new, now),
        case("by another endpoint's secret", false, &first, &foreign, now),
        case("one byte of the body changed", false, &body, &old, now),
        case("one byte added to the body", false, &space, &old, now),
        case("another id", false, &id, &old, now),
        case("an id with a dot", false, &dotted, &old, now),
        case("another timestamp", false, &later, &old, now),
        case("six minutes late", false, &first, &old, now + 360),
        case("six minutes early", false, &first, &old, now - 360),
        case("no signature", false, &nothing, &old, now),
    ]
}

/// A folder below `target/` of its own for each process, so that suites beside each other install nothing twice at once.
fn folder(peer: &str) -> PathBuf {
    let name = format!("webhooks-{peer}-{}", std::process::id());
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs a command and gives what it printed.
fn run(command: &mut Command, hint: &str) -> String {
    let shown = format!("{command:?}");
    let done = command.output().unwrap_or_else(|error| panic!("{shown}: {error}. {hint}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(done.status.success(), "{shown}: {}{}\n{hint}", text(&done.stdout), text(&done.stderr));
    text(&done.stdout)
}

fn compare(cases: &[Case], verdicts: &str) {
    let verdicts: Vec<bool> = serde_json::from_str(verdicts.trim()).unwrap();
    assert_eq!(verdicts.len(), cases.len());
    for (case, verdict) in cases.iter().zip(verdicts) {
        assert_eq!(verdict, case.accepted, "{}: {}", case.what, case.input);
    }
}

fn inputs(cases: &[Case]) -> String {
    Value::from_iter(cases.iter().map(|case| case.input.clone())).to_string()
}

#[actix_web::test]
async fn the_official_python_library_agrees() {
    let (cases, folder) = (cases().await, folder("python"));
    let hint = "This test needs python3 with pip, and the registry of Python.";
    let mut install = Command::new("python3");
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]);
    install.arg("--target").arg(folder.join("lib")).arg("standardwebhooks==1.1.0");
    run(&mut install, hint);
    std::fs::write(folder.join("cases.json"), inputs(&cases)).unwrap();
    std::fs::write(folder.join("verify.py"), PYTHON).unwrap();
    let mut verify = Command::new("python3");
    verify.env("PYTHONPATH", folder.join("lib"));
    verify.arg(folder.join("verify.py")).arg(folder.join("cases.json"));
    compare(&cases, &run(&mut verify, hint));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[actix_web::test]
async fn the_official_node_library_agrees() {
    let (cases, folder) = (cases().await, folder("node"));
    let hint = "This test needs node with npm, and the registry of npm.";
    let mut install = Command::new("npm");
    install.args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"]).arg(&folder);
    install.arg("standardwebhooks@1.1.1").current_dir(&folder);
    run(&mut install, hint);
    std::fs::write(folder.join("cases.json"), inputs(&cases)).unwrap();
    std::fs::write(folder.join("verify.js"), NODE).unwrap();
    let mut verify = Command::new("node");
    verify.arg("verify.js").arg("cases.json").current_dir(&folder);
    compare(&cases, &run(&mut verify, hint));
    std::fs::remove_dir_all(&folder).unwrap();
}
