//! HTTP plumbing that knows no capability: problems, bodies, pages, idempotency, context.

pub mod bearer;
pub mod body;
pub mod chunks;
pub mod client;
pub mod codes;
pub mod context;
pub mod csv;
pub mod etag;
pub mod gate;
pub mod gathered;
pub mod idempotency;
pub mod items;
pub mod limits;
pub mod metrics;
pub mod pages;
pub mod patch;
pub mod problem;
pub mod query;
pub mod text;
mod traces;

pub use bearer::credential;
pub use body::{BatchBody, Body};
pub use client::ClientIp;
pub use pages::{Cursor, Page};
pub use patch::Patch;
pub use problem::{Code, Error, FieldError, Problem};
pub use query::{PathId, Query};

/// What a handler or a service answers.
pub type Result<T> = std::result::Result<T, Error>;
