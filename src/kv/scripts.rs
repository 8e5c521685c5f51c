//! The Lua that runs inside Redis, so that each operation is one atomic step and one round trip.
//!
//! A board is two keys: `z`, a ZSET of negated scores whose members sort ties (see
//! `boards::member_of`), and `v`, a HASH of `:subject` → version and member, with `gen` naming the
//! rebuild that built it and the run of the server it was built in. A rebuild fills `sz` and `sv` beside them, `st` holding the subjects
//! removed meanwhile, and renames. One hash tag keeps all five in one slot.

use redis::Script;

pub(super) struct Scripts {
    pub(super) admit: Script,
    pub(super) put: Script,
    pub(super) remove: Script,
    pub(super) find: Script,
    pub(super) whole: Script,
    pub(super) begin: Script,
    pub(super) load: Script,
    pub(super) finish: Script,
}

impl Scripts {
    pub(super) fn new() -> Self {
        let board =
            |body: &str| Script::new(&format!("{}\n{body}", include_str!("lua/board_common.lua")));
        Self {
            admit: Script::new(include_str!("lua/admit.lua")),
            put: board(include_str!("lua/board_put.lua")),
            remove: board(include_str!("lua/board_remove.lua")),
            find: board(include_str!("lua/board_find.lua")),
            whole: board(include_str!("lua/board_whole.lua")),
            begin: board(include_str!("lua/board_begin.lua")),
            load: board(include_str!("lua/board_load.lua")),
            finish: board(include_str!("lua/board_finish.lua")),
        }
    }
}
