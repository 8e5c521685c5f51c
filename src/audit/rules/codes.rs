//! The codes over lines, links and marks (HMAC-SHA256 under the data key, 128 bits each).

use entity::audit_log::Model as Row;
use entity::audit_mark::Model as Mark;
use entity::values::Mac;
use uuid::Uuid;

use super::Head;
use crate::kernel::vault::Vault;

/// One row in one way only: each field by its number and length, absent ones left out.
#[derive(Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn of(what: &str) -> Self {
        Self::default().field(0, what.as_bytes())
    }

    fn field(mut self, number: u8, value: &[u8]) -> Self {
        self.0.push(number);
        self.0.extend_from_slice(&(value.len() as u64).to_be_bytes());
        self.0.extend_from_slice(value);
        self
    }

    fn word(self, number: u8, word: &str) -> Self {
        self.field(number, word.as_bytes())
    }

    fn int(self, number: u8, int: i64) -> Self {
        self.field(number, &int.to_be_bytes())
    }

    fn maybe(self, number: u8, id: Option<Uuid>) -> Self {
        match id {
            Some(id) => self.field(number, id.as_bytes()),
            None => self,
        }
    }
}

// All columns are named: a new one does not compile until somebody has said whether it is covered.
fn line_bytes(row: &Row) -> Vec<u8> {
    #[rustfmt::skip]
    let Row {
        id, at, actor_kind, actor_id, store_id, action, outcome, member_id, subject, rows_given, request_id, details,
        mac: _, seq: _, prev_link: _, link: _,
    } = row;
    // Microseconds: the most that every database keeps.
    let mut bytes = Bytes::of("huiyi audit line v1")
        .field(1, id.0.as_bytes())
        .int(2, at.timestamp_micros())
        .word(3, actor_kind)
        .maybe(4, *actor_id)
        .maybe(5, store_id.map(|id| id.0))
        .word(6, action)
        .word(7, outcome)
        .maybe(8, member_id.map(|id| id.0));
    if let Some(subject) = subject {
        bytes = bytes.word(9, subject);
    }
    if let Some(rows) = rows_given {
        bytes = bytes.int(10, *rows);
    }
    bytes.word(11, request_id).word(12, details).0
}

/// The line's own code covers what it says, so the link covers no more than that code.
fn link_bytes(before: &Mac, seq: i64, row: &Row) -> Vec<u8> {
    Bytes::of("huiyi audit link v1")
        .word(1, &before.0)
        .int(2, seq)
        .field(3, row.id.0.as_bytes())
        .word(4, &row.mac.0)
        .0
}

fn mark_bytes(mark: &Mark) -> Vec<u8> {
    let Mark { name, seq, link, marked_at, mac: _ } = mark;
    Bytes::of("huiyi audit mark v1")
        .word(1, name)
        .int(2, *seq)
        .word(3, &link.0)
        .int(4, marked_at.timestamp_micros())
        .0
}

fn head_bytes(head: &Head) -> Vec<u8> {
    let Head { seq, link, at, code: _ } = head;
    Bytes::of("huiyi audit head v1").int(1, *seq).word(2, &link.0).int(3, at.timestamp_micros()).0
}

/// Writes the code of a line.
pub fn seal_line(vault: &Vault, row: &mut Row) {
    row.mac = vault.mac(&line_bytes(row));
}

/// Whether a line stands as it was written.
#[must_use]
pub fn is_line_ours(vault: &Vault, row: &Row) -> bool {
    vault.has_mac(&line_bytes(row), &row.mac)
}

/// Puts a line behind the one with the link `before`, under the number `seq`.
pub fn chain(vault: &Vault, before: &Mac, seq: i64, row: &mut Row) {
    let link = vault.mac(&link_bytes(before, seq, row));
    row.seq = Some(seq);
    row.prev_link = Some(before.clone());
    row.link = Some(link);
}

/// Whether `link` is that of `row` behind `before`.
#[must_use]
pub fn link_fits(vault: &Vault, before: &Mac, row: &Row, link: &Mac) -> bool {
    row.seq.is_some_and(|seq| vault.has_mac(&link_bytes(before, seq, row), link))
}

/// Writes the code of a mark.
pub fn seal_mark(vault: &Vault, mark: &mut Mark) {
    mark.mac = vault.mac(&mark_bytes(mark));
}

/// Whether a mark is ours.
#[must_use]
pub fn is_mark_ours(vault: &Vault, mark: &Mark) -> bool {
    vault.has_mac(&mark_bytes(mark), &mark.mac)
}

impl Head {
    /// Signs it.
    pub(super) fn seal(&mut self, vault: &Vault) {
        self.code = vault.mac(&head_bytes(self));
    }

    /// Whether we signed it.
    #[must_use]
    pub fn is_ours(&self, vault: &Vault) -> bool {
        vault.has_mac(&head_bytes(self), &self.code)
    }
}
