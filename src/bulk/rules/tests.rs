//! What people and spreadsheets send.

use std::io::{Cursor, Read, Write};

use chrono_tz::Asia::Shanghai;
use entity::values::Fen;
use proptest::prelude::*;
use zip::write::SimpleFileOptions;

use super::cells::{day, instant, money, number, phone, whole};
use super::columns::{Column, needed, optional};
use super::rows::Rows;
use super::table::Table;
use crate::kernel::calendar::Calendar;

const COLUMNS: &[Column] = &[
    needed("phone", "手机号", &["mobile", "手机"], "手机号"),
    optional("name", "姓名", &[], "姓名"),
];

fn read(bytes: &[u8]) -> Vec<(i64, String, String)> {
    let table = Table::read(COLUMNS, bytes).unwrap();
    let mut rows = Rows::of(COLUMNS, table.into_records().unwrap());
    let mut found = Vec::new();
    while let Some(row) = rows.next_row().unwrap() {
        found.push((row.number, row.raw("phone").to_owned(), row.raw("name").to_owned()));
    }
    found
}

fn code(bytes: &[u8]) -> &'static str {
    Table::read(COLUMNS, bytes).unwrap_err().refusal().code.code
}

fn one(row: i64, phone: &str, name: &str) -> Vec<(i64, String, String)> {
    vec![(row, phone.to_owned(), name.to_owned())]
}

/// A workbook with one sheet of these rows (XML of cells).
fn workbook(rows: &str, strings: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut file = |name: &str, text: &str| {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    };
    file(
        "[Content_Types].xml",
        r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#,
    );
    file(
        "_rels/.rels",
        r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
    );
    file(
        "xl/_rels/workbook.xml.rels",
        r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#,
    );
    file(
        "xl/workbook.xml",
        r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="会员" sheetId="1" r:id="rId1"/></sheets></workbook>"#,
    );
    file(
        "xl/sharedStrings.xml",
        &format!(
            r#"<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{strings}</sst>"#
        ),
    );
    file(
        "xl/worksheets/sheet1.xml",
        &format!(
            r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#
        ),
    );
    zip.finish().unwrap().into_inner()
}

/// A workbook with another file in place of one with the same name in whatever case.
fn rewritten(bytes: &[u8], name: &str, write: impl Fn(&str) -> String) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut before = String::new();
    for i in 0..archive.len() {
        let mut file = archive.by_index(i).unwrap();
        let other = file.name().unwrap().into_owned();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        if other.eq_ignore_ascii_case(name) {
            before = text;
            continue;
        }
        zip.start_file(other, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.start_file(name, SimpleFileOptions::default()).unwrap();
    zip.write_all(write(&before).as_bytes()).unwrap();
    zip.finish().unwrap().into_inner()
}

#[test]
fn a_table_is_read_in_every_encoding_and_with_every_separator() {
    let expect = one(2, "13800138000", "李雷");
    let plain = "手机号,姓名\r\n13800138000,李雷\r\n";
    assert_eq!(read(plain.as_bytes()), expect);
    assert_eq!(read(format!("\u{feff}{plain}").as_bytes()), expect);
    assert_eq!(read(&encoding_rs::GB18030.encode(plain).0), expect);
    assert_eq!(read(plain.replace(',', "\t").as_bytes()), expect);
    assert_eq!(read(plain.replace(',', ";").as_bytes()), expect);
    let wide: Vec<u8> = plain.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read(&[&[0xff, 0xfe], &wide[..]].concat()), expect);
}

#[test]
fn columns_are_found_by_either_name_in_any_order_and_others_are_told() {
    let text = "备注,Name ,Mobile*\nvip,\"李,雷\", 13800138000 \n,,\n\nx,韩梅梅,13900139000\n";
    let table = Table::read(COLUMNS, text.as_bytes()).unwrap();
    assert_eq!((table.rows, table.ignored), (2, vec!["备注".to_owned()]));
    let rows = read(text.as_bytes());
    assert_eq!(rows[0], (2, "13800138000".to_owned(), "李,雷".to_owned()));
    assert_eq!(rows[1].0, 5, "the number of a row is its line in the file");
    let numbers = |text: &str| read(text.as_bytes()).iter().map(|row| row.0).collect::<Vec<_>>();
    for end in ["\n", "\r\n", "\r"] {
        let text = ["手机号", "1", "", "2", "\"3\n\"", "4"].join(end);
        assert_eq!(numbers(&text), [2, 4, 5, 7], "{end:?}");
    }
}

#[test]
fn a_workbook_is_read_by_its_first_sheet() {
    let strings = "<si><t>手机号</t></si><si><t>姓名</t></si><si><t>李雷</t></si>";
    let rows = r#"<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>
        <row r="3"><c r="A3"><v>13800138000</v></c><c r="B3" t="s"><v>2</v></c></row>"#;
    assert_eq!(read(&workbook(rows, strings)), one(3, "13800138000", "李雷"));
}

/// S5: neither many small files nor one that unpacks to gigabytes.
#[test]
fn a_workbook_that_unpacks_to_too_much_is_refused() {
    let bomb = workbook("", &"<si><t>x</t></si>".repeat(2 << 20));
    assert!(bomb.len() < 1 << 20, "{}", bomb.len());
    assert_eq!(code(&bomb), "import_file_too_large");
}

/// S5: a kilobyte that says it shares a thousand million texts.
#[test]
fn a_workbook_is_not_believed_how_much_room_it_needs() {
    for count in ["99999999999", " + 2000001", "&#57;"] {
        let told = format!("<sst uniqueCount = '{count}' xmlns=");
        let bytes = rewritten(&workbook("", ""), "xl/SharedStrings.xml", |text| {
            text.replace("<sst xmlns=", &told)
        });
        assert!(bytes.len() < 4_096);
        let expect = if count == "&#57;" { "import_file_empty" } else { "import_file_too_large" };
        assert_eq!(code(&bytes), expect, "{count}");
    }
}

/// S5: a text that a million cells share.
#[test]
fn a_long_text_that_many_cells_share_is_refused() {
    let text =
        |letters: usize| format!("<si><t>手机号</t></si><si><t>{}</t></si>", "x".repeat(letters));
    let rows = |cells: usize, rows: usize| {
        let row = format!("<row>{}</row>", r#"<c t="s"><v>1</v></c>"#.repeat(cells));
        format!(r#"<row><c t="s"><v>0</v></c></row>{}"#, row.repeat(rows))
    };
    assert_eq!(read(&workbook(&rows(1, 1), &text(32_767)))[0].1.len(), 32_767);
    assert_eq!(code(&workbook(&rows(1, 1), &text(131_073))), "import_file_too_large");
    assert_eq!(code(&workbook(&rows(200, 10), &text(131_072))), "import_file_too_large");
    let styles = format!(
        r#"<styleSheet><numFmts><numFmt numFmtId="200" formatCode="{}"/></numFmts><cellXfs>{}</cellXfs></styleSheet>"#,
        "0".repeat(1 << 20),
        r#"<xf numFmtId="200"></xf>"#.repeat(10_000)
    );
    let bytes = rewritten(&workbook("", ""), "xl/styles.xml", |_| styles.clone());
    assert_eq!(code(&bytes), "import_file_too_large");
}

/// Millions of headers are cut, not compared.
#[test]
fn a_header_is_looked_at_up_to_its_256th_column() {
    let text = format!("手机号{}\n1\n", ",姓名x".repeat(1_000_000));
    assert_eq!(read(text.as_bytes()), one(2, "1", ""));
    let text = format!("手机号{},姓名\n1\n", ",".repeat(255));
    assert!(Table::read(COLUMNS, text.as_bytes()).unwrap().ignored.is_empty());
}

#[test]
fn what_is_no_table_is_refused_with_a_reason() {
    assert_eq!(code(b""), "import_file_empty");
    assert_eq!(code("手机号,姓名\n".as_bytes()), "import_file_empty");
    assert_eq!(code("姓名\n李雷\n".as_bytes()), "import_header_wrong");
    assert_eq!(code("手机号,手机\n1,2\n".as_bytes()), "import_header_wrong");
    assert_eq!(code(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "import_file_is_xls");
    assert_eq!(code(b"\x89PNG\r\n\x1a\n\0\0\0"), "import_file_unreadable");
    assert_eq!(code(b"PK\x03\x04 nothing"), "import_file_unreadable");
    let many = format!("手机号\n{}", "1\n".repeat(200_001));
    assert_eq!(code(many.as_bytes()), "import_file_too_large");
}

#[test]
fn money_is_exact_fen() {
    for (text, fen) in [
        ("1299", 129_900),
        ("1,299.00", 129_900),
        ("¥1,299.5", 129_950),
        ("￥１２９９．０５元", 129_905),
        ("0.1", 10),
        ("1234567.89", 123_456_789),
        ("12.500", 1_250),
        ("0", 0),
    ] {
        assert_eq!(money(text), Ok(Fen(fen)), "{text}");
    }
    for bad in
        ["", "-1", "1.005", "1,29", "12,99.00", "1.299,00", "1e3", "十元", ".5", "1.", "1,", "$1"]
    {
        assert!(money(bad).is_err(), "{bad}");
    }
    assert!(money("99999999999999999999").is_err());
}

#[test]
fn a_phone_that_excel_cut_is_refused_by_name() {
    for text in ["13800138000", "'13800138000", "13800138000.0", "138 0013 8000", "+86-13800138000"]
    {
        assert_eq!(phone(text).unwrap().as_str(), "+8613800138000", "{text}");
    }
    for text in ["1.38E+10", "1.38001e10", "１．３８Ｅ＋１０"] {
        assert_eq!(phone(text).unwrap_err().code, "cell_scientific", "{text}");
    }
    assert_eq!(phone("12345").unwrap_err().code, "cell_invalid");
    assert_eq!(number("2.02611E+15").unwrap_err().code, "cell_scientific");
    assert_eq!(number("SH-001").as_deref(), Ok("SH-001"));
}

#[test]
fn days_are_read_as_people_write_them_and_by_the_business_zone() {
    for text in [
        "2026-11-21",
        "2026/11/21",
        "2026.11.21",
        "2026年11月21日",
        "20261121",
        "2026-11-21 00:00:00",
    ] {
        assert_eq!(day(text).unwrap().to_string(), "2026-11-21", "{text}");
    }
    assert_eq!(day("2026/1/5").unwrap().to_string(), "2026-01-05");
    for bad in ["", "2026-13-01", "21/11/2026", "46347", "2026115", "昨天"] {
        assert!(day(bad).is_err(), "{bad}");
    }
    let at = |text: &str| instant(text, Calendar(Shanghai)).map(|at| at.to_rfc3339()).ok();
    assert_eq!(at("2026/11/21 14:30:05").as_deref(), Some("2026-11-21T06:30:05+00:00"));
    assert_eq!(at("2026-11-21 14:30").as_deref(), Some("2026-11-21T06:30:00+00:00"));
    assert_eq!(at("2026-11-21").as_deref(), Some("2026-11-20T16:00:00+00:00"));
    assert_eq!(at("2026-11-21T06:30:00Z").as_deref(), Some("2026-11-21T06:30:00+00:00"));
    assert_eq!(at("2026-11-21 25:00"), None);
}

#[test]
fn numbers_are_whole() {
    assert_eq!([whole("12"), whole("1,200"), whole("12.0")], [Ok(12), Ok(1_200), Ok(12)]);
    for bad in ["", "1.5", "-1", "一", "1,20", "12."] {
        assert!(whole(bad).is_err(), "{bad}");
    }
}

proptest! {
    /// Whatever bytes come: rows or a refusal, never a panic; what was read reads back.
    #[test]
    fn any_bytes_are_rows_or_a_refusal(bytes in prop::collection::vec(any::<u8>(), 0..2_000), kind in 0..3) {
        let head: &[u8] = match kind {
            0 => b"",
            1 => "手机号,姓名\n".as_bytes(),
            _ => b"PK\x03\x04",
        };
        if let Ok(table) = Table::read(COLUMNS, &[head, &bytes].concat()) {
            let count = table.rows;
            let mut rows = Rows::of(COLUMNS, table.into_records().unwrap());
            let mut seen = 0;
            while let Some(row) = rows.next_row().unwrap() {
                let _ = (phone(row.raw("phone")), money(row.raw("name")), day(row.raw("name")));
                seen += 1;
            }
            prop_assert_eq!(seen, count);
        }
    }

    #[test]
    fn any_text_is_a_cell_or_a_flaw(text in "\\PC{0,40}") {
        let _ = (phone(&text), money(&text), day(&text), whole(&text), number(&text), instant(&text, Calendar(Shanghai)));
    }

    /// A broken workbook: some bytes of a good one changed.
    #[test]
    fn a_damaged_workbook_never_panics(at in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20)) {
        let mut bytes = workbook(r#"<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2"><v>1</v></c></row>"#, "<si><t>手机号</t></si>");
        for (index, byte) in at {
            let i = index.index(bytes.len());
            bytes[i] = byte;
        }
        let _ = Table::read(COLUMNS, &bytes);
    }

    #[test]
    fn fen_survive_being_written_as_yuan(fen in 0..100_000_000_000_i64) {
        prop_assert_eq!(money(&format!("{}.{:02}", fen / 100, fen % 100)), Ok(Fen(fen)));
    }
}
