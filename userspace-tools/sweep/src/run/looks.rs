// SPDX-License-Identifier: GPL-2.0

//! Planned looks of `--until-decided`: after each, what is decided is not run again.
//!
//! To look at the data and to go on only if they decide nothing yet raises the error. So the looks are
//! planned, and each decides at its share of the error: the family's, divided by their number.

use crate::{
    console::usage::Usage,
    judge::{evaluation::Evaluation, verdict::Verdict},
    plan::{
        experiment::Experiment,
        runs::{Boot, Plan},
        setting::{with, Point},
    },
    store::{provenance::Provenance, record::Record},
};

/// When to end a run.
#[derive(clap::Args, Clone, Copy, Debug, Default)]
pub struct Looks {
    /// Boot until every rule is decided: after each so many boots as the experiment has, what is decided
    /// is not run again.
    #[arg(long, conflicts_with_all = ["resume", "shard", "repeats"])]
    pub until_decided: bool,
    /// Boots of each guest at most; by default four times as many as the experiment has.
    #[arg(long, value_name = "N", requires = "until_decided", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub max_boots: Option<u32>,
}

/// Looks by default: after the fourth, an interval is half as wide as after the first.
const LOOKS: u32 = 4;

/// A rule that is not decided yet: its scenario, and where it is evaluated.
pub type Open = (String, Point);

impl Looks {
    /// Makes `experiment`, of so many boots of each guest, as long as all looks together; returns their
    /// number.
    pub fn extend(self, experiment: &mut Experiment, boots: u32) -> Result<u32, Usage> {
        if !self.until_decided {
            return Ok(1);
        }
        let most = self.max_boots.unwrap_or(boots.saturating_mul(LOOKS));
        let looks = most / boots;
        if looks == 0 {
            return Err(Usage(format!(
                "cannot look at the data before the first {boots} boots (--max-boots {most}; allowed: {boots}..)"
            )));
        }
        if experiment
            .scenarios
            .iter()
            .all(|one| one.rules().next().is_none())
        {
            let why = "cannot run until rules are decided: the experiment has none. Try: expect = [\"…\"]";
            return Err(Usage(why.into()));
        }
        experiment.repeats = experiment.repeats.saturating_mul(looks);
        experiment.guest.boots = Some(boots * looks);
        Ok(looks)
    }
}

/// The rules that the records leave open.
pub fn open(
    experiment: &Experiment,
    provenance: &Provenance,
    records: &[Record],
) -> anyhow::Result<Vec<Open>> {
    let evaluation = Evaluation::new(experiment, provenance, records, None)?;
    let open = evaluation
        .rules()
        .filter(|rule| rule.verdict == Verdict::Inconclusive);
    Ok(open
        .map(|rule| (rule.scenario.clone(), rule.at.clone()))
        .collect())
}

/// Keeps of the boots from the look after number `done` on what an open rule is about.
pub fn keep(plan: &mut Plan, done: usize, open: &[Open]) {
    for boot in plan.boots.iter_mut().skip(done) {
        let guest = boot.guest.point();
        boot.runs.retain(|run| {
            let settings = with(&guest, run.settings.clone());
            let is_about = |at: &Point| at.iter().all(|(key, v)| settings.get(key) == Some(v));
            open.iter()
                .any(|(scenario, at)| *scenario == run.scenario && is_about(at))
        });
    }
}

/// Whether a look ends before the boot with this index.
pub fn is_due(plan: &Plan, index: usize) -> bool {
    let each = plan.boots.len() / plan.looks.max(1) as usize;
    plan.looks > 1 && index > 0 && each > 0 && index % each == 0
}

/// Whether anything is left to run.
pub fn is_over(boots: &[Boot]) -> bool {
    boots.iter().all(|boot| boot.runs.is_empty())
}

#[cfg(test)]
mod tests {
    use cpu_list::CpuList;

    use super::*;

    const TEXT: &str = "name = 't'\ntitle = 't'\nrepeats = 2\n\
        guest = { vcpus = 8, boots = 2, cpus = 'all', memory = 256, tier = 'tcg' }\n\
        [[part]]\nname = 'p'\ntitle = 'p'\nmodule = 'lock-load'\nexpect = ['tas >= ticket']\n\
        axes = { lock = ['tas', 'ticket'], threads = [1, 8] }\n\
        [[part]]\nname = 'q'\ntitle = 'q'\nmodule = 'sloppy-counter'\naxes = { counter = ['exact'] }";

    fn plan(most: Option<u32>) -> Plan {
        let looks = Looks {
            until_decided: true,
            max_boots: most,
        };
        let mut experiment = Experiment::parse(TEXT).unwrap();
        let number = looks.extend(&mut experiment, 2).unwrap();
        let mut plan = Plan::new(&experiment, &CpuList::first(2), 1).unwrap();
        plan.looks = number;
        plan
    }

    #[test]
    fn looks_share_the_boots() {
        let plan = plan(None);
        assert_eq!((plan.looks, plan.boots.len()), (4, 8));
        let due: Vec<usize> = (0..8).filter(|index| is_due(&plan, *index)).collect();
        assert_eq!(due, [2, 4, 6]);
        assert_eq!(self::plan(Some(5)).boots.len(), 4);
    }

    #[test]
    fn what_is_decided_is_not_run_again() {
        let mut plan = plan(None);
        let at: Point = [("threads".into(), 8.into())].into_iter().collect();
        keep(&mut plan, 2, &[("p".into(), at)]);
        let runs = |index: usize| plan.boots[index].runs.len();
        // Both locks at eight threads; the scenario without a rule was run once.
        assert_eq!([runs(0), runs(1), runs(2), runs(7)], [5, 5, 2, 2]);
        assert!(!is_over(&plan.boots[2..]));
        keep(&mut plan, 4, &[]);
        assert!(is_over(&plan.boots[4..]));
    }

    #[test]
    fn looks_need_rules_and_boots() {
        let looks = |most| Looks {
            until_decided: true,
            max_boots: Some(most),
        };
        let mut experiment = Experiment::parse(TEXT).unwrap();
        assert!(looks(1).extend(&mut experiment, 2).is_err());
        let text = TEXT.replace("expect = ['tas >= ticket']\n", "");
        let mut without = Experiment::parse(&text).unwrap();
        assert!(looks(8).extend(&mut without, 2).is_err());
    }
}
