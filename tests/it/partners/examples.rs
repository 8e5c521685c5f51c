//! The examples of `docs/signing.md` are run as they stand there: over its vectors, and against the real server.

use std::path::PathBuf;
use std::process::{Command, Output};

use chrono::Utc;
use serde_json::{Value, json};

use super::signing::Signer;
use crate::staff::boss;
use crate::support::TestApp;

const PAGE: &str = include_str!("../../../docs/signing.md");

/// The block of one language.
fn block(language: &str) -> &'static str {
    let (_, rest) = PAGE.split_once(&format!("```{language}\n")).expect("the page has the block");
    rest.split_once("```").expect("the block ends").0
}

/// An example as a program: how it is called, and what makes its `sign` print the signatures of the vectors on stdin.
struct Example {
    language: &'static str,
    program: &'static str,
    file: &'static str,
    over_vectors: &'static str,
}

const PYTHON: Example = Example {
    language: "python",
    program: "python3",
    file: "signing_example.py",
    over_vectors: r#"
import json, sys
from signing_example import sign
for v in json.load(sys.stdin):
    print(sign(v["key"], v["method"], v["target"], v["timestamp"], v["nonce"], v["body"].encode()))
"#,
};

const NODE: Example = Example {
    language: "js",
    program: "node",
    file: "signing_example.mjs",
    over_vectors: r#"
import { readFileSync } from "node:fs";
import { sign } from "./signing_example.mjs";
for (const v of JSON.parse(readFileSync(0, "utf8")))
  console.log(sign(v.key, v.method, v.target, v.timestamp, v.nonce, v.body));
"#,
};

impl Example {
    /// A folder with the example and the program over vectors; none without the language on this machine.
    fn unpack(&self, folder: &std::path::Path) -> Option<PathBuf> {
        if Command::new(self.program).arg("--version").output().is_err() {
            eprintln!("skipped: no {} on the PATH", self.program);
            return None;
        }
        let extension = self.file.rsplit_once('.').unwrap().1;
        let over = folder.join(format!("over_vectors.{extension}"));
        std::fs::write(folder.join(self.file), block(self.language)).unwrap();
        std::fs::write(&over, self.over_vectors).unwrap();
        Some(over)
    }
}

fn said(output: Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

async fn runs(example: Example) {
    let app = TestApp::start().await;
    let folder = app.app.config.server.data_dir.clone();
    let Some(over) = example.unpack(&folder) else { return };
    let vectors: Vec<Value> = serde_json::from_str(block("json")).unwrap();
    let file = folder.join("vectors.json");
    std::fs::write(&file, block("json")).unwrap();
    let stdin = std::fs::File::open(file).unwrap();
    let output = Command::new(example.program).arg(over).stdin(stdin).output().unwrap();
    let signatures: Vec<&Value> = vectors.iter().map(|vector| &vector["signature"]).collect();
    assert_eq!(json!(said(output).lines().collect::<Vec<_>>()), json!(signatures));

    let till = Signer::new(&app, &boss(&app).await, "a", "required").await;
    // The example asks the machine for the time.
    app.clock.set(Utc::now());
    let mut command = tokio::process::Command::new(example.program);
    command.arg(folder.join(example.file));
    command.env("HUIYI_API", &app.url).env("HUIYI_APP_ID", &till.id).env("HUIYI_KEY", &till.key);
    command.env("no_proxy", "*").env("NO_PROXY", "*");
    let answer: Value = serde_json::from_str(&said(command.output().await.unwrap())).unwrap();
    assert_eq!((&answer["key_id"], &answer["signing"]), (&json!(till.id), &json!("required")));
}

#[actix_web::test]
async fn the_python_example_signs_the_vectors_and_is_let_in() {
    runs(PYTHON).await;
}

#[actix_web::test]
async fn the_node_example_signs_the_vectors_and_is_let_in() {
    runs(NODE).await;
}
