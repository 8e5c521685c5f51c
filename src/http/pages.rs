//! Cursor pages: opaque, signed, stable while rows are added (OP-1).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use garde::Validate;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Result, codes};
use crate::kernel::vault::Vault;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The rows, in the order of the list.
    pub items: Vec<T>,
    /// Send it as `cursor` to read on; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Whether there is more.
    pub has_more: bool,
}

/// Query parameters of every list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Where to read on: `next_cursor` of the page before.
    #[garde(length(max = 512))]
    pub cursor: Option<String>,
    /// Rows a page.
    #[garde(range(min = 1, max = 100))]
    #[serde(default = "default_limit")]
    #[param(default = 20, minimum = 1, maximum = 100)]
    pub limit: u64,
}

const fn default_limit() -> u64 {
    20
}

/// Where one list was left, signed so that nobody makes one up.
#[derive(Clone, Debug)]
pub struct Cursor;

impl Cursor {
    /// The position as a cursor of the list named `list` (include whose list it is).
    #[must_use]
    pub fn write<P: Serialize>(vault: &Vault, list: &str, position: &P) -> String {
        let body = serde_json::to_string(position).unwrap_or_default();
        let tag = vault.index(&format!("cursor {list}"), &body);
        URL_SAFE_NO_PAD.encode(format!("{}{body}", &tag.0[..16]))
    }

    /// The position behind a cursor of the same list.
    ///
    /// # Errors
    /// `bad_cursor` for a changed one or one of another list.
    pub fn read<P: DeserializeOwned>(vault: &Vault, list: &str, cursor: &str) -> Result<P> {
        let bad = || codes::BAD_CURSOR;
        let text =
            URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let text = text.ok_or_else(bad)?;
        let (tag, body) = text.split_at_checked(16).ok_or_else(bad)?;
        let expected = vault.index(&format!("cursor {list}"), body);
        if aws_lc_rs::constant_time::verify_slices_are_equal(
            tag.as_bytes(),
            &expected.0.as_bytes()[..16],
        )
        .is_err()
        {
            return Err(bad().into());
        }
        serde_json::from_str(body).map_err(|_| bad().into())
    }
}

impl<T> Page<T> {
    /// A page of at most `limit` rows from rows that were read with one more than that.
    #[must_use]
    pub fn cut(mut rows: Vec<T>, limit: u64, cursor: impl Fn(&T) -> String) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = if has_more { rows.last().map(cursor) } else { None };
        Self { items: rows, next_cursor, has_more }
    }

    /// The same page with each row as something else.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(f).collect(),
            next_cursor: self.next_cursor,
            has_more: self.has_more,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_good_for_its_list_only() {
        let vault = Vault::new(&[1; 32]).unwrap();
        let cursor = Cursor::write(&vault, "orders mem_1", &(5_i64, "x"));
        assert_eq!(
            Cursor::read::<(i64, String)>(&vault, "orders mem_1", &cursor).unwrap(),
            (5, "x".to_owned())
        );
        assert!(Cursor::read::<(i64, String)>(&vault, "orders mem_2", &cursor).is_err());
        for bad in ["", "x", "AAAA", "中文", &cursor[1..]] {
            assert!(Cursor::read::<(i64, String)>(&vault, "orders mem_1", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_last_page_has_no_cursor() {
        let page = Page::cut(vec![1, 2, 3], 2, ToString::to_string);
        assert_eq!(
            (page.items.as_slice(), page.next_cursor.as_deref(), page.has_more),
            ([1, 2].as_slice(), Some("2"), true)
        );
        assert!(Page::cut(vec![1, 2], 2, ToString::to_string).next_cursor.is_none());
    }
}
