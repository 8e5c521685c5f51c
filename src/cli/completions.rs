//! `huiyi completions`: for shells.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Huiyi;

const EXAMPLES: &str = "\
Examples:
  huiyi completions bash > /etc/bash_completion.d/huiyi
  huiyi completions zsh > ~/.zfunc/_huiyi";

/// Print the completions of a shell
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Completions {
    /// Which shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Huiyi::command(), "huiyi", &mut script);
        super::say(String::from_utf8_lossy(&script).trim_end());
    }
}
