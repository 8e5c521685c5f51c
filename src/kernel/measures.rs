//! What a process measures beside its requests, for Prometheus (OPS-2).

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use prometheus_client::encoding::{EncodeLabelSet, EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::process::Process;

/// The families that jobs fill; cloning shares them.
#[derive(Clone, Default)]
pub struct Measures {
    finished: Family<JobLabels, Counter>,
    waiting: Gauge,
    dead: Gauge,
    oldest: Gauge<f64, AtomicU64>,
    differences: Known,
    proved: Known,
    attempts: Family<AttemptLabels, Counter>,
    endpoints_off: Gauge,
    failing: Gauge,
    late: Gauge,
    audit_faults: Known,
    audit_proved: Known,
    signatures: Family<RefusalLabels, Counter>,
    restarts: Family<WorkLabels, Counter>,
    database_up: Gauge,
    kv_up: Gauge,
    connections: Family<ConnectionLabels, Gauge>,
}

/// A number that has no sample until it is known: nought would say that all is well.
#[derive(Clone, Debug, Default)]
struct Known(Arc<Mutex<Option<i64>>>);

impl Known {
    fn set(&self, value: i64) {
        *self.0.lock() = Some(value);
    }
}

impl EncodeMetric for Known {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let known = *self.0.lock();
        known.map_or(Ok(()), |value| encoder.encode_gauge(&value))
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Gauge
    }
}

impl fmt::Debug for Measures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Measures")
    }
}

/// Both come from lists of ours, so that nobody grows our memory.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct JobLabels {
    kind: &'static str,
    result: &'static str,
}

/// Busy or idle.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ConnectionLabels {
    state: &'static str,
}

/// From a closed list.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct AttemptLabels {
    result: &'static str,
}

/// Codes of ours.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RefusalLabels {
    reason: &'static str,
}

/// From lists of ours.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct WorkLabels {
    work: &'static str,
}

/// Deliveries of events at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Webhooks {
    /// Endpoints that are switched off.
    pub disabled: u64,
    /// Seconds since the last success at the enabled endpoint that has failed longest.
    pub failing_seconds: i64,
    /// Seconds since the delivery that waits longest was due.
    pub late_seconds: i64,
}

/// The queue of jobs at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Queue {
    /// Not ended yet.
    pub waiting: u64,
    /// Given up.
    pub dead: u64,
    /// Seconds since the job that waits longest was due.
    pub oldest_seconds: f64,
}

impl Measures {
    /// Counts one run of a job. `kind` and `result` are words of closed lists.
    pub fn job_finished(&self, kind: &'static str, result: &'static str) {
        self.finished.get_or_create(&JobLabels { kind, result }).inc();
    }

    /// Notes how the queue is.
    pub fn queue(&self, queue: Queue) {
        self.waiting.set(i64::try_from(queue.waiting).unwrap_or(i64::MAX));
        self.dead.set(i64::try_from(queue.dead).unwrap_or(i64::MAX));
        self.oldest.set(queue.oldest_seconds);
    }

    /// Counts one attempt to deliver an event. `result` is a word of a closed list.
    pub fn webhook_attempted(&self, result: &'static str) {
        self.attempts.get_or_create(&AttemptLabels { result }).inc();
    }

    /// Notes how deliveries of events are.
    pub fn webhooks(&self, webhooks: Webhooks) {
        self.endpoints_off.set(i64::try_from(webhooks.disabled).unwrap_or(i64::MAX));
        self.failing.set(webhooks.failing_seconds);
        self.late.set(webhooks.late_seconds);
    }

    /// Notes how many differences the last proof of the ledgers found, and when that was.
    pub fn ledger_proved(&self, differences: i64, at: DateTime<Utc>) {
        self.differences.set(differences);
        self.proved.set(at.timestamp());
    }

    /// Notes how many faults the last proof of the audit log found, and when that was.
    pub fn audit_proved(&self, faults: i64, at: DateTime<Utc>) {
        self.audit_faults.set(faults);
        self.audit_proved.set(at.timestamp());
    }

    /// Counts a signed request that was not let in. `reason` is one of our codes.
    pub fn signature_refused(&self, reason: &'static str) {
        self.signatures.get_or_create(&RefusalLabels { reason }).inc();
    }

    /// Counts background work that ended by itself and was begun again. `work` is a word of a closed list.
    pub fn work_restarted(&self, work: &'static str) {
        self.restarts.get_or_create(&WorkLabels { work }).inc();
    }

    /// Notes whether the database and the kv answer this process.
    pub fn up(&self, database: bool, kv: bool) {
        self.database_up.set(i64::from(database));
        self.kv_up.set(i64::from(kv));
    }

    /// Notes the connections of this process's pool to the database.
    pub fn connections(&self, busy: usize, idle: usize) {
        for (state, count) in [("busy", busy), ("idle", idle)] {
            let gauge = self.connections.get_or_create(&ConnectionLabels { state });
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }

    /// Shows them all in `registry`.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "huiyi_jobs_finished",
            "Runs of background jobs by kind and result",
            self.finished.clone(),
        );
        registry.register(
            "huiyi_jobs_waiting",
            "Background jobs that have not ended, in the whole installation",
            self.waiting.clone(),
        );
        registry.register(
            "huiyi_jobs_dead",
            "Background jobs that were given up and wait for a person, in the whole installation",
            self.dead.clone(),
        );
        registry.register(
            "huiyi_jobs_oldest_age_seconds",
            "Seconds since the background job that waits longest was due",
            self.oldest.clone(),
        );
        registry.register(
            "huiyi_ledger_verify_differences",
            "Differences that the last proof of the ledgers found, in the whole installation",
            self.differences.clone(),
        );
        registry.register(
            "huiyi_ledger_verify_timestamp_seconds",
            "When the last proof of the ledgers ended, in Unix time",
            self.proved.clone(),
        );
        // From nought on, so that the first one is an increase.
        for work in ["relay", "webhook_lane"] {
            self.restarts.get_or_create(&WorkLabels { work }).inc_by(0);
        }
        self.signatures.get_or_create(&RefusalLabels { reason: "signature_wrong" }).inc_by(0);
        registry.register(
            "huiyi_work_restarts",
            "Background work that ended by itself or panicked, and was begun again",
            self.restarts.clone(),
        );
        registry.register(
            "huiyi_signatures_refused",
            "Signed requests of third parties that were not let in, by the code they were answered",
            self.signatures.clone(),
        );
        self.register_audit(registry);
        self.register_webhooks(registry);
        self.register_health(registry);
    }

    fn register_health(&self, registry: &mut Registry) {
        registry.register(
            "huiyi_database_up",
            "Whether the database answers this process: 1 or 0",
            self.database_up.clone(),
        );
        registry.register(
            "huiyi_kv_up",
            "Whether Redis, or its twin, answers this process: 1 or 0",
            self.kv_up.clone(),
        );
        registry.register(
            "huiyi_database_connections",
            "Connections of this process's pool to the database by state",
            self.connections.clone(),
        );
        registry.register_collector(Box::new(Process));
    }

    fn register_webhooks(&self, registry: &mut Registry) {
        registry.register(
            "huiyi_webhook_attempts",
            "Attempts to deliver events to third parties by result",
            self.attempts.clone(),
        );
        registry.register(
            "huiyi_webhook_endpoints_disabled",
            "Webhook endpoints that are switched off, in the whole installation",
            self.endpoints_off.clone(),
        );
        registry.register(
            "huiyi_webhook_failing_seconds",
            "Seconds since the enabled webhook endpoint that has failed longest began to fail",
            self.failing.clone(),
        );
        registry.register(
            "huiyi_webhook_late_seconds",
            "Seconds since the delivery of an event that waits longest was due",
            self.late.clone(),
        );
    }

    fn register_audit(&self, registry: &mut Registry) {
        registry.register(
            "huiyi_audit_verify_faults",
            "Faults that the last proof of the audit log found, in the whole installation",
            self.audit_faults.clone(),
        );
        registry.register(
            "huiyi_audit_verify_timestamp_seconds",
            "When the last proof of the audit log ended, in Unix time",
            self.audit_proved.clone(),
        );
    }
}
