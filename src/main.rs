//! The `huiyi` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    huiyi::cli::run()
}
