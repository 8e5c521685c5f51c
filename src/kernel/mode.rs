//! Whether data are a retailer's, or somebody's trials (OP-2).

/// Whether data are a retailer's, or somebody's trials (OP-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The retailer's.
    Live,
    /// For trials: a database of its own.
    Sandbox,
}

impl Mode {
    /// As written in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Sandbox => "sandbox",
        }
    }

    /// What keys of third parties begin with.
    #[must_use]
    pub const fn key_prefix(self) -> &'static str {
        match self {
            Self::Live => "hyk_",
            Self::Sandbox => "hys_",
        }
    }

    /// What stands before the id of a key where a signed request names it.
    #[must_use]
    pub const fn id_prefix(self) -> &'static str {
        match self {
            Self::Live => "",
            Self::Sandbox => "sandbox_",
        }
    }
}
