//! Fields of a PATCH: absent, null or a value are three different wishes.

use serde::{Deserialize, Deserializer};

/// What a PATCH says about one field; needs `#[serde(default)]` beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// Not sent: stays as it is.
    #[default]
    Keep,
    /// `null`: is cleared.
    Clear,
    /// Becomes this.
    Set(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Clear, Self::Set))
    }
}

impl<T> Patch<T> {
    /// The same wish with a value that was read further, or why it cannot be.
    ///
    /// # Errors
    /// What `read` answers.
    pub fn read<U, E>(self, read: impl FnOnce(T) -> Result<U, E>) -> Result<Patch<U>, E> {
        Ok(match self {
            Self::Keep => Patch::Keep,
            Self::Clear => Patch::Clear,
            Self::Set(value) => Patch::Set(read(value)?),
        })
    }

    /// What the field is afterwards; `None` when it stays.
    #[must_use]
    pub fn wish(self) -> Option<Option<T>> {
        match self {
            Self::Keep => None,
            Self::Clear => Some(None),
            Self::Set(value) => Some(Some(value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Thing {
        #[serde(default)]
        name: Patch<String>,
    }

    #[test]
    fn absent_null_and_a_value_are_three_wishes() {
        let read = |json: &str| serde_json::from_str::<Thing>(json).unwrap().name;
        assert_eq!(read("{}"), Patch::Keep);
        assert_eq!(read(r#"{"name":null}"#), Patch::Clear);
        assert_eq!(read(r#"{"name":"x"}"#), Patch::Set("x".to_owned()));
    }
}
