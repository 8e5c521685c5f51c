//! The head of the chain outside the database: who takes lines from the end, or sets the whole database back, has to
//! change this file, too, and cannot sign what it says (S17).

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use chrono::TimeDelta;

use crate::app::App;
use crate::audit::rules::Head;
use crate::audit::store::{self, HEAD};
use crate::http::{Error, Result};

/// A head is written at most so often: a line is about 150 bytes.
const EVERY: TimeDelta = TimeDelta::hours(1);
/// More than the last two lines.
const END: u64 = 1024;

/// Where this installation keeps heads: `audit.heads_path`, or `audit-heads` in the data folder.
#[must_use]
pub fn head_file(app: &App) -> PathBuf {
    let configured = &app.config.audit.heads_path;
    if configured.as_os_str().is_empty() {
        return app.config.server.data_dir.join("audit-heads");
    }
    configured.clone()
}

/// Where the chain ends now, signed; none while nothing is chained.
///
/// # Errors
/// The database's.
pub async fn head(app: &App) -> Result<Option<Head>> {
    let mark = store::mark(app.db.read(), HEAD).await?.filter(|mark| mark.seq > 0);
    Ok(mark.map(|mark| Head::sign(&app.vault, mark.seq, mark.link, app.clock.now())))
}

/// Appends the head to the file, and tells the log, which may be kept elsewhere. Says whether there is one.
///
/// # Errors
/// The database's; the file cannot be written.
pub async fn append_head(app: &App) -> Result<Option<Head>> {
    let Some(head) = head(app).await? else { return Ok(None) };
    append(&head_file(app), &head.text()).map_err(Error::fault)?;
    tracing::info!(seq = head.seq, link = head.link.0, code = head.code.0, "head of the audit log");
    Ok(Some(head))
}

/// The same, when the chain has grown and the last head in the file is an hour old: so once a business day at least on
/// each day on which anything was written.
///
/// # Errors
/// As [`append_head`].
pub async fn keep_head(app: &App) -> Result<()> {
    let last = last_line(&head_file(app)).map_err(Error::fault)?;
    let last = last.and_then(|line| Head::read(&app.vault, &line));
    let now = app.clock.now();
    if last.as_ref().is_some_and(|last| now - last.at < EVERY && last.at <= now) {
        return Ok(());
    }
    let mark = store::mark(app.db.read(), HEAD).await?;
    if mark.is_some_and(|mark| last.is_none_or(|last| mark.seq > last.seq)) {
        append_head(app).await?;
    }
    Ok(())
}

fn append(path: &Path, line: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    // One write: several processes may share the file.
    file.write_all(format!("{line}\n").as_bytes())?;
    file.sync_data()
}

fn last_line(path: &Path) -> io::Result<Option<String>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(END)))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    let end = String::from_utf8_lossy(&end);
    Ok(end.lines().next_back().map(str::to_owned))
}

/// The heads in a file, each with the number of its line; none where a line is not ours. A file that is not there has none.
///
/// # Errors
/// The file cannot be read.
pub(super) fn read(app: &App, path: &Path) -> io::Result<Vec<(usize, Option<Head>)>> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let lines = text.lines().enumerate();
    Ok(lines.map(|(n, line)| (n + 1, Head::read(&app.vault, line))).collect())
}
