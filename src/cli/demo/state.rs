//! The demo's folder: what is the demo's own in it, and what a second start must remember.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cli::Failure;
use crate::kernel::secret::random_token;

/// Says that the folder is the demo's.
const MARK: &str = "huiyi-demo";
/// Everything else that the demo makes, but for the lock, which whoever clears holds. First what says that the rest
/// is whole.
const FILES: [&str; 6] =
    [STATE, "huiyi.db", "huiyi.db-wal", "huiyi.db-shm", "data_key", "signing_key"];
const STATE: &str = "demo.toml";

/// What was made at random when the retailer was, to be printed at each start.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    /// Key of the partner who sends orders and spends points.
    pub(super) partner_key: String,
    /// Password of the administrator, the managers and the first guide of each store.
    pub(super) password: String,
    /// A SKU that exists.
    pub(super) sku_code: String,
    /// Its list price.
    pub(super) list_fen: i64,
    /// Shoppers.
    pub(super) members: usize,
    /// Orders.
    pub(super) orders: usize,
    /// Whether this start made it.
    #[serde(skip)]
    pub(super) is_new: bool,
}

/// A folder that belongs to the demo alone.
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Takes a folder that is empty, missing or the demo's; never one with other files in it.
    pub(super) fn claim(path: &Path) -> Result<Self, Failure> {
        let failed = |error: io::Error| Failure::Failed(format!("{}: {error}", path.display()));
        fs::create_dir_all(path).map_err(failed)?;
        let is_ours = path.join(MARK).exists();
        let is_empty = fs::read_dir(path).map_err(failed)?.next().is_none();
        if !is_ours && !is_empty {
            return Err(Failure::Failed(format!(
                "{} holds files that the demo did not make: give it a folder of its own with --data-dir",
                path.display()
            )));
        }
        fs::write(path.join(MARK), "Made by `huiyi demo`; `huiyi demo --reset` starts over.\n")
            .map_err(failed)?;
        Ok(Self(path.to_owned()))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// What was made before; none when there is nothing, or when making it was interrupted.
    pub(super) fn state(&self) -> Result<Option<State>, Failure> {
        let path = self.0.join(STATE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Failure::Failed(format!("{}: {error}", path.display()))),
        };
        toml::from_str(&text).map(Some).map_err(|error| {
            Failure::Failed(format!(
                "{}: {error}\n  `huiyi demo --reset` starts over",
                path.display()
            ))
        })
    }

    /// Remembers what was made, for nobody else to read.
    pub(super) fn remember(&self, state: &State) -> Result<(), Failure> {
        let text = toml::to_string(state).map_err(Failure::failed)?;
        let path = self.0.join(STATE);
        let mut options = fs::OpenOptions::new();
        let file = options.create_new(true).write(true).mode(0o600).open(&path);
        file.and_then(|mut file| file.write_all(text.as_bytes()))
            .map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))
    }

    /// Removes what the demo made and nothing else; the caller holds the lock.
    pub(super) fn clear(&self) -> Result<(), Failure> {
        for name in FILES {
            let path = self.0.join(name);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(Failure::Failed(format!("{}: {error}", path.display())));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// A password that nobody else's demo has.
pub(super) fn password() -> String {
    let token = random_token();
    let letters: String = token.chars().filter(char::is_ascii_alphanumeric).take(12).collect();
    format!("demo-{letters}")
}
