//! Imports and exports as files (OP-4, OR-2).

mod exports;
mod members;
mod orders;
mod points;
mod runs;

use huiyi::kernel::codes::StaffRole;
use serde_json::Value;

use crate::support::{Answer, TestApp};

/// A head office with two administrators.
pub struct Office {
    pub app: TestApp,
    pub ann: String,
    pub bob: String,
}

impl Office {
    pub async fn open() -> Self {
        let app = TestApp::start().await;
        app.catalogue().await;
        let (ann, bob) = (admin(&app, "A-1").await, admin(&app, "A-2").await);
        Self { app, ann, bob }
    }

    /// Sends a file; `query` is `kind=members&mode=apply`.
    pub async fn send(&self, query: &str, key: &str, file: impl Into<Vec<u8>>) -> Answer {
        let path = format!("/v1/admin/imports?{query}");
        self.app.post(&path).bearer(&self.ann).key(key).file(file.into()).send().await
    }

    /// Sends a file, lets a worker do the work, and gives the import and its report.
    pub async fn import(&self, query: &str, file: &str) -> (Value, Vec<Vec<String>>) {
        let key = format!("{query} {}", self.app.now());
        let sent = self.send(query, &key, file).await.expect(200);
        self.app.work().await;
        let id = sent["id"].as_str().unwrap();
        (self.read(id).await, self.report(id).await)
    }

    pub async fn read(&self, id: &str) -> Value {
        self.app.get(&format!("/v1/admin/imports/{id}")).bearer(&self.ann).send().await.expect(200)
    }

    /// The lines of a report below its header.
    pub async fn report(&self, id: &str) -> Vec<Vec<String>> {
        let path = format!("/v1/admin/imports/{id}/report.csv");
        table(&self.app.get(&path).bearer(&self.ann).send().await)
    }
}

async fn admin(app: &TestApp, staff_no: &str) -> String {
    let id = app.hire(staff_no, StaffRole::Admin, None).await;
    app.staff_token(id, staff_no, "admin").await
}

/// The rows of a CSV file below its header.
pub fn table(answer: &Answer) -> Vec<Vec<String>> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let mut lines = answer.text.trim_start_matches('\u{feff}').split_terminator("\r\n");
    lines.next().expect("a header");
    lines.map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

/// Rows that were created, updated, unchanged, refused.
pub fn counts(import: &Value) -> [i64; 4] {
    ["rows_created", "rows_updated", "rows_unchanged", "rows_refused"]
        .map(|name| import[name].as_i64().unwrap())
}

/// Row, key and outcome of each line of a report, with the code behind it.
pub fn told(report: &[Vec<String>]) -> Vec<String> {
    report.iter().map(|line| line[..4].join(" ").trim_end().to_owned()).collect()
}
