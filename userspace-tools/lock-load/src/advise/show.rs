// SPDX-License-Identifier: GPL-2.0

//! The advice as three lines, or as JSON.

use std::fmt;

use abi::lock_load::{Config, Lock};
use results::table::{per_second, rate};
use serde_json::json;
use statistics::{
    confidence::{percent, MARGIN, SHOWN},
    Bounds,
};

use super::{
    choice::{Choice, Place},
    plan::name,
};

/// What was measured, and what follows.
pub struct Advice<'a> {
    pub base: Config,
    /// Implementation of the kernel's own lock.
    pub machine: String,
    /// The finalists, their rates, and the choice among them.
    pub configs: Vec<Config>,
    pub rates: &'a [Vec<f64>],
    pub choice: Option<Choice>,
    /// How many combinations of lock and threshold were screened.
    pub screened: usize,
    pub seconds: f64,
}

impl Advice<'_> {
    /// Whether the best lock is decided; its threshold may be open.
    pub fn is_decided(&self) -> bool {
        self.choice
            .as_ref()
            .is_some_and(|choice| self.is_decided_by(choice))
    }

    fn is_decided_by(&self, choice: &Choice) -> bool {
        let leader = self.configs[choice.leader].lock;
        let others = choice.at(Place::Open).map(|i| self.configs[i].lock);
        choice.has_rounds && others.into_iter().all(|lock| lock == leader)
    }

    fn rounds(&self) -> usize {
        self.rates.iter().map(Vec::len).min().unwrap_or(0)
    }

    /// The finalists at `place`, as `a, b`.
    fn names(&self, choice: &Choice, place: Place) -> String {
        let names = choice.at(place).map(|i| name(&self.configs[i]));
        names.collect::<Vec<_>>().join(", ")
    }

    fn best(&self, choice: &Choice) -> String {
        let leader = choice.standings[choice.leader].rate;
        let interval = format!("[{}, {}]", rate(leader.low), rate(leader.high));
        let first = name(&self.configs[choice.leader]);
        let figure = format!("{} {interval}", per_second(leader.value));
        let tied = match self.names(choice, Place::Tied) {
            none if none.is_empty() => String::new(),
            tied => format!("; within {}: {tied}", percent(MARGIN)),
        };
        let open = self.names(choice, Place::Open);
        match (self.is_decided_by(choice), open.is_empty()) {
            (true, true) => format!("best on this boot: {first}, {figure}{tied}"),
            (true, false) => format!(
                "best on this boot: {first}, {figure}{tied}; its threshold is open, also: {open}"
            ),
            (false, _) => format!(
                "cannot tell the best on this boot: {first}, {figure}{tied}, or one of: {open}"
            ),
        }
    }

    fn kernel(&self, choice: &Choice) -> String {
        let own = self
            .configs
            .iter()
            .position(|config| config.lock == Lock::KernelRawSpin);
        let (Some(own), machine) = (own, &self.machine) else {
            return "kernel/raw_spin was not measured".into();
        };
        if own == choice.leader {
            return format!("kernel/raw_spin, here {machine}, is that lock: its regret is 0 %");
        }
        let standing = choice.standings[own];
        let Bounds { low, value, high } = standing.ratio;
        let (low, high) = (100.0 * low, 100.0 * high);
        let judged = match standing.place {
            Place::Worse => "worse",
            Place::Open => "open",
            Place::Tied | Place::Leader => "tied",
        };
        format!(
            "kernel/raw_spin, here {machine}, reaches {:.0} % [{low:.0}, {high:.0}] of it: {judged}; \
             its regret is {:.0} %",
            100.0 * value,
            100.0 * (1.0 - value)
        )
    }

    pub fn to_json(&self) -> String {
        let all = self.choice.iter().flat_map(|choice| &choice.standings);
        let finalists = self.configs.iter().zip(all).map(|(config, one)| {
            json!({
                "lock": config.lock.name(),
                "threshold": config.lock.facts().threshold.then_some(config.threshold),
                "place": one.place,
                "sections_per_s": one.rate,
                "of_leader": one.ratio,
            })
        });
        let Config {
            threads,
            hold_ns,
            idle_ns,
            run_ms,
            ..
        } = self.base;
        json!({
            "decided": self.is_decided(),
            "boots": 1,
            "rounds": self.rounds(),
            "screened": self.screened,
            "seconds": self.seconds,
            "kernel_lock": self.machine,
            "confidence": SHOWN,
            "margin": MARGIN,
            "threads": threads,
            "hold_ns": hold_ns,
            "idle_ns": idle_ns,
            "run_ms": run_ms,
            "finalists": finalists.collect::<Vec<_>>(),
        })
        .to_string()
    }
}

impl fmt::Display for Advice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.choice {
            Some(choice) => {
                writeln!(f, "{}", self.best(choice))?;
                writeln!(f, "{}", self.kernel(choice))?;
            }
            None => {
                writeln!(
                    f,
                    "cannot tell the best on this boot: no round of all locks ended in time"
                )?;
                writeln!(f, "kernel/raw_spin, here {}: not compared", self.machine)?;
            }
        }
        let Config {
            threads,
            hold_ns,
            idle_ns,
            run_ms,
            ..
        } = self.base;
        write!(
            f,
            "{threads} threads, hold {hold_ns} ns, idle {idle_ns} ns; the fastest {} of {} in {} rounds \
             of {run_ms} ms in random order, {:.0} s, {} intervals; one boot, so not of others",
            self.configs.len(),
            self.screened,
            self.rounds(),
            self.seconds,
            percent(SHOWN)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{super::choice::choose, *};

    fn advice<'a>(locks: &[Lock], rates: &'a [Vec<f64>]) -> Advice<'a> {
        let base = Config::default();
        Advice {
            base,
            machine: "test-and-set".into(),
            configs: locks.iter().map(|&lock| Config { lock, ..base }).collect(),
            rates,
            choice: choose(rates),
            screened: 20,
            seconds: 59.6,
        }
    }

    /// `middle`, a little more and a little less in turns; the interval is narrow.
    fn steady(middle: f64) -> Vec<f64> {
        (0..12).map(|i| middle + f64::from(i % 3)).collect()
    }

    #[test]
    fn winner_ties_and_regret_are_three_lines() {
        let rates = [steady(1000.0), steady(990.0), steady(400.0)];
        let advice = advice(&[Lock::PvQueued, Lock::Ttas, Lock::KernelRawSpin], &rates);
        let text = advice.to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3, "{text}");
        let first =
            "best on this boot: pv_queued threshold=512, 1.00k/s [1.00k, 1.00k]; within 5 %: ttas";
        assert_eq!(lines[0], first);
        let second = "kernel/raw_spin, here test-and-set, reaches 40 % [40, 40] of it: worse; its regret is 60 %";
        assert_eq!(lines[1], second);
        assert!(lines[2].ends_with("one boot, so not of others"), "{text}");
        assert!(lines[2].contains("12 rounds"), "{text}");
    }

    #[test]
    fn open_locks_are_named_and_json_has_all() {
        let noisy: Vec<f64> = (0..12).map(|i| f64::from(100 + 90 * (i % 2))).collect();
        let turned = noisy.iter().rev().copied().collect();
        let rates = [noisy, turned];
        let advice = advice(&[Lock::Ticket, Lock::KernelRawSpin], &rates);
        let text = advice.to_string();
        assert!(
            text.starts_with("cannot tell the best on this boot: "),
            "{text}"
        );
        let json: serde_json::Value = serde_json::from_str(&advice.to_json()).unwrap();
        assert_eq!(json["decided"], false);
        assert_eq!(json["finalists"][0]["lock"], "ticket");
        assert_eq!(json["finalists"][0]["threshold"], serde_json::Value::Null);
    }

    #[test]
    fn lock_is_decided_where_only_its_threshold_is_open() {
        let noisy: Vec<f64> = (0..12).map(|i| f64::from(100 + 90 * (i % 2))).collect();
        let turned = noisy.iter().rev().copied().collect();
        let rates = [noisy, turned, steady(1.0)];
        let mut advice = advice(&[Lock::PvByte, Lock::PvByte, Lock::KernelRawSpin], &rates);
        advice.configs[1].threshold = 64;
        let text = advice.to_string();
        assert!(advice.is_decided(), "{text}");
        assert!(text.starts_with("best on this boot: pv_byte"), "{text}");
        assert!(
            text.contains("its threshold is open, also: pv_byte"),
            "{text}"
        );
    }

    #[test]
    fn kernels_own_lock_as_the_best_has_no_regret() {
        let rates = [steady(400.0), steady(1000.0)];
        let advice = advice(&[Lock::Ticket, Lock::KernelRawSpin], &rates);
        assert!(advice.to_string().contains("its regret is 0 %"));
        assert!(advice.is_decided());
    }

    #[test]
    fn no_round_is_no_advice() {
        let rates = [vec![], vec![]];
        let advice = advice(&[Lock::Ticket, Lock::KernelRawSpin], &rates);
        assert_eq!(advice.to_string().lines().count(), 3);
        assert!(!advice.is_decided());
    }
}
