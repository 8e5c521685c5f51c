//! What this capability refuses, each with a stable code.

use crate::http::Code;

/// Only what was given up can be retried or discarded.
pub const JOB_NOT_DEAD: Code = Code::new(
    409,
    "job_not_dead",
    12001,
    "该后台任务不在失败状态",
    "only a dead job can be retried or discarded",
);

/// All of the above, for the documentation and the uniqueness test.
pub const ALL: &[Code] = &[JOB_NOT_DEAD];
