// SPDX-License-Identifier: GPL-2.0

//! Line of a report: a word, then `key=value` in a fixed order.

use core::{
    fmt,
    str::FromStr, //
};

/// Error of a reader; holds the name of what it expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a `{}` of ABI schema {}", self.0, crate::SCHEMA)
    }
}

impl core::error::Error for Malformed {}

/// A struct that is one line.
pub trait Line: fmt::Display + FromStr<Err = Malformed> {
    /// The word that the line begins with.
    const WORD: &'static str;
    /// The keys, in their order on the line.
    const KEYS: &'static [&'static str];
}

/// Declares a struct that is one line, with the writer and the reader side by side.
macro_rules! line {
    (
        $(#[$doc:meta])*
        $name:ident = $word:literal {
            $($(#[doc = $fdoc:literal])* $(#[cfg_attr($($attr:tt)*)])* $field:ident: $ty:ty,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
        pub struct $name {
            $($(#[doc = $fdoc])* $(#[cfg_attr($($attr)*)])* pub $field: $ty,)*
        }

        impl $name {
            /// The word that the line begins with.
            pub const WORD: &'static str = $word;
            /// The keys, in their order on the line.
            pub const KEYS: &'static [&'static str] = &[$(stringify!($field),)*];
            /// What each of [`Self::KEYS`] means: its documentation.
            pub const MEANINGS: &'static [&'static str] = &[$(concat!($($fdoc),*),)*];
        }

        impl $crate::Line for $name {
            const WORD: &'static str = $word;
            const KEYS: &'static [&'static str] = Self::KEYS;
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str($word)?;
                $(write!(f, concat!(" ", stringify!($field), "={}"), self.$field)?;)*
                Ok(())
            }
        }

        impl core::str::FromStr for $name {
            type Err = $crate::Malformed;

            fn from_str(line: &str) -> Result<Self, $crate::Malformed> {
                let mut words = line.split_ascii_whitespace();
                if words.next() != Some($word) {
                    return Err($crate::Malformed($word));
                }
                let line = Self {
                    $($field: words
                        .next()
                        .and_then(|w| w.strip_prefix(concat!(stringify!($field), "=")))
                        .and_then(|v| v.parse().ok())
                        .ok_or($crate::Malformed(concat!($word, " ", stringify!($field))))?,)*
                };
                match words.next() {
                    None => Ok(line),
                    Some(_) => Err($crate::Malformed($word)),
                }
            }
        }
    };
}
