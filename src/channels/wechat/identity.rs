//! Who WeChat says somebody is. Debug shows none of it.

use std::fmt;

/// A person within one app; case-sensitive, kept as WeChat gave it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct OpenId(String);

/// A person across the apps of one open-platform account; case-sensitive.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UnionId(String);

/// What a sign-in code stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WechatIdentity {
    /// The person within our app.
    pub openid: OpenId,
    /// The person across apps, if ours is bound to an open-platform account.
    pub union_id: Option<UnionId>,
}

/// A phone number as WeChat verified it; digits only.
#[derive(Clone, PartialEq, Eq)]
pub struct WechatPhone {
    /// The calling code without `+`, such as `86`.
    pub country_code: String,
    /// The number without the calling code.
    pub number: String,
}

/// The longest id that we take: WeChat's have 28 characters, columns have 64.
const LONGEST_ID: usize = 64;

fn is_id(text: &str) -> bool {
    (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

macro_rules! masked_id {
    ($name:ident) => {
        impl $name {
            /// Takes 1 to 64 printable ASCII characters; anything else is no id.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                is_id(text).then(|| Self(text.to_owned()))
            }

            /// The id in clear, for the database and for WeChat; never for logs.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(***)"))
            }
        }
    };
}

masked_id!(OpenId);
masked_id!(UnionId);

impl fmt::Debug for WechatPhone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WechatPhone(***)")
    }
}
