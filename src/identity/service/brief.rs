//! A shopper in short.

use entity::codes::IdentifierKind;
use entity::ids::MemberId;
use entity::member;
use entity::values::PersonName;

use crate::app::App;
use crate::db::Conn;
use crate::http::Result;
use crate::members::service::{self as members, MaskedIdentifier};

/// What a shopper is told about herself when she signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brief {
    /// Id.
    pub id: MemberId,
    /// How she wants to be called.
    pub nickname: Option<PersonName>,
    /// Code of her tier.
    pub tier: String,
    /// The phone that she proved, its middle hidden.
    pub phone: Option<String>,
}

/// Her row in short.
pub(super) async fn brief(db: &impl Conn, app: &App, row: member::Model) -> Result<Brief> {
    let identifiers = members::identifiers(db, app, row.id).await?;
    let proved = |found: &MaskedIdentifier| {
        found.kind == IdentifierKind::Phone && found.verified_at.is_some()
    };
    let phone = identifiers.into_iter().find(proved).map(|found| found.masked);
    Ok(Brief { id: row.id, nickname: row.nickname, tier: row.tier, phone })
}
