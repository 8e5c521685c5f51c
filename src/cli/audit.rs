//! `huiyi audit`: the proof of the audit log, and its head (PV-6, S17).

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Failure, Settings, logs, process, say};
use crate::audit::service::{self as audit, Proof};

const VERIFY_EXAMPLES: &str = "\
Examples:
  huiyi audit verify --config huiyi.toml
  huiyi audit verify --heads /mnt/elsewhere/audit-heads --config huiyi.toml

Follows the chain of the audit log from its first line to its last, page by page, and names each line that was changed,
removed, added or moved by hand. The file of heads from outside the database tells when lines were taken from the end. It may
run beside servers.
Exit code 1 when anything is wrong.";

const HEADS_EXAMPLES: &str = "\
Examples:
  huiyi audit heads --config huiyi.toml
  huiyi audit heads --config huiyi.toml >> /mnt/elsewhere/audit-heads
  huiyi audit heads --append --config huiyi.toml

Prints where the chain ends now, signed, as one line. Kept where those who may write to the database cannot, it proves to
`huiyi audit verify --heads` that nothing was taken from the end.";

/// Prove the audit log, or print its head
#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// Prove every line of the audit log
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(Verify),
    /// Print the signed head of the audit log
    #[command(after_help = HEADS_EXAMPLES)]
    Heads(Heads),
}

#[derive(Args, Debug)]
pub(super) struct Verify {
    /// Heads from outside the database, one a line; `audit.heads_path` of the configuration without it
    #[arg(long, value_name = "FILE")]
    heads: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Args, Debug)]
pub(super) struct Heads {
    /// Write it to `audit.heads_path`, too
    #[arg(long)]
    append: bool,
    #[command(flatten)]
    settings: Settings,
}

impl Audit {
    pub(super) fn run(self) -> Result<(), Failure> {
        logs::of_tool()?;
        match self {
            Self::Verify(verify) => verify.run(),
            Self::Heads(heads) => heads.run(),
        }
    }
}

impl Verify {
    fn run(self) -> Result<(), Failure> {
        let config = self.settings.load()?;
        process::block_on(async {
            let (app, _lock) = process::open_beside(config).await?;
            let file = match self.heads {
                Some(file) if !file.exists() => {
                    return Err(Failure::Failed(format!("{}: no such file", file.display())));
                }
                Some(file) => file,
                None => audit::head_file(&app),
            };
            tell(&audit::prove_against(&app, &file).await?)
        })
    }
}

impl Heads {
    fn run(self) -> Result<(), Failure> {
        let config = self.settings.load()?;
        process::block_on(async {
            let (app, _lock) = process::open_beside(config).await?;
            let head = if self.append {
                audit::append_head(&app).await?
            } else {
                audit::head(&app).await?
            };
            let none = || Failure::failed("nothing is chained yet: a worker does that each minute");
            say(head.ok_or_else(none)?.text());
            Ok(())
        })
    }
}

fn tell(proof: &Proof) -> Result<(), Failure> {
    for finding in &proof.found {
        say(finding);
    }
    if proof.heads == 0 {
        say("no head from outside: lines taken from the end would not be seen");
    }
    say(format!("{} lines, {} faults", proof.lines, proof.found.len()));
    if proof.found.is_empty() { Ok(()) } else { Err(Failure::Found) }
}
