// SPDX-License-Identifier: GPL-2.0

//! Set of vCPUs: `all`, or numbers and ranges with `+` between them, as `0-3+6`.

use core::{
    fmt,
    str::FromStr, //
};

use crate::{
    Allowed,
    Malformed,
    Value,
    Why, //
};

/// Some of the vCPUs 0 to 63, or all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cpus(u64);

impl Cpus {
    /// All vCPUs, those beyond 63 too.
    pub const ALL: Self = Self(u64::MAX);
    /// No vCPU, which has no text.
    pub const NONE: Self = Self(0);
    /// Examples of the text.
    pub const FORM: &'static [&'static str] = &["all", "0-3+6"];

    /// Whether `vcpu` is one of them.
    pub fn has(self, vcpu: u32) -> bool {
        self == Self::ALL || 1u64.checked_shl(vcpu).is_some_and(|bit| self.0 & bit != 0)
    }

    /// Returns these and `vcpu`; one beyond 63 cannot be added.
    pub fn with(self, vcpu: u32) -> Self {
        Self(self.0 | 1u64.checked_shl(vcpu).unwrap_or(0))
    }

    /// Adds a number or a range.
    fn add(&mut self, part: &str) -> Option<()> {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let number = |text: &str| -> Option<u32> {
            let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            text.parse().ok().filter(|&n| digits && n < 64)
        };
        let (first, last) = (number(first)?, number(last)?);
        if first > last {
            return None;
        }
        for vcpu in first..=last {
            self.0 |= 1u64.checked_shl(vcpu)?;
        }
        Some(())
    }
}

impl fmt::Display for Cpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::ALL {
            return f.write_str("all");
        }
        let (mut vcpu, mut gap) = (0, "");
        while vcpu < 64 {
            let first = vcpu;
            while vcpu < 64 && self.has(vcpu) {
                vcpu = vcpu.wrapping_add(1);
            }
            match vcpu.wrapping_sub(first) {
                0 => vcpu = vcpu.wrapping_add(1),
                1 => {
                    write!(f, "{gap}{first}")?;
                    gap = "+";
                }
                _ => {
                    write!(f, "{gap}{first}-{}", vcpu.wrapping_sub(1))?;
                    gap = "+";
                }
            }
        }
        Ok(())
    }
}

impl FromStr for Cpus {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        if text == "all" {
            return Ok(Self::ALL);
        }
        let mut cpus = Self(0);
        let read = text
            .split('+')
            .try_for_each(|part| cpus.add(part).ok_or(()));
        read.map(|()| cpus).map_err(|()| Malformed("cpus"))
    }
}

impl Value for Cpus {
    fn take(text: &str, _: &Allowed) -> Result<Self, Why> {
        text.parse().map_err(|_| Why::Malformed)
    }
}

#[cfg(feature = "serde")]
text_in_json!(Cpus, "{}");
