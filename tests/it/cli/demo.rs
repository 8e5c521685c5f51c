//! The demo (C-2, C-5, S24).

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::program::{Demo, Folder};

#[test]
fn the_demo_refuses_where_the_environment_is_production() {
    let folder = Folder::new();
    let output = folder.huiyi(&["demo"]).env("HUIYI__ENVIRONMENT", "production").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("environment is production"), "{said}");
    assert!(!folder.path().join("data").exists());
}

#[test]
fn the_demo_leaves_a_folder_alone_that_holds_something_else() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path().join("mine")).unwrap();
    std::fs::write(folder.path().join("mine/huiyi.db"), "precious").unwrap();
    for arguments in [["--data-dir", "mine", "--members=50"], ["--data-dir", "mine", "--reset"]] {
        let ended = folder.run(&[&["demo"][..], &arguments].concat());
        assert_eq!(ended.code, 1, "{ended:?}");
        assert!(ended.err.contains("files that the demo did not make"), "{ended:?}");
    }
    assert_eq!(std::fs::read(folder.path().join("mine/huiyi.db")).unwrap(), b"precious");
}

#[test]
fn the_demo_answers_its_five_lines_keeps_its_data_and_starts_over_when_told() {
    let folder = Folder::new();
    let mut demo = Demo::start(&folder, &[]);
    let key = demo.partner_key();
    answers_its_lines(&demo, folder.path());

    let second = folder.run(&["demo", "--listen", "127.0.0.1:0"]);
    assert!(second.code == 1 && second.err.contains("in use by another huiyi"), "{second:?}");
    let reset = folder.run(&["demo", "--reset", "--listen", "127.0.0.1:0"]);
    assert!(reset.code == 1 && reset.err.contains("in use by another huiyi"), "{reset:?}");
    assert_eq!(demo.stop(), 0);

    let mut again = Demo::start(&folder, &[]);
    assert_eq!(again.partner_key(), key);
    answers_its_lines(&again, folder.path());
    assert_eq!(again.stop(), 0);

    let own = folder.path().join("data/demo/mine.txt");
    std::fs::write(&own, "mine").unwrap();
    let mut other = Demo::start(&folder, &["--reset"]);
    assert_ne!(other.partner_key(), key);
    assert!(own.exists(), "only what the demo made is removed");
    assert_eq!(other.stop(), 0);
}

#[cfg(unix)]
#[test]
fn what_the_demo_remembers_is_for_nobody_else_to_read() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let mut demo = Demo::start(&folder, &[]);
    let mode = |name: &str| {
        let path = folder.path().join("data/demo").join(name);
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    for name in ["demo.toml", "data_key", "signing_key"] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    assert_eq!(demo.stop(), 0);
}

/// Each line by itself in a shell of its own, as somebody would paste it.
fn answers_its_lines(demo: &Demo, folder: &Path) {
    let lines = demo.lines();
    assert_eq!(lines.len(), 5, "{lines:?}");
    let answers: Vec<Value> = lines.iter().map(|line| paste(line, folder)).collect();
    let [order, points, board, spend, customers] = answers.as_slice() else { unreachable!() };
    assert_eq!(order["result"], "created", "{order}");
    assert!(points["available"].as_i64().unwrap() > 0, "{points}");
    assert!(!board["items"].as_array().unwrap().is_empty(), "{board}");
    assert_eq!(spend["points"], 100, "{spend}");
    assert!(!customers["items"].as_array().unwrap().is_empty(), "{customers}");
}

fn paste(line: &str, folder: &Path) -> Value {
    let output = Command::new("bash").args(["-c", line]).current_dir(folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&said).unwrap_or_else(|_| panic!("{line}\n{output:?}"))
}
