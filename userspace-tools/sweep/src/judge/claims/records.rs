// SPDX-License-Identifier: GPL-2.0

//! Records that the commands of a step printed: lines of JSON, selected by their fields.

use std::io::BufRead;

use results::AnyReport;
use serde_json::Value;

use crate::plan::setting::{Many, Pattern, Point, Setting};

/// The field that names the command of a step, from 1, or `vm` for what `vm` recorded of the guest; and the
/// field of its exit code.
pub const COMMAND: &str = "command";
pub const EXIT: &str = "exit";

/// The command of `vm`'s own record.
pub const VM: &str = "vm";

/// A record, and where it was printed.
#[derive(Clone, Debug)]
pub struct Observation {
    /// The guest boot, from 1; 1 on the host.
    pub boot: usize,
    /// What a pattern selects by: the fields of the guest and of the record that are numbers or names.
    fields: Point,
    value: Value,
    report: Option<AnyReport>,
}

impl Observation {
    /// A record printed by `command` in `boot`, in a guest with these settings.
    pub fn new(boot: usize, command: impl Into<Setting>, guest: &Point, value: Value) -> Self {
        let record = serde_json::from_value::<results::Record>(value.clone()).ok();
        let report = record.and_then(|record| record.report().cloned());
        let mut fields = guest.clone();
        fields.insert(COMMAND.into(), command.into());
        fields.extend(names(&value));
        if let Some(report) = &report {
            fields.extend(names(&report.settings().into()));
        }
        Self {
            boot,
            fields,
            value,
            report,
        }
    }

    /// Whether each field of `pattern` has one of the values named; `*` in a name is any text. The record of
    /// `vm` has to be named.
    pub fn is_of(&self, pattern: &Pattern) -> bool {
        let is_vm = self.fields.get(COMMAND) == Some(&VM.into());
        let is_named = !is_vm || pattern.contains_key(COMMAND);
        is_named
            && pattern.iter().all(|(key, wanted): (_, &Many<Setting>)| {
                let value = self.fields.get(key);
                value.is_some_and(|value| wanted.all().iter().any(|one| fits(one, value)))
            })
    }

    /// Whether it has every field of `pattern`, of the command named there: one of those among which it selects.
    pub fn is_among(&self, pattern: &Pattern) -> bool {
        let of_command = pattern.get_key_value(COMMAND);
        let of_command = of_command.map(|(key, wanted)| (key.clone(), wanted.clone()));
        let is_there = pattern.keys().all(|key| self.fields.contains_key(key));
        is_there && self.is_of(&of_command.into_iter().collect())
    }

    /// Whether it is the record of an exit code alone.
    pub fn is_exit(&self) -> bool {
        self.value.as_object().is_some_and(|all| all.len() == 2) && self.value.get(EXIT).is_some()
    }

    /// Whether it is a run, which has every metric of its module, or a line of which the fields are its own.
    pub fn is_run(&self) -> bool {
        self.value.get("module").is_some()
    }

    /// A metric of the module's report, or the number at a path as `cpu_time.cpu_ns`. An element of a list
    /// is named by its number, from 0; `*` stands for all of them, of which the largest counts. A truth is
    /// 1 or 0, and a figure of an experiment its value.
    pub fn metric(&self, name: &str) -> Option<f64> {
        let metric = self.report.as_ref().and_then(|report| report.metric(name));
        metric.or_else(|| {
            let path: Vec<&str> = name.split('.').collect();
            at(&self.value, &path)
        })
    }
}

/// The fields of an object that are numbers from 0 on, names or truths; those of an object in it are
/// `key.field`.
fn names(value: &Value) -> Point {
    let mut fields = Point::new();
    for (key, value) in value.as_object().into_iter().flatten() {
        match value {
            Value::String(name) => fields.insert(key.clone(), Setting::parse(name)),
            Value::Bool(truth) => fields.insert(key.clone(), Setting::Name(truth.to_string())),
            Value::Number(number) => number
                .as_u64()
                .and_then(|number| fields.insert(key.clone(), Setting::Number(number))),
            Value::Object(_) => {
                let inner = names(value).into_iter();
                fields.extend(inner.map(|(field, value)| (format!("{key}.{field}"), value)));
                None
            }
            _ => None,
        };
    }
    fields
}

fn fits(wanted: &Setting, value: &Setting) -> bool {
    match (wanted, value) {
        (Setting::Name(pattern), Setting::Name(name)) if pattern.contains('*') => {
            let mut parts = pattern.split('*');
            let first = parts.next().unwrap_or_default();
            let last = parts.next_back().unwrap_or_default();
            let Some(mut rest) = name.strip_prefix(first) else {
                return false;
            };
            for part in parts {
                match rest.split_once(part) {
                    Some((_, after)) => rest = after,
                    None => return false,
                }
            }
            rest.ends_with(last)
        }
        _ => wanted == value,
    }
}

fn at(value: &Value, path: &[&str]) -> Option<f64> {
    match path {
        [] => number(value).or_else(|| number(value.get("value")?)),
        ["*", rest @ ..] => {
            let each = value.as_array()?.iter().map(|one| at(one, rest));
            let each: Option<Vec<f64>> = each.collect();
            each?.into_iter().reduce(f64::max)
        }
        [key, rest @ ..] => match element(value, key).or_else(|| value.get(key)) {
            Some(value) => at(value, rest),
            // A name may have dots of its own.
            None => at(value.get(path.join("."))?, &[]),
        },
    }
}

fn number(value: &Value) -> Option<f64> {
    let truth = || Some(f64::from(u8::from(value.as_bool()?)));
    value.as_f64().or_else(truth)
}

fn element<'a>(value: &'a Value, number: &str) -> Option<&'a Value> {
    value.as_array()?.get(number.parse::<usize>().ok()?)
}

/// The values in what a command printed: lines that are JSON objects, or one object over all lines.
pub fn values(printed: &[u8]) -> Vec<Value> {
    if let Ok(value @ Value::Object(_)) = serde_json::from_slice(printed) {
        return vec![value];
    }
    let lines = printed.lines().map_while(Result::ok);
    let lines = lines.filter(|line| line.starts_with('{'));
    lines
        .filter_map(|line| serde_json::from_str(&line).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pattern(text: &str) -> Pattern {
        toml::from_str(text).unwrap()
    }

    fn seen(value: Value) -> Observation {
        let guest = toml::from_str("vcpus = 4").unwrap();
        Observation::new(2, 1, &guest, value)
    }

    #[test]
    fn record_is_selected_by_fields_of_guest_command_and_its_own() {
        let one = seen(
            json!({ "test": "lock/ticket/excludes_when_taken_nested", "ok": true, "of": { "mode": "pv" } }),
        );
        for (text, is_of) in [
            ("", true),
            ("vcpus = 4\ncommand = 1\nok = 'true'", true),
            ("vcpus = [2, 4]", true),
            ("'of.mode' = 'pv'", true),
            ("vcpus = 2", false),
            ("test = 'lock/*/excludes_when_taken_*'", true),
            ("test = 'lock/*/excludes'", false),
            ("test = '*nested'", true),
            ("test = 'job/*'", false),
            ("other = 1", false),
        ] {
            assert_eq!(one.is_of(&pattern(text)), is_of, "{text}");
        }
    }

    #[test]
    fn figure_with_its_kind_is_its_value() {
        let figure = json!({ "value": 18.0, "kind": "count", "tier": "tcg" });
        let one = seen(json!({ "locks.caught": figure, "ratio": 4.0 }));
        assert_eq!(one.metric("locks.caught"), Some(18.0));
        assert_eq!(one.metric("ratio"), Some(4.0));
    }

    #[test]
    fn metric_is_of_the_report_or_at_a_path() {
        let report = results::fixture!(LockLoad, "lock-load.ticket");
        let record = results::Record::new(0, report.clone());
        let one = seen(serde_json::to_value(&record).unwrap());
        assert!(one.is_of(&pattern(&format!("lock = '{}'", report.config.lock))));
        assert_eq!(
            one.metric("rate"),
            AnyReport::from(report.clone()).metric("rate")
        );
        let sections = report.sum.sections as f64;
        assert_eq!(one.metric("sum.sections"), Some(sections));
        let most = report.threads.iter().map(|thread| thread.sections).max();
        assert_eq!(one.metric("threads.*.sections"), most.map(|n| n as f64));
        assert_eq!(one.metric("sum.none"), None);
    }

    #[test]
    fn truth_counts_and_a_list_with_a_hole_does_not() {
        let one = seen(
            json!({ "yes": true, "all": [{ "n": 1 }, {}], "text": "x", "a.b": { "value": 2 } }),
        );
        assert_eq!(one.metric("all.0.n"), Some(1.0));
        assert_eq!(one.metric("all.2.n"), None);
        assert_eq!(one.metric("a.b"), Some(2.0));
        assert_eq!(one.metric("yes"), Some(1.0));
        assert_eq!(one.metric("all.*.n"), None);
        assert_eq!(one.metric("text"), None);
    }

    #[test]
    fn values_are_lines_of_json_or_one_object() {
        assert_eq!(values(b"ok\n{\"a\":1}\n{\n[1]\n{\"a\":2}\n").len(), 2);
        assert_eq!(values(b"{\n  \"a\": 1\n}\n"), [json!({ "a": 1 })]);
        assert_eq!(values(b""), [] as [Value; 0]);
    }
}
