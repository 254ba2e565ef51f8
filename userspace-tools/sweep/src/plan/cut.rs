// SPDX-License-Identifier: GPL-2.0

//! Division of a plan into shards.

use crate::plan::{runs::Plan, shard::Shard};

impl Plan {
    /// Keeps only what belongs to `shard`: whole repeats of one guest, so that A/B sides stay together.
    pub fn cut(&mut self, shard: Shard) -> Result<(), String> {
        if shard.n == 1 {
            return Ok(());
        }
        let mut units = 0;
        for boot in &mut self.boots {
            let mut repeats: Vec<u32> = boot.runs.iter().map(|run| run.repeat).collect();
            repeats.retain(|repeat| *repeat > 0);
            repeats.dedup();
            let count = repeats.len();
            let mine = |repeat: u32| {
                let position = repeats.iter().position(|r| *r == repeat);
                position.is_some_and(|position| (units + position) % shard.n + 1 == shard.i)
            };
            let any = repeats.iter().any(|repeat| mine(*repeat));
            // Every machine that boots a guest warms it up.
            boot.runs
                .retain(|run| mine(run.repeat) || (run.repeat == 0 && any));
            units += count;
        }
        self.boots.retain(|boot| !boot.runs.is_empty());
        self.shard = shard;
        match units {
            units if units < shard.n => Err(format!(
                "--shard {shard}: too many shards; allowed: up to {units}, the repeats of all guests"
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
        Plan::new(
            &Experiment::parse(TEXT).unwrap(),
            &cpu_list::CpuList::first(2),
            5,
        )
        .unwrap()
    }

    #[test]
    fn shards_partition_the_plan() {
        let mut seqs = Vec::new();
        for i in 1..=4 {
            let mut shard = plan();
            shard.cut(Shard { i, n: 4 }).unwrap();
            assert!(shard.runs().count() >= 2);
            seqs.extend(shard.runs().map(|run| run.seq));
        }
        seqs.sort_unstable();
        assert_eq!(seqs, (0..plan().runs().count()).collect::<Vec<_>>());
    }

    #[test]
    fn both_sides_of_a_repeat_are_in_one_shard() {
        let mut shard = plan();
        shard.cut(Shard { i: 2, n: 3 }).unwrap();
        for boot in &shard.boots {
            assert_eq!(boot.runs.len() % 2, 0, "{boot:?}");
        }
    }

    #[test]
    fn more_shards_than_repeats_are_refused() {
        let error = plan().cut(Shard { i: 1, n: 7 }).unwrap_err();
        assert!(error.contains("up to 6"), "{error}");
        for text in ["0/2", "3/2", "1", "a/b", "1/0"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
