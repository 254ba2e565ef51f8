// SPDX-License-Identifier: GPL-2.0

//! JSON of types that are neither a number nor one of a few names: their text.
//!
//! Host only. A text that is a plain decimal number is a number in JSON; records of schema 3 hold
//! such numbers without the leading zeros of the text.

/// Implements `Serialize` and `Deserialize` by `Display` and `FromStr`; `$number` formats a number
/// as the text that it stands for.
macro_rules! text_in_json {
    ($ty:ty, $number:literal) => {
        impl serde::Serialize for $ty {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                let text = alloc::string::ToString::to_string(self);
                match text.parse::<u64>() {
                    Ok(number) if alloc::format!("{number}") == text => to.serialize_u64(number),
                    _ => to.serialize_str(&text),
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $ty {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                struct Visitor;
                impl serde::de::Visitor<'_> for Visitor {
                    type Value = $ty;

                    fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                        f.write_str(stringify!($ty))
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$ty, E> {
                        text.parse().map_err(E::custom)
                    }

                    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<$ty, E> {
                        self.visit_str(&alloc::format!($number, number))
                    }
                }
                from.deserialize_any(Visitor)
            }
        }
    };
}
