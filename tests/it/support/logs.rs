//! All that the apps of this process log, kept to be searched (S15, PV-5).

use std::io::Write;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use tracing_subscriber::EnvFilter;

static LOG: Mutex<Kept> = Mutex::new(Kept { bytes: Vec::new(), searched: 0 });
static START: Once = Once::new();

struct Kept {
    bytes: Vec<u8>,
    searched: usize,
}

struct Writer;

impl Write for Writer {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        kept().bytes.extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn kept() -> MutexGuard<'static, Kept> {
    LOG.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps every line from now on: ours from DEBUG, others' from INFO.
pub fn keep() {
    START.call_once(|| {
        let lines = tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new("info,huiyi=debug"))
            .with_ansi(false)
            .with_writer(|| Writer);
        lines.try_init().expect("nobody else keeps the log");
    });
}

/// Everything so far.
pub fn text() -> String {
    String::from_utf8_lossy(&kept().bytes).into_owned()
}

/// New lines that hold a phone, an access token or a partner's key, whoever logged them.
pub fn personal_lines() -> Vec<String> {
    let mut kept = kept();
    let end = kept.bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let fresh = String::from_utf8_lossy(&kept.bytes[kept.searched.min(end)..end]).into_owned();
    kept.searched = end;
    fresh.lines().filter(|line| is_personal(line)).map(str::to_owned).collect()
}

/// Whether a line holds something of the form of a mainland phone, a JWT or a key.
pub fn is_personal(line: &str) -> bool {
    let word = |c: char| !(c.is_ascii_alphanumeric() || "_-.".contains(c));
    line.split(word).any(|word| {
        let long = word.len() >= 24;
        (long && (word.starts_with("eyJ") || word.starts_with("hyk_"))) || is_phone(word)
    })
}

fn is_phone(word: &str) -> bool {
    let digits = word.strip_prefix("86").filter(|rest| rest.len() == 11).unwrap_or(word);
    let mut bytes = digits.bytes();
    digits.len() == 11
        && bytes.next() == Some(b'1')
        && matches!(bytes.next(), Some(b'3'..=b'9'))
        && bytes.all(|byte| byte.is_ascii_digit())
}
