// SPDX-License-Identifier: GPL-2.0

//! Choice: an enum whose variants have names.

/// Declares an enum whose variants have names, with the writer and the reader side by side.
macro_rules! choice {
    (
        $(#[$doc:meta])*
        $name:ident {
            $($(#[doc = $vdoc:literal])* $variant:ident = $text:literal,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        pub enum $name {
            $($(#[doc = $vdoc])* #[cfg_attr(feature = "serde", serde(rename = $text))] $variant,)*
        }

        impl $name {
            /// Every variant, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];
            /// The names of [`Self::ALL`], in the same order.
            pub const NAMES: &'static [&'static str] = &[$($text,)*];

            /// The meanings of [`Self::ALL`], in the same order.
            pub const MEANINGS: &'static [&'static str] = &[$(concat!($($vdoc),*),)*];

            /// The variant's name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(self.name())
            }
        }

        impl core::str::FromStr for $name {
            type Err = $crate::Malformed;

            fn from_str(text: &str) -> Result<Self, $crate::Malformed> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    _ => Err($crate::Malformed(stringify!($name))),
                }
            }
        }

        impl $crate::Value for $name {
            fn take(text: &str, _: &$crate::Allowed) -> Result<Self, $crate::Why> {
                text.parse().map_err(|_| $crate::Why::Malformed)
            }
        }
    };
}
