//! Pure decisions about orders.

pub mod content;
pub mod deduction;
pub mod earning;
pub mod granting;
pub mod returns;
pub mod spelling;
pub mod trial;
pub mod versions;

/// What a member kept of one size in one category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SizeKept {
    /// Category.
    pub category: String,
    /// Size.
    pub size: String,
    /// Pieces bought and not brought back.
    pub pieces: i64,
    /// Latest purchase of them.
    pub last_at: chrono::DateTime<chrono::Utc>,
}
