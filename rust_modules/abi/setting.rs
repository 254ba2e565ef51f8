// SPDX-License-Identifier: GPL-2.0

//! Settings: the text of `config`, and what may be written to it.

use core::fmt;

/// Limits of the machine, which bound some settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// vCPUs that are online.
    pub vcpus: u32,
    /// Bytes of memory that a load may take.
    pub bytes: u64,
}

/// Values that a setting may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// One of these names.
    Names(&'static [&'static str]),
    /// A whole number from the first to the second, both included.
    Range(u64, u64),
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range(low, high) => write!(f, "{low}..={high}"),
            Self::Names(names) => names.iter().enumerate().try_for_each(|(i, name)| {
                f.write_str(if i == 0 { "" } else { " " })?;
                f.write_str(name)
            }),
        }
    }
}

/// Why a setting was refused; each is one errno at the debugfs edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// No setting has the key: `EINVAL`. Holds the keys.
    NoSuchKey(&'static [&'static str]),
    /// Not of the form `key=value`, or the value is no number or name: `EINVAL`.
    Malformed,
    /// A number out of range: `ERANGE`.
    Range,
    /// The setting cannot change during a run: `EBUSY`.
    Running,
}

/// Setting that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal<'a> {
    /// The word that was refused.
    pub word: &'a str,
    /// The reason.
    pub why: Why,
    /// The values that are allowed, where that depends on the key.
    pub allowed: Option<Allowed>,
}

impl fmt::Display for Refusal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.word;
        match self.why {
            Why::NoSuchKey(keys) => {
                write!(
                    f,
                    "`{word}`: no such setting; allowed: {}",
                    Allowed::Names(keys)
                )?;
            }
            Why::Malformed if self.allowed.is_none() => {
                write!(f, "`{word}`: not of the form key=value")?;
            }
            Why::Malformed => write!(f, "`{word}`: not a value of this setting")?,
            Why::Range => write!(f, "`{word}`: out of range")?,
            Why::Running => write!(
                f,
                "`{word}`: cannot change during a run; write `stop` to run"
            )?,
        }
        self.allowed
            .map_or(Ok(()), |allowed| write!(f, "; allowed: {allowed}"))
    }
}

/// Type of a setting.
pub trait Value: Copy + fmt::Display {
    /// Reads a value and checks that it is allowed.
    fn take(text: &str, allowed: &Allowed) -> Result<Self, Why>;
}

macro_rules! number {
    ($($ty:ty),*) => {$(
        impl Value for $ty {
            fn take(text: &str, allowed: &Allowed) -> Result<Self, Why> {
                // Digits that fit no `u64` are a number all the same, out of any range.
                if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
                    return Err(Why::Malformed);
                }
                let n: u64 = text.parse().map_err(|_| Why::Range)?;
                match *allowed {
                    Allowed::Range(low, high) if n < low || n > high => Err(Why::Range),
                    _ => n.try_into().map_err(|_| Why::Range),
                }
            }
        }
    )*};
}
number!(u32, u64);

/// Declares the settings of a module: the struct, its defaults, its text and its reader.
///
/// A field with `live` at its end may change during a run.
macro_rules! settings {
    (
        $(#[$doc:meta])*
        $name:ident($limits:ident) {
            $(
                $(#[doc = $fdoc:literal])*
                $field:ident: $ty:ty = $default:expr, in $allowed:expr $(, $live:ident)?;
            )*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
        pub struct $name {
            $($(#[doc = $fdoc])* pub $field: $ty,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        impl $name {
            /// The keys, in the order in which `config` shows them.
            pub const KEYS: &'static [&'static str] = &[$(stringify!($field),)*];

            /// What each of [`Self::KEYS`] means: its documentation.
            pub const MEANINGS: &'static [&'static str] = &[$(concat!($($fdoc),*),)*];

            /// Sets every `key=value` of `text`, or none if one is refused.
            ///
            /// What follows a `#` on a line is ignored, so what `config` shows may be written
            /// back. While `running`, only live settings may change.
            pub fn set<'a>(
                &mut self,
                text: &'a str,
                limits: &$crate::Limits,
                running: bool,
            ) -> Result<(), $crate::Refusal<'a>> {
                let mut new = *self;
                let bare = |line: &'a str| line.split('#').next().unwrap_or("");
                for word in text.lines().map(bare).flat_map(str::split_ascii_whitespace) {
                    new.set_one(word, limits, running)?;
                }
                *self = new;
                Ok(())
            }

            fn set_one<'a>(
                &mut self,
                word: &'a str,
                $limits: &$crate::Limits,
                running: bool,
            ) -> Result<(), $crate::Refusal<'a>> {
                use $crate::{Refusal, Value, Why};
                let no = |why, allowed| Err(Refusal { word, why, allowed });
                let Some((key, value)) = word.split_once('=') else {
                    return no(Why::Malformed, None);
                };
                $(if key == stringify!($field) {
                    let allowed = $allowed;
                    let live: &[&str] = &[$(stringify!($live))?];
                    return match <$ty>::take(value, &allowed) {
                        Err(why) => no(why, Some(allowed)),
                        Ok(v) if running && live.is_empty() && v != self.$field => {
                            no(Why::Running, None)
                        }
                        Ok(v) => {
                            self.$field = v;
                            Ok(())
                        }
                    };
                })*
                no(Why::NoSuchKey(Self::KEYS), None)
            }

            /// Shows every setting with the values that are allowed.
            pub fn show<'a>(&'a self, limits: &'a $crate::Limits) -> impl core::fmt::Display + 'a {
                struct Show<'a>(&'a $name, &'a $crate::Limits);
                impl core::fmt::Display for Show<'_> {
                    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                        let $limits = self.1;
                        let _ = $limits;
                        $(writeln!(
                            f,
                            concat!(stringify!($field), "={}  # {}"),
                            self.0.$field, $allowed
                        )?;)*
                        Ok(())
                    }
                }
                Show(self, limits)
            }
        }

        impl core::fmt::Display for $name {
            /// One line, as reports carry it and `config` takes it: `key=value key=value …`.
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                let mut gap = "";
                $(
                    write!(f, concat!("{}", stringify!($field), "={}"), gap, self.$field)?;
                    gap = " ";
                )*
                let _ = gap;
                Ok(())
            }
        }
    };
}
