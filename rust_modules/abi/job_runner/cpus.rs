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

/// Some vCPUs, or all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cpus {
    all: bool,
    words: [u64; Self::MOST as usize / 64],
}

impl Cpus {
    /// vCPUs that a set can name: as many as the largest `CONFIG_NR_CPUS` of x86-64.
    pub const MOST: u32 = 8192;
    /// All vCPUs.
    pub const ALL: Self = Self {
        all: true,
        ..Self::NONE
    };
    /// No vCPU, which has no text.
    const NONE: Self = Self {
        all: false,
        words: [0; Self::MOST as usize / 64],
    };
    /// Examples of the text, the largest set last.
    pub const FORM: &'static [&'static str] = &["all", "0-3+6", "0-8191"];

    /// Whether `vcpu` is one of them.
    pub fn has(&self, vcpu: u32) -> bool {
        let word = self.words.get((vcpu / 64) as usize);
        self.all || word.is_some_and(|word| (word >> (vcpu % 64)) & 1 != 0)
    }

    /// Adds a number or a range.
    fn add(&mut self, part: &str) -> Result<(), Why> {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let allowed = Allowed::Range(0, u64::from(Self::MOST).wrapping_sub(1));
        let (first, last) = (u32::take(first, &allowed)?, u32::take(last, &allowed)?);
        if first > last {
            return Err(Why::Malformed);
        }
        for vcpu in first..=last {
            if let Some(word) = self.words.get_mut((vcpu / 64) as usize) {
                *word |= 1 << (vcpu % 64);
            }
        }
        Ok(())
    }
}

impl fmt::Display for Cpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.all {
            return f.write_str("all");
        }
        let mut gap = "";
        let mut first = None;
        for vcpu in 0..=Self::MOST {
            match (first, self.has(vcpu)) {
                (None, true) => first = Some(vcpu),
                (Some(from), false) => {
                    write!(f, "{gap}{from}")?;
                    let last = vcpu.wrapping_sub(1);
                    if last > from {
                        write!(f, "-{last}")?;
                    }
                    (first, gap) = (None, "+");
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl FromStr for Cpus {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Self::take(text, &Allowed::Names(Self::FORM)).map_err(|_| Malformed("cpus"))
    }
}

impl Value for Cpus {
    fn take(text: &str, _: &Allowed) -> Result<Self, Why> {
        if text == "all" {
            return Ok(Self::ALL);
        }
        let mut cpus = Self::NONE;
        text.split('+').try_for_each(|part| cpus.add(part))?;
        Ok(cpus)
    }
}

#[cfg(feature = "serde")]
text_in_json!(Cpus, "{}");
