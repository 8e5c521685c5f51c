//! What both stores can do; [`super::Kv`] documents the promises and checks the arguments.

use std::time::Duration;

use async_trait::async_trait;

use super::{Admission, BoardEntry, BoardRow, KvError, KvKind, Quota};

#[async_trait]
pub(super) trait Store: Send + Sync {
    fn kind(&self) -> KvKind;
    fn is_up(&self) -> bool;
    async fn ping(&self) -> Result<(), KvError>;
    async fn version(&self) -> Result<String, KvError>;

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, KvError>;
    async fn put(&self, key: &str, value: &[u8], ttl: Duration) -> Result<(), KvError>;
    async fn put_if_absent(&self, key: &str, value: &[u8], ttl: Duration) -> Result<bool, KvError>;
    async fn take(&self, key: &str) -> Result<Option<Vec<u8>>, KvError>;
    async fn delete(&self, keys: &[String]) -> Result<(), KvError>;

    async fn admit(&self, key: &str, quota: Quota, cost: u32) -> Result<Admission, KvError>;

    async fn board_put(
        &self,
        board: &str,
        entries: &[BoardEntry],
        ttl: Duration,
    ) -> Result<(), KvError>;
    async fn board_remove(&self, board: &str, subjects: &[String]) -> Result<(), KvError>;
    async fn board_replace(
        &self,
        board: &str,
        entries: &[BoardEntry],
        ttl: Duration,
    ) -> Result<(), KvError>;
    async fn board_page(
        &self,
        board: &str,
        offset: u64,
        limit: u64,
    ) -> Result<Vec<BoardRow>, KvError>;
    async fn board_find(&self, board: &str, subject: &str) -> Result<Option<BoardRow>, KvError>;
    async fn board_len(&self, board: &str) -> Result<u64, KvError>;
    async fn board_exists(&self, board: &str) -> Result<bool, KvError>;
}
