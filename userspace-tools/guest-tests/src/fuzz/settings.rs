// SPDX-License-Identifier: GPL-2.0

//! Random settings, valid and invalid, from the listing in `config`: `key=value  # allowed`.
//!
//! What a word is due is decided here by how it was made, not by the parser under test.

use std::fmt;

use results::Settings;

use crate::random::Random;

/// What a word of `config` is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    Accepted,
    /// Depends on how many vCPUs are online: accepted or `ERANGE`.
    ByVcpus,
    OutOfRange,
    Malformed,
}

/// One `key=value`.
#[derive(Clone)]
pub struct Word {
    pub text: String,
    pub due: Due,
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

enum Allowed {
    /// Lowest, highest with one vCPU, highest with all.
    Range(u64, u64, u64),
    Names(Vec<String>),
}

struct Setting {
    key: String,
    allowed: Allowed,
}

/// All settings of a module.
pub struct Choices(Vec<Setting>);

impl Choices {
    pub fn of<S: Settings>(vcpus: u32) -> Self {
        let (one, all) = (S::default().listing(1), S::default().listing(vcpus));
        let settings = one.lines().zip(all.lines()).filter_map(|(one, all)| {
            let (word, allowed) = all.split_once("  # ")?;
            let (_, with_one) = one.split_once("  # ")?;
            Some(Setting {
                key: word.split_once('=')?.0.into(),
                allowed: parse(with_one, allowed),
            })
        });
        Self(settings.collect())
    }

    /// Words that are valid, or one of which is not.
    pub fn words(&self, random: &mut Random, valid: bool) -> Vec<Word> {
        let count = 1 + random.below(5);
        let wrong = if valid { count } else { random.below(count) };
        let word = |i| self.word(random, i != wrong);
        (0..count).map(word).collect()
    }

    fn word(&self, random: &mut Random, valid: bool) -> Word {
        let Setting { key, allowed } = random.pick(&self.0);
        if !valid && random.once_in(4) {
            return nonsense(key, random);
        }
        let (value, due) = match (allowed, valid) {
            (Allowed::Range(low, one, all), true) => inside(random, *low, *one, *all),
            (Allowed::Range(low, _, high), false) => outside(random, *low, *high),
            (Allowed::Names(names), true) => (random.pick(names).clone(), Due::Accepted),
            (Allowed::Names(names), false) => (no_name(random, names), Due::Malformed),
        };
        let text = format!("{key}={value}");
        Word { text, due }
    }
}

fn parse(with_one: &str, allowed: &str) -> Allowed {
    let bounds = |text: &str| -> Option<(u64, u64)> {
        let (low, high) = text.split_once("..=")?;
        Some((low.parse().ok()?, high.parse().ok()?))
    };
    match (bounds(with_one), bounds(allowed)) {
        (Some((low, one)), Some((_, all))) => Allowed::Range(low, one, all),
        _ => Allowed::Names(allowed.split(' ').map(Into::into).collect()),
    }
}

fn inside(random: &mut Random, low: u64, one: u64, all: u64) -> (String, Due) {
    let value = match random.below(6) {
        0 => low,
        1 => all,
        // Small numbers as often as large ones.
        2 | 3 => {
            low + random
                .number()
                .checked_shr(random.below(64) as u32)
                .unwrap_or(0)
                % (all - low + 1)
        }
        _ => low + random.below(all - low + 1),
    };
    let due = if value <= one {
        Due::Accepted
    } else {
        Due::ByVcpus
    };
    (value.to_string(), due)
}

fn outside(random: &mut Random, low: u64, high: u64) -> (String, Due) {
    let number = match random.below(10) {
        0 if low > 0 => (low - 1).to_string(),
        0 | 1 => (high + 1).to_string(),
        2 => u64::MAX.to_string(),
        3 => "18446744073709551617".into(),
        4 => "9".repeat(random.below(200) as usize + 30),
        _ => {
            let text = [
                "", "-1", "+1", "0x1", "1.0", "1e3", "one", "1=1", "1,0", "1\0", "\u{661}",
                "1\u{a0}",
            ];
            return ((*random.pick(&text)).into(), Due::Malformed);
        }
    };
    (number, Due::OutOfRange)
}

fn no_name(random: &mut Random, names: &[String]) -> String {
    let name = random.pick(names);
    let wrong = match random.below(6) {
        0 => String::new(),
        1 => name.to_uppercase(),
        2 => format!("{name}\0"),
        3 => format!("{name}\u{a0}"),
        4 => format!("{name}{name}"),
        _ => name.chars().rev().collect(),
    };
    // "2" of any case, or a palindrome.
    if names.contains(&wrong) || wrong.bytes().all(|b| b.is_ascii_digit()) {
        return "nonsense".into();
    }
    wrong
}

fn nonsense(key: &str, random: &mut Random) -> Word {
    let texts = [
        "nonsense".into(),
        "nonsense=1".into(),
        "=".into(),
        "=1".into(),
        key.into(),
        format!("{}=1", key.to_uppercase()),
        format!("{key} = 1"),
        format!("\u{1f980}{key}=1"),
        "\0".into(),
        "x".repeat(3000),
    ];
    let text = random.pick(&texts).clone();
    Word {
        text,
        due: Due::Malformed,
    }
}

#[cfg(test)]
mod tests {
    use abi::Allowed;
    use results::{Bottleneck, JobRunner, LockLoad, Report, SloppyCounter};

    use super::*;

    /// The parser in `abi` agrees on what each random word is due, with all vCPUs online.
    fn agrees<R: Report>() {
        let choices = Choices::of::<R::Config>(4);
        for number in 0..20_000 {
            let random = &mut Random::of(1, number);
            for word in choices.words(random, number % 2 == 0) {
                let mut config = R::Config::default();
                let taken = config.take(&word.text, 4).map_err(|e| e.why);
                let agreed = match word.due {
                    Due::Accepted | Due::ByVcpus => taken.is_ok(),
                    Due::OutOfRange => taken == Err(abi::Why::Range),
                    Due::Malformed => !matches!(taken, Ok(()) | Err(abi::Why::Range)),
                };
                assert!(agreed, "{word:?}: {taken:?}");
            }
        }
    }

    #[test]
    fn random_words_are_what_they_are_made_to_be() {
        agrees::<LockLoad>();
        agrees::<SloppyCounter>();
        agrees::<JobRunner>();
        agrees::<Bottleneck>();
    }

    #[test]
    fn bounds_and_names_are_read_from_the_listing() {
        let range = parse(
            &Allowed::Range(1, 1).to_string(),
            &Allowed::Range(1, 8).to_string(),
        );
        assert!(matches!(range, super::Allowed::Range(1, 1, 8)));
        let names = Allowed::Names(&["on", "off"]).to_string();
        assert!(matches!(parse(&names, &names), super::Allowed::Names(n) if n == ["on", "off"]));
    }
}
