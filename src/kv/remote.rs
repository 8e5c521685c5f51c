//! The store on Redis 7 or newer, or what speaks like it.

use std::fmt::Display;
use std::time::Duration;

use async_trait::async_trait;
use redis::{Client, Cmd, FromRedisValue, Script, ScriptInvocation, ToRedisArgs, cmd, pipe};
use uuid::Uuid;

use super::boards::{member_of, row_of, sortable};
use super::link::{Link, Patience};
use super::scripts::Scripts;
use super::store::Store;
use super::{Admission, BoardEntry, BoardRow, KvError, KvKind, Quota};

/// Entries a script takes at once: a few milliseconds of the server, during which it serves nobody
/// else.
const CHUNK: usize = 500;

/// How long a rebuild that stalls stays before its half-filled keys vanish.
const REBUILD_PATIENCE: Duration = Duration::from_mins(2);

pub(super) struct Remote {
    link: Link,
    prefix: String,
    scripts: Scripts,
}

/// A rebuild under way: its own name, and that of the rebuild whose board is live.
pub(super) struct Rebuild {
    generation: String,
    before: String,
}

/// What a step of a rebuild found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// The step was done.
    Done,
    /// A later rebuild has taken over, and this one is not needed any more.
    Overtaken,
}

impl Remote {
    pub(super) fn new(url: &str, prefix: &str, patience: Patience) -> Result<Self, KvError> {
        let refused = |why: &str| Err(KvError::Config(why.to_owned()));
        let breaks_keys =
            |c: char| matches!(c, '/' | '{' | '}') || c.is_whitespace() || c.is_control();
        if prefix.is_empty() || prefix.contains(breaks_keys) {
            return refused("the prefix is empty or holds one of / { } or white space");
        }
        if !url.starts_with("redis://") && !url.starts_with("rediss://") {
            return refused("the address does not begin with redis:// or rediss://");
        }
        // The crate's own message quotes the address, and with it the password.
        let Ok(client) = Client::open(url) else { return refused("the address is malformed") };
        Ok(Self {
            link: Link::new(client, patience),
            prefix: prefix.to_owned(),
            scripts: Scripts::new(),
        })
    }

    fn value_key(&self, key: &str) -> String {
        format!("{}/v/{key}", self.prefix)
    }

    fn limit_key(&self, key: &str) -> String {
        format!("{}/l/{key}", self.prefix)
    }

    fn board_key(&self, board: &str, part: impl Display) -> String {
        format!("{{{}/b/{board}}}:{part}", self.prefix)
    }

    /// A script on this board, with the keys in the order that `board_common.lua` names them.
    fn on_board<'a>(&self, script: &'a Script, board: &str) -> ScriptInvocation<'a> {
        let mut call = script.prepare_invoke();
        for part in ["z", "v", "sz", "sv", "st"] {
            call.key(self.board_key(board, part));
        }
        call
    }

    async fn ask<T: FromRedisValue>(&self, command: Cmd) -> Result<T, KvError> {
        self.link.run(async move |mut line| command.query_async(&mut line).await).await
    }

    async fn call<T: FromRedisValue>(&self, script: ScriptInvocation<'_>) -> Result<T, KvError> {
        self.link.run(async move |mut line| script.invoke_async(&mut line).await).await
    }

    /// Begins to fill a second board beside the live one; whoever was at it before is overtaken.
    pub(super) async fn begin(&self, board: &str) -> Result<Rebuild, KvError> {
        let generation = Uuid::new_v4().simple().to_string();
        let mut call = self.on_board(&self.scripts.begin, board);
        call.arg(&generation).arg(millis(REBUILD_PATIENCE));
        let before = self.call(call).await?;
        Ok(Rebuild { generation, before })
    }

    pub(super) async fn load(
        &self,
        board: &str,
        rebuild: &Rebuild,
        entries: &[BoardEntry],
    ) -> Result<Progress, KvError> {
        let mut call = self.on_board(&self.scripts.load, board);
        call.arg(&rebuild.generation).arg(&rebuild.before).arg(millis(REBUILD_PATIENCE));
        add_entries(&mut call, entries);
        self.step(call).await
    }

    /// Puts the second board in the live one's place.
    pub(super) async fn finish(
        &self,
        board: &str,
        rebuild: &Rebuild,
        ttl: Duration,
    ) -> Result<Progress, KvError> {
        let mut call = self.on_board(&self.scripts.finish, board);
        call.arg(&rebuild.generation).arg(&rebuild.before).arg(millis(ttl));
        self.step(call).await
    }

    async fn step(&self, script: ScriptInvocation<'_>) -> Result<Progress, KvError> {
        match self.call::<i64>(script).await? {
            1 => Ok(Progress::Done),
            0 => Ok(Progress::Overtaken),
            _ => Err(KvError::Protocol("the server lost the board while it was rebuilt".into())),
        }
    }
}

/// A `SET` that expires.
fn set(key: impl ToRedisArgs, value: &[u8], ttl: Duration) -> Cmd {
    let mut command = cmd("SET");
    command.arg(key).arg(value).arg("PX").arg(millis(ttl));
    command
}

fn millis(ttl: Duration) -> u64 {
    u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX)
}

fn add_entries(call: &mut ScriptInvocation<'_>, entries: &[BoardEntry]) {
    for entry in entries {
        call.arg(sortable(entry.version)).arg(-entry.score).arg(member_of(entry));
    }
}

fn strange_row() -> KvError {
    KvError::Protocol("a board row is not one of ours".to_owned())
}

#[async_trait]
impl Store for Remote {
    fn kind(&self) -> KvKind {
        KvKind::Redis
    }

    fn is_up(&self) -> bool {
        self.link.is_up()
    }

    async fn ping(&self) -> Result<(), KvError> {
        self.link
            .run_patiently(async |mut line| cmd("PING").query_async::<()>(&mut line).await)
            .await
    }

    async fn version(&self) -> Result<String, KvError> {
        let mut command = cmd("INFO");
        command.arg("server");
        let ask = async move |mut line| command.query_async::<String>(&mut line).await;
        let text = self.link.run_patiently(ask).await?;
        let version = text.lines().find_map(|line| line.strip_prefix("redis_version:"));
        Ok(version.unwrap_or("of unknown version").trim().to_owned())
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, KvError> {
        let mut command = cmd("GET");
        command.arg(self.value_key(key));
        self.ask(command).await
    }

    async fn put(&self, key: &str, value: &[u8], ttl: Duration) -> Result<(), KvError> {
        self.ask(set(self.value_key(key), value, ttl)).await
    }

    async fn put_if_absent(&self, key: &str, value: &[u8], ttl: Duration) -> Result<bool, KvError> {
        let mut command = set(self.value_key(key), value, ttl);
        command.arg("NX");
        self.ask(command).await
    }

    async fn take(&self, key: &str) -> Result<Option<Vec<u8>>, KvError> {
        let mut command = cmd("GETDEL");
        command.arg(self.value_key(key));
        self.ask(command).await
    }

    async fn delete(&self, keys: &[String]) -> Result<(), KvError> {
        // One command a key: keys of several cluster slots must not share one.
        let mut commands = pipe();
        for key in keys {
            commands.cmd("DEL").arg(self.value_key(key)).ignore();
        }
        self.link.run(async move |mut line| commands.query_async(&mut line).await).await
    }

    async fn admit(&self, key: &str, quota: Quota, cost: u32) -> Result<Admission, KvError> {
        let pace = quota.pace();
        let mut call = self.scripts.admit.prepare_invoke();
        call.key(self.limit_key(key)).arg(pace.interval).arg(pace.tolerance).arg(cost);
        let (allowed, remaining, retry_after, reset_after) = self.call(call).await?;
        Ok(Admission {
            allowed,
            remaining,
            retry_after: Duration::from_micros(retry_after),
            reset_after: Duration::from_micros(reset_after),
        })
    }

    async fn board_put(
        &self,
        board: &str,
        entries: &[BoardEntry],
        ttl: Duration,
    ) -> Result<(), KvError> {
        for chunk in entries.chunks(CHUNK) {
            let mut call = self.on_board(&self.scripts.put, board);
            call.arg(millis(ttl));
            add_entries(&mut call, chunk);
            self.call::<()>(call).await?;
        }
        Ok(())
    }

    async fn board_remove(&self, board: &str, subjects: &[String]) -> Result<(), KvError> {
        for chunk in subjects.chunks(CHUNK) {
            let mut call = self.on_board(&self.scripts.remove, board);
            call.arg(chunk);
            self.call::<()>(call).await?;
        }
        Ok(())
    }

    async fn board_replace(
        &self,
        board: &str,
        entries: &[BoardEntry],
        ttl: Duration,
    ) -> Result<(), KvError> {
        let rebuild = self.begin(board).await?;
        for chunk in entries.chunks(CHUNK) {
            if self.load(board, &rebuild, chunk).await? == Progress::Overtaken {
                return Ok(());
            }
        }
        self.finish(board, &rebuild, ttl).await.map(|_| ())
    }

    async fn board_page(
        &self,
        board: &str,
        offset: u64,
        limit: u64,
    ) -> Result<Vec<BoardRow>, KvError> {
        let mut command = cmd("ZRANGE");
        let last = offset + limit - 1;
        command.arg(self.board_key(board, "z")).arg(offset).arg(last).arg("WITHSCORES");
        let rows: Vec<(String, f64)> = self.ask(command).await?;
        let ranked = rows.into_iter().zip(offset + 1..);
        ranked
            .map(|((member, score), rank)| row_of(rank, &member, score).ok_or_else(strange_row))
            .collect()
    }

    async fn board_find(&self, board: &str, subject: &str) -> Result<Option<BoardRow>, KvError> {
        let mut call = self.on_board(&self.scripts.find, board);
        call.arg(subject);
        let found: Option<(u64, f64, String)> = self.call(call).await?;
        let Some((place, score, member)) = found else { return Ok(None) };
        row_of(place + 1, &member, score).ok_or_else(strange_row).map(Some)
    }

    async fn board_len(&self, board: &str) -> Result<u64, KvError> {
        let mut command = cmd("ZCARD");
        command.arg(self.board_key(board, "z"));
        self.ask(command).await
    }

    async fn board_exists(&self, board: &str) -> Result<bool, KvError> {
        self.call(self.on_board(&self.scripts.whole, board)).await
    }
}
