//! The `huiyi` program.

fn main() {}
