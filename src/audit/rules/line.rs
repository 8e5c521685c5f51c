//! What a line says. Its types let in names, ids and counts, and no text that a person wrote.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::audit_log::Model as Row;
use entity::codes::{AuditAction, AuditOutcome};
use entity::ids::{
    AdjustmentId, AuditId, BulkRunId, CampaignId, JobId, MemberId, OrderId, PartnerId,
    PartnerKeyId, RuleId, StaffId, StoreId, TransferId, WebhookDeliveryId, WebhookEndpointId,
};
use entity::values::Mac;
use serde_json::{Value, json};

use crate::kernel::actor::Actor;

/// Who acts, and in which request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    actor: Actor,
    store: Option<StoreId>,
    request: String,
}

impl Author {
    /// Staff of a store, or of none, in a request.
    #[must_use]
    pub fn staff(id: StaffId, store: Option<StoreId>, request: &str) -> Self {
        Self { actor: Actor::staff(id), store, request: request.to_owned() }
    }

    /// A member in a request.
    #[must_use]
    pub fn member(id: MemberId, request: &str) -> Self {
        Self { actor: Actor::member(id), store: None, request: request.to_owned() }
    }

    /// Somebody who says to be staff and is not known.
    #[must_use]
    pub fn stranger(request: &str) -> Self {
        let actor = Actor { kind: entity::codes::ActorKind::Staff, id: None };
        Self { actor, store: None, request: request.to_owned() }
    }

    /// A command or job of ours, by its name.
    #[must_use]
    pub fn system(name: &'static str) -> Self {
        Self { actor: Actor::SYSTEM, store: None, request: name.to_owned() }
    }
}

/// A thing that is no person's data itself, by its public id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject(String);

macro_rules! subject {
    ($($id:ty),+) => {
        $(impl From<$id> for Subject {
            fn from(id: $id) -> Self {
                Self(id.to_string())
            }
        })+
    };
}

subject!(
    AdjustmentId,
    BulkRunId,
    CampaignId,
    JobId,
    MemberId,
    OrderId,
    PartnerId,
    PartnerKeyId,
    RuleId,
    StaffId,
    StoreId,
    TransferId,
    WebhookDeliveryId,
    WebhookEndpointId
);

/// What head office calls something of the programme, such as a tier: a code, no text.
#[derive(Clone, Copy, Debug)]
pub struct ProgrammeCode<'a>(pub &'a str);

impl From<ProgrammeCode<'_>> for Subject {
    fn from(code: ProgrammeCode<'_>) -> Self {
        Self(code.0.to_owned())
    }
}

/// What was done, and with whose data.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    action: AuditAction,
    outcome: AuditOutcome,
    member: Option<MemberId>,
    subject: Option<Subject>,
    rows: Option<i64>,
    details: BTreeMap<&'static str, Value>,
}

impl Line {
    /// Something that was done.
    #[must_use]
    pub const fn new(action: AuditAction) -> Self {
        let outcome = AuditOutcome::Done;
        Self { action, outcome, member: None, subject: None, rows: None, details: BTreeMap::new() }
    }

    /// It was refused.
    #[must_use]
    pub const fn refused(mut self) -> Self {
        self.outcome = AuditOutcome::Refused;
        self
    }

    /// Whose data.
    #[must_use]
    pub const fn about(mut self, member: MemberId) -> Self {
        self.member = Some(member);
        self
    }

    /// What else it was about.
    #[must_use]
    pub fn of(mut self, subject: impl Into<Subject>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// How many rows it gave.
    #[must_use]
    pub fn gave(mut self, rows: usize) -> Self {
        self.rows = Some(i64::try_from(rows).unwrap_or(i64::MAX));
        self
    }

    /// How many rows of a page were shown that was read with one more than it shows.
    #[must_use]
    pub fn gave_page(self, read: usize, limit: u64) -> Self {
        let shown = usize::try_from(limit.saturating_sub(1)).unwrap_or(usize::MAX);
        self.gave(read.min(shown))
    }

    /// Names of what was looked at, searched by or changed; never what stands in it.
    #[must_use]
    pub fn naming(mut self, what: &'static str, names: &[&'static str]) -> Self {
        self.details.insert(what, json!(names));
        self
    }

    /// A word of ours.
    #[must_use]
    pub fn word(mut self, what: &'static str, word: &'static str) -> Self {
        self.details.insert(what, json!(word));
        self
    }

    /// Another thing's id.
    #[must_use]
    pub fn with(mut self, what: &'static str, id: impl Into<Subject>) -> Self {
        self.details.insert(what, json!(id.into().0));
        self
    }

    /// The row of this line, not sealed yet.
    pub(in crate::audit) fn row(&self, author: &Author, at: DateTime<Utc>) -> Row {
        Row {
            id: AuditId::new(at),
            at,
            actor_kind: author.actor.kind.as_str().to_owned(),
            actor_id: author.actor.id,
            store_id: author.store,
            action: self.action.as_str().to_owned(),
            outcome: self.outcome.as_str().to_owned(),
            member_id: self.member,
            subject: self.subject.clone().map(|subject| subject.0),
            rows_given: self.rows,
            request_id: author.request.chars().take(64).collect(),
            details: json!(self.details).to_string(),
            mac: Mac(String::new()),
            seq: None,
            prev_link: None,
            link: None,
        }
    }
}
