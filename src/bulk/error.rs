//! What this capability refuses, each with a stable code.

use crate::http::Code;

/// Neither text nor an Excel workbook.
pub const FILE_UNREADABLE: Code = Code::new(
    422,
    "import_file_unreadable",
    12701,
    "无法读取该文件：请上传 CSV（UTF-8 或 GB18030）或 .xlsx 文件",
    "not a CSV in UTF-8 or GB18030, and not an .xlsx workbook",
);

/// The old binary format.
pub const FILE_IS_XLS: Code = Code::new(
    422,
    "import_file_is_xls",
    12702,
    "这是旧版 .xls 文件，请另存为 .xlsx 或 CSV 后再上传",
    "an old .xls workbook: save it as .xlsx or CSV",
);

/// More rows, cells or text than are taken at once; or a workbook that unpacks to too much (S5).
pub const FILE_TOO_LARGE: Code = Code::new(
    422,
    "import_file_too_large",
    12703,
    "文件内容过大：最多 200,000 行，解压后最多 160 MiB，请拆分后上传",
    "too much in the file: at most 200,000 rows and 160 MiB when unpacked",
);

/// A header and nothing below it, or not even that.
pub const FILE_EMPTY: Code =
    Code::new(422, "import_file_empty", 12704, "文件中没有数据行", "there are no rows in the file");

/// Columns are missing or named twice.
pub const HEADER_WRONG: Code = Code::new(
    422,
    "import_header_wrong",
    12705,
    "表头缺少必填列或列名重复",
    "required columns are missing, or a column comes twice",
);

/// It has ended.
pub const ENDED: Code =
    Code::new(409, "bulk_run_ended", 12706, "该任务已经结束", "it has ended already");

/// It does not wait for anybody.
pub const NOT_PENDING: Code = Code::new(
    409,
    "import_not_pending",
    12707,
    "该导入不在待审批状态",
    "the import does not wait for approval",
);

/// Who asked cannot approve (S25).
pub const SAME_PERSON: Code = Code::new(
    409,
    "import_same_person",
    12708,
    "须由另一位管理员审批",
    "another administrator has to approve it",
);

/// Nothing to download yet, or nothing any more.
pub const FILE_GONE: Code = Code::new(
    410,
    "bulk_file_gone",
    12709,
    "文件已过保留期并被删除",
    "the file was deleted after its time",
);

/// The export is not whole yet.
pub const NOT_DONE: Code =
    Code::new(409, "export_not_done", 12710, "导出尚未完成", "the export is not done yet");

/// As many imports and exports as anybody may have open; one has to end first.
pub const TOO_MANY_OPEN: Code = Code::new(
    409,
    "bulk_too_many_open",
    12711,
    "未结束的导入导出任务过多（最多 5 个），请等待其完成或取消后再试",
    "five imports and exports are open already: wait until one has ended, or cancel one",
);

/// All of the above.
pub const ALL: &[Code] = &[
    FILE_UNREADABLE,
    FILE_IS_XLS,
    FILE_TOO_LARGE,
    FILE_EMPTY,
    HEADER_WRONG,
    ENDED,
    NOT_PENDING,
    SAME_PERSON,
    FILE_GONE,
    NOT_DONE,
    TOO_MANY_OPEN,
];
