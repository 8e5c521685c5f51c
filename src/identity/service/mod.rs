//! Use cases of identity.

mod brief;
mod merge;
mod phone;
mod sign_in;
mod wechat;

pub use brief::Brief;
pub use merge::{Merged, merge_in, merges};
pub use phone::{Bound, MadeOne, bind_phone};
pub use sign_in::{SignedIn, sign_in};
