// SPDX-License-Identifier: GPL-2.0

//! A part of a plan, for one of several machines: whole repeats of one guest, so that sides which
//! are held against each other were measured on the same machine.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::plan::Plan;

/// The `i`th of `n` parts.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Shard {
    /// From 1.
    pub i: usize,
    /// 1 for a whole plan.
    pub n: usize,
}

impl Default for Shard {
    fn default() -> Self {
        Self { i: 1, n: 1 }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.i, self.n)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no part; write as 2/3, the second of three");
        let (i, n) = text.split_once('/').ok_or_else(wrong)?;
        let number = |text: &str| text.parse().map_err(|_| wrong());
        match (number(i)?, number(n)?) {
            (i, n) if 1 <= i && i <= n => Ok(Self { i, n }),
            _ => Err(wrong()),
        }
    }
}

impl Shard {
    /// Leaves of `plan` what belongs to this part.
    pub fn cut(self, plan: &mut Plan) -> Result<(), String> {
        if self.n == 1 {
            return Ok(());
        }
        let mut units = 0;
        for boot in &mut plan.boots {
            let mut repeats: Vec<u32> = boot.runs.iter().map(|run| run.repeat).collect();
            repeats.retain(|repeat| *repeat > 0);
            repeats.dedup();
            let count = repeats.len();
            let mine = |repeat: u32| {
                let place = repeats.iter().position(|r| *r == repeat);
                place.is_some_and(|place| (units + place) % self.n + 1 == self.i)
            };
            let any = repeats.iter().any(|repeat| mine(*repeat));
            // Whoever boots a guest has it warm up.
            boot.runs
                .retain(|run| mine(run.repeat) || (run.repeat == 0 && any));
            units += count;
        }
        plan.boots.retain(|boot| !boot.runs.is_empty());
        plan.shard = self;
        match units {
            units if units < self.n => Err(format!(
                "--shard {self}: there are only {units} parts, the repeats of each guest"
            )),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::experiment::Experiment;

    const TEXT: &str = "name = 't'\ntitle = 't'\nrepeats = 3\n\
        guest = { ratio = [1, 2], cpus = 'all', memory = 256, tier = 'tcg' }\n\
        [[part]]\nname = 'p'\ntitle = 'p'\nmodule = 'lock-load'\n\
        axes = { lock = ['tas', 'ticket'] }";

    fn plan() -> Plan {
        Plan::new(&Experiment::parse(TEXT).unwrap(), &[0, 1], 5).unwrap()
    }

    #[test]
    fn the_parts_are_the_whole_and_share_nothing() {
        let mut seqs = Vec::new();
        for i in 1..=4 {
            let mut part = plan();
            Shard { i, n: 4 }.cut(&mut part).unwrap();
            assert!(part.runs().count() >= 2);
            seqs.extend(part.runs().map(|run| run.seq));
        }
        seqs.sort_unstable();
        assert_eq!(seqs, (0..plan().runs().count()).collect::<Vec<_>>());
    }

    #[test]
    fn both_sides_of_a_repeat_stay_together() {
        let mut part = plan();
        Shard { i: 2, n: 3 }.cut(&mut part).unwrap();
        for boot in &part.boots {
            assert_eq!(boot.runs.len() % 2, 0, "{boot:?}");
        }
    }

    #[test]
    fn more_parts_than_repeats_are_refused() {
        let error = Shard { i: 1, n: 7 }.cut(&mut plan()).unwrap_err();
        assert!(error.contains("only 6 parts"), "{error}");
        for text in ["0/2", "3/2", "1", "a/b", "1/0"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
