//! Use cases of imports and exports.

mod deciding;
mod exporting;
mod files;
mod importing;
mod kinds;
mod reading;
mod running;
mod sheets;
mod starting;
mod tending;

use entity::codes::ActorKind;
use entity::ids::{PartnerId, StaffId};
use uuid::Uuid;

use crate::audit::service::Author;

pub use super::rules::columns::{Column, Need};
pub use super::rules::options::{Filter, Options};
pub use deciding::{approve, cancel};
pub use entity::bulk_run::Model as BulkRun;
pub use exporting::export;
pub use importing::import;
pub use kinds::{columns, template};
pub use reading::{Download, find, list, open_export, open_report, options_of};
pub use starting::{
    Checked, ExportWish, ImportWish, check_export, check_import, start_export_in, start_import_in,
};
pub use tending::tend;

/// Who asks for a run, or after one.
#[derive(Clone, Copy, Debug)]
pub enum Asker<'a> {
    /// An administrator, who sees all runs.
    Staff(StaffId, &'a Author),
    /// A third party, which sees its own.
    Partner(PartnerId),
}

impl Asker<'_> {
    const fn actor(&self) -> (ActorKind, Uuid) {
        match self {
            Self::Staff(id, _) => (ActorKind::Staff, id.0),
            Self::Partner(id) => (ActorKind::Partner, id.0),
        }
    }
}
