// SPDX-License-Identifier: GPL-2.0

//! A figure out of the records of a step: an estimate over boots, or one exact number.

use std::collections::BTreeMap;

use serde::Deserialize;
use statistics::{Estimate, Scale};

use super::records::{Observation, EXIT};
use crate::{judge::figures::Number, plan::setting::Pattern};

/// A figure: which records, and what of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    pub name: String,
    /// The records, by their fields.
    #[serde(default)]
    pub of: Pattern,
    /// Of these records the same, which the figure is a ratio to: in each boot the first to the first,
    /// the second to the second. If they are of other boots, each side is summed up by itself.
    pub to: Option<Pattern>,
    /// An earlier ratio of the step, which this one is divided by.
    pub over: Option<String>,
    /// A metric or a path ([`Observation::metric`]).
    pub metric: Option<String>,
    /// Divides it, in the same record.
    pub per: Option<String>,
    /// A factor, for its unit.
    #[serde(default = "one")]
    pub times: f64,
    /// How it is summed up.
    #[serde(default)]
    pub take: Take,
}

fn one() -> f64 {
    1.0
}

/// How the numbers of several records become one.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Take {
    /// An estimate with the boot as the unit.
    #[default]
    Estimate,
    Sum,
    Max,
    Min,
    /// The number of records; 0 if there are others with the same fields.
    Count,
}

impl Figure {
    pub fn check(&self) -> Result<(), String> {
        let allowed = match (self.take, &self.metric, &self.to) {
            (Take::Count, None, None) if self.per.is_none() => self.times == 1.0,
            (Take::Count, ..) | (_, None, _) => false,
            (Take::Estimate, ..) => self.over.is_none() || self.is_ratio(),
            (.., to) => to.is_none() && self.over.is_none(),
        };
        match allowed && self.times.is_finite() && self.times != 0.0 {
            true => Ok(()),
            false => Err(format!(
                "figure `{}`: allowed: `metric` with `of`, `to`, `per`, `times`, and `over` with `to`; `metric` and \
                 `take` sum, max or min without `to`; `take` count without `metric`",
                self.name
            )),
        }
    }

    /// Whether it is an estimate, which takes boots.
    pub fn is_estimate(&self) -> bool {
        self.take == Take::Estimate
    }

    /// Whether it is a ratio of two sides, estimated.
    pub fn is_ratio(&self) -> bool {
        self.is_estimate() && self.to.is_some()
    }

    /// The number; nothing if no record has it, or a run lacks it.
    pub fn find(&self, records: &[Observation]) -> Option<Number> {
        let of = self.those(records, &self.of);
        match self.take {
            Take::Count => self.counts(records).then(|| (of.len() as f64).into()),
            Take::Sum => Some(self.all(&of)?.into_iter().reduce(|a, b| a + b)?.into()),
            Take::Max => Some(self.all(&of)?.into_iter().reduce(f64::max)?.into()),
            Take::Min => Some(self.all(&of)?.into_iter().reduce(f64::min)?.into()),
            Take::Estimate => self.estimate(&of, records).map(Into::into),
        }
    }

    /// Whether anything was printed that a count selects from: an exit code alone is that of a program which
    /// may have printed nothing.
    fn counts(&self, records: &[Observation]) -> bool {
        let is_exit = self.of.contains_key(EXIT);
        let mut those = records.iter().filter(|one| one.is_exit() == is_exit);
        those.any(|one| one.is_among(&self.of))
    }

    fn estimate(&self, of: &[&Observation], records: &[Observation]) -> Option<Estimate> {
        let mut boots = self.by_boot(of)?;
        let Some(to) = &self.to else {
            let boots: Vec<Vec<f64>> = boots.into_values().collect();
            return Estimate::of(Scale::Linear, &boots);
        };
        let mut to = self.by_boot(&self.those(records, to))?;
        if !boots.keys().any(|boot| to.contains_key(boot)) {
            let side = |boots: BTreeMap<usize, Vec<f64>>| {
                let boots: Vec<Vec<f64>> = boots.into_values().collect();
                Estimate::of(Scale::Ratio, &boots)
            };
            return Some(side(boots)?.over(&side(to)?));
        }
        for (boot, values) in &mut boots {
            let to = to.remove(boot).filter(|to| to.len() == values.len())?;
            values.iter_mut().zip(to).for_each(|(of, to)| *of /= to);
        }
        let boots: Vec<Vec<f64>> = boots.into_values().collect();
        to.is_empty().then(|| Estimate::of(Scale::Ratio, &boots))?
    }

    /// The records of `pattern` that the figure is about.
    fn those<'a>(&self, records: &'a [Observation], pattern: &Pattern) -> Vec<&'a Observation> {
        let has = |one: &Observation| match &self.metric {
            Some(metric) => one.is_run() || one.metric(metric).is_some(),
            None => true,
        };
        let those = records.iter().filter(|one| one.is_of(pattern));
        those.filter(|one| has(one)).collect()
    }

    fn by_boot(&self, records: &[&Observation]) -> Option<BTreeMap<usize, Vec<f64>>> {
        let mut boots: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        for record in records {
            boots
                .entry(record.boot)
                .or_default()
                .push(self.value(record)?);
        }
        Some(boots)
    }

    fn all(&self, records: &[&Observation]) -> Option<Vec<f64>> {
        records.iter().map(|record| self.value(record)).collect()
    }

    fn value(&self, record: &Observation) -> Option<f64> {
        let value = record.metric(self.metric.as_deref()?)? * self.times;
        let value = match &self.per {
            None => value,
            Some(per) => value / record.metric(per)?,
        };
        value.is_finite().then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::setting::Point;

    fn records() -> Vec<Observation> {
        let one = |boot, lock: &str, n: u32| {
            let value = json!({ "module": "m", "lock": lock, "n": n, "ns": 4, "deep": { "n": n } });
            Observation::new(boot, 1, &Default::default(), value)
        };
        let boots = (1..=6).flat_map(|boot| [one(boot, "a", 6), one(boot, "b", 2)]);
        boots.collect()
    }

    fn figure(text: &str) -> Figure {
        toml::from_str(&format!("name = 'f'\n{text}")).unwrap()
    }

    fn find(text: &str) -> Option<f64> {
        let figure = figure(text);
        figure.check().unwrap();
        Some(figure.find(&records())?.value())
    }

    #[test]
    fn number_is_summed_up_as_written() {
        for (text, due) in [
            ("of.lock = 'a'\nmetric = 'n'", Some(6.0)),
            ("of.lock = 'a'\nto.lock = 'b'\nmetric = 'deep.n'", Some(3.0)),
            (
                "of.lock = 'a'\nmetric = 'n'\nper = 'ns'\ntimes = 100.0",
                Some(150.0),
            ),
            ("metric = 'n'\ntake = 'sum'", Some(48.0)),
            ("metric = 'n'\ntake = 'max'", Some(6.0)),
            ("metric = 'n'\ntake = 'min'", Some(2.0)),
            ("of.lock = 'b'\ntake = 'count'", Some(6.0)),
            ("of.lock = 'c'\ntake = 'count'", Some(0.0)),
            ("of.lock = 'c'\nmetric = 'n'", None),
            ("of.lock = 'c'\nmetric = 'n'\ntake = 'sum'", None),
            ("of.lock = 'a'\nto.lock = 'c'\nmetric = 'n'", None),
            ("metric = 'none'", None),
        ] {
            let found = find(text).map(|n| (n * 1e6).round() / 1e6);
            assert_eq!(found, due, "{text}");
        }
    }

    #[test]
    fn nothing_is_counted_where_nothing_was_printed() {
        let exit = Observation::new(1, 2, &Point::new(), json!({ "command": 2, "exit": 1 }));
        let of_other = Observation::new(
            1,
            1,
            &Point::new(),
            json!({ "check": "c", "verdict": "PASS" }),
        );
        let failed = "of = { command = 2, check = '*', verdict = 'FAIL' }\ntake = 'count'";
        for (text, all, due) in [
            ("take = 'count'", vec![], None),
            ("take = 'count'", vec![exit.clone()], None),
            (failed, vec![exit.clone()], None),
            (failed, vec![of_other.clone(), exit.clone()], None),
            (&failed.replace('2', "1"), vec![of_other], Some(0.0)),
            ("of.exit = 0\ntake = 'count'", vec![exit], Some(0.0)),
        ] {
            let found = figure(text).find(&all);
            assert_eq!(found.map(|number| number.value()), due, "{text}");
        }
    }

    #[test]
    fn run_without_the_metric_is_a_hole_and_another_line_is_not() {
        let other = |value| Observation::new(6, 1, &Default::default(), value);
        let figure = figure("metric = 'n'\ntake = 'max'");
        let mut all = records();
        all.push(other(json!({ "check": "c" })));
        assert_eq!(figure.find(&all), Some(6.0.into()));
        all.push(other(json!({ "module": "m", "error": "e" })));
        assert_eq!(figure.find(&all), None);
    }

    #[test]
    fn ratio_needs_as_many_records_on_both_sides_of_every_boot() {
        let text = "of.lock = 'a'\nto.lock = 'b'\nmetric = 'n'";
        let figure = figure(text);
        let mut some = records();
        some.pop();
        assert_eq!(figure.find(&some), None);
    }

    #[test]
    fn ratio_of_guests_is_of_their_boots() {
        let one = |boot, vcpus: u64, n: f64| {
            let guest = [("vcpus".into(), vcpus.into())].into_iter().collect();
            Observation::new(boot, 1, &guest, json!({ "module": "m", "n": n }))
        };
        let boots = (0..6).flat_map(|round| {
            let n = f64::from(round) + 10.0;
            let boot = 2 * round as usize;
            [one(boot, 2, 3.0 * n), one(boot + 1, 8, n)]
        });
        let all: Vec<Observation> = boots.collect();
        let found = figure("of.vcpus = 2\nto.vcpus = 8\nmetric = 'n'").find(&all);
        assert!((found.unwrap().value() - 3.0).abs() < 1e-9);
        let none = figure("of.vcpus = 2\nto.vcpus = 4\nmetric = 'n'").find(&all);
        assert_eq!(none, None);
    }

    #[test]
    fn contradictory_keys_are_refused() {
        for text in [
            "",
            "take = 'sum'",
            "take = 'count'\nmetric = 'n'",
            "metric = 'n'\ntimes = 0.0",
            "metric = 'n'\ntake = 'max'\nto.lock = 'a'",
            "metric = 'n'\ntake = 'max'\nover = 'f'",
            "metric = 'n'\nover = 'f'",
        ] {
            let figure = figure(text);
            assert!(figure.check().is_err(), "{text}");
        }
    }
}
