// SPDX-License-Identifier: GPL-2.0

//! What the instruments of `lock-load` saw in a run; nothing if they were off.

use serde_json::Value;

use crate::{store::histogram::Histogram, store::record::Record};

/// Waits, and why the long ones were long.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// How long each section waited.
    pub wait: Histogram,
    /// Sections that had to wait.
    waits: u64,
    /// Of those, the ones that somebody got ahead of who came later.
    overtaken: u64,
    /// Long waits by class.
    why: Vec<(String, u64)>,
}

impl Seen {
    /// Reads it out of a record.
    pub fn read(record: &Record) -> Self {
        let mut wait = Histogram::default();
        wait.add(record, "wait");
        let rest = &record.said.rest;
        let order = |key: &str| rest.get("order")?.get(key)?.as_u64();
        let class = |why: &Value| {
            Some((
                why.get("class")?.as_str()?.into(),
                why.get("count")?.as_u64()?,
            ))
        };
        let why = rest.get("why").and_then(Value::as_array);
        Self {
            wait,
            waits: order("waits").unwrap_or(0),
            overtaken: order("overtaken").unwrap_or(0),
            why: why.into_iter().flatten().filter_map(class).collect(),
        }
    }

    /// The number `name`; nothing if there is none.
    pub fn quantity(&self, name: &str) -> Option<f64> {
        let long: u64 = self.why.iter().map(|(_, count)| count).sum();
        let of = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
        match name {
            "wait_p50" => self.wait.quantile(0.5).map(|ns| ns as f64),
            "wait_p99" => self.wait.quantile(0.99).map(|ns| ns as f64),
            "wait_p999" => self.wait.quantile(0.999).map(|ns| ns as f64),
            "overtaken" => Some(self.overtaken as f64),
            "long_waits" => (!self.why.is_empty()).then_some(long as f64),
            "held_up" => of(self.class("holder_preempted"), long),
            "held_up_of_all" => of(self.class("holder_preempted"), self.waits),
            _ => None,
        }
    }

    fn class(&self, name: &str) -> u64 {
        let mine = self.why.iter().filter(|(class, _)| class == name);
        mine.map(|(_, count)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_waits_have_parts_and_no_waits_have_none() {
        let seen = Seen {
            waits: 1000,
            why: vec![("holder_preempted".into(), 9), ("queueing".into(), 1)],
            ..Seen::default()
        };
        assert_eq!(seen.quantity("held_up"), Some(0.9));
        assert_eq!(seen.quantity("held_up_of_all"), Some(0.009));
        assert_eq!(seen.quantity("long_waits"), Some(10.0));
        assert_eq!(Seen::default().quantity("held_up"), None);
        assert_eq!(Seen::default().quantity("wait_p999"), None);
    }
}
