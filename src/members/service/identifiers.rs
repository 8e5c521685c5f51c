//! The identifiers of members, as others may see them (PV-5).

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::codes::IdentifierKind;
use entity::ids::{IdentifierId, MemberId};
use entity::member_identifier as identifier;

use crate::app::App;
use crate::db::Conn;
use crate::http::{Error, Result};
use crate::kernel::mobile::Mobile;
use crate::members::store;

/// An identifier with its middle hidden.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskedIdentifier {
    /// Id.
    pub id: IdentifierId,
    /// Kind.
    pub kind: IdentifierKind,
    /// App id or channel; empty where the kind has none.
    pub scope: String,
    /// `138****8000` of a phone, `****1234` of a card, `****` of an id that people never see.
    pub masked: String,
    /// When its owner proved it.
    pub verified_at: Option<DateTime<Utc>>,
}

/// The identifiers of one member, as they came.
///
/// # Errors
/// A fault when a phone does not open: another data key.
pub async fn identifiers(
    db: &impl Conn,
    app: &App,
    member: MemberId,
) -> Result<Vec<MaskedIdentifier>> {
    let mut all = identifiers_of(db, app, &[member]).await?;
    Ok(all.remove(&member).unwrap_or_default())
}

/// The identifiers of each member that has any, as they came.
///
/// # Errors
/// A fault when a phone does not open: another data key.
pub async fn identifiers_of(
    db: &impl Conn,
    app: &App,
    members: &[MemberId],
) -> Result<HashMap<MemberId, Vec<MaskedIdentifier>>> {
    let mut all: HashMap<MemberId, Vec<MaskedIdentifier>> = HashMap::new();
    for row in store::identifiers::of_members(db, members).await? {
        all.entry(row.member_id).or_default().push(masked(app, &row)?);
    }
    Ok(all)
}

fn masked(app: &App, row: &identifier::Model) -> Result<MaskedIdentifier> {
    let last4 = row.last4.as_deref().unwrap_or_default();
    let masked = match row.kind {
        IdentifierKind::Phone => {
            let phone = open(app, row)?;
            Mobile::parse(&phone).map_or_else(|_| format!("****{last4}"), |phone| phone.masked())
        }
        IdentifierKind::Card => format!("****{last4}"),
        IdentifierKind::UnionId | IdentifierKind::OpenId | IdentifierKind::Marketplace => {
            "****".to_owned()
        }
    };
    Ok(MaskedIdentifier {
        id: row.id,
        kind: row.kind,
        scope: row.scope.clone(),
        masked,
        verified_at: row.verified_at,
    })
}

/// The openid by which a member uses the app, in clear: for WeChat only. Of several the one shown latest.
///
/// # Errors
/// A fault when it does not open: another data key.
pub async fn open_id(
    db: &impl Conn,
    app: &App,
    member: MemberId,
    app_id: &str,
) -> Result<Option<String>> {
    let rows = store::identifiers::of_members(db, &[member]).await?;
    let of_app =
        rows.iter().filter(|row| row.kind == IdentifierKind::OpenId && row.scope == app_id);
    let latest = of_app.max_by_key(|row| (row.verified_at, row.id));
    latest.map(|row| open(app, row)).transpose()
}

pub(super) fn open(app: &App, row: &identifier::Model) -> Result<String> {
    app.vault.open(&super::sealed_place(row.id), &row.sealed).map_err(Error::fault)
}
