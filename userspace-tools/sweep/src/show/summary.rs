// SPDX-License-Identifier: GPL-2.0

//! A result as it is printed: head, tables, comparisons, verdict, times.

use std::path::Path;

use serde_json::{json, Value};
use vm_record::Placement;

use crate::{
    console::human,
    judge::{
        cell::Cell,
        evaluation::{EvaluatedScenario, Evaluation},
        figures::compared,
        rules::Judged,
        verdict::Verdict,
    },
    plan::experiment::Scenario,
    plan::setting::words,
    show::table::{shapes, table},
    store::directory,
    store::provenance::Provenance,
};

/// Faults that are printed; the rest is counted.
const SHOWN: usize = 10;

/// The text of a result.
#[derive(Debug)]
pub struct Summary<'a> {
    evaluation: &'a Evaluation<'a>,
    provenance: &'a Provenance,
}

impl<'a> Summary<'a> {
    /// The text of what `evaluation` found in a result of this provenance.
    pub fn new(evaluation: &'a Evaluation<'a>, provenance: &'a Provenance) -> Self {
        Self {
            evaluation,
            provenance,
        }
    }

    /// The text for people.
    pub fn text(&self) -> String {
        let mut text = self.head();
        for evaluated in &self.evaluation.scenarios {
            let (scenario, cells) = (evaluated.scenario, &evaluated.cells);
            text += &format!("\n{}\n\n", scenario.title);
            text += &table(scenario, cells);
            text += &comparisons(scenario, cells);
            text += &rules(&evaluated.rules);
        }
        text + "\n" + &self.verdict() + "\n" + &self.provenance.times.to_string()
    }

    /// Small charts, in letters.
    pub fn charts(&self) -> String {
        let charts = self.evaluation.scenarios.iter().map(|one| {
            let shapes = shapes(one.scenario, &one.cells);
            format!("{}\n{shapes}", one.scenario.title)
        });
        charts.collect::<Vec<_>>().join("\n")
    }

    fn head(&self) -> String {
        let p = self.provenance;
        format!(
            "{}\n\
             \x20 guest    {} vCPUs on {}{} host CPUs ({}), ratio {:.1}, tier {}, kernel {}\n\
             \x20 host     {}, QEMU {}, commit {}\n\
             \x20 numbers  medians of {} interleaved repeats; ± is how far the farthest repeat was off\n",
            self.evaluation.experiment.title,
            self.vcpus(),
            self.emulated(),
            p.cpus.count(),
            p.cpus,
            p.ratio,
            p.tier(),
            p.kernel(),
            p.host_cpu(),
            p.qemu(),
            p.commit(),
            self.evaluation.experiment.repeats,
        ) + &self.steal()
            + match p.vm.as_ref().and_then(|vm| vm.map_holds) {
            Some(false) => "  WARNING  a vCPU ran elsewhere than it was put; see the map in provenance.json\n",
            _ => "",
        }
    }

    /// What is between the vCPUs and the host in the tier `nested`.
    fn emulated(&self) -> String {
        match self.provenance.guest.emulated(self.provenance.tier()) {
            None => String::new(),
            Some(1) => "1 emulated CPU on ".into(),
            Some(n) => format!("{n} emulated CPUs on "),
        }
    }

    /// The vCPUs of its guests: `2, 4, 8`.
    fn vcpus(&self) -> String {
        let mut all: Vec<u32> = self
            .provenance
            .boots
            .iter()
            .map(|b| b.guest.vcpus)
            .collect();
        if all.is_empty() {
            let guests = self.evaluation.experiment.guest.all(&self.provenance.cpus);
            all = guests.unwrap_or_default().iter().map(|g| g.vcpus).collect();
        }
        all.sort_unstable();
        all.dedup();
        let all: Vec<String> = all.iter().map(u32::to_string).collect();
        all.join(", ")
    }

    /// All verdicts in one line.
    pub fn verdict_line(&self) -> String {
        let of = self.evaluation;
        let mut line = match (of.faults().count(), of.runs()) {
            (0, 0) => "no runs".into(),
            (0, runs) => format!("oracles of {runs} runs as expected"),
            (faults, runs) => format!("oracles of {faults} of {runs} runs not as expected"),
        };
        if of.rules().next().is_some() {
            line += &format!("; rules: {}", count(of));
        }
        match &of.incomplete {
            Some(why) => format!("{line}; INCOMPLETE: {why}"),
            None => line + ".",
        }
    }

    /// How long vCPUs ran, and waited for a CPU to run on, as the host saw it.
    fn steal(&self) -> String {
        let vcpus = self.provenance.vcpus();
        let seconds =
            |ms: fn(&Placement) -> f64| vcpus.iter().map(|vcpu| ms(vcpu)).sum::<f64>() / 1000.0;
        if vcpus.is_empty() {
            return String::new();
        }
        format!(
            "  steal    its vCPUs ran {:.0} s and waited {:.0} s for a host CPU{}\n",
            seconds(|vcpu| vcpu.ran_ms),
            seconds(|vcpu| vcpu.waited_ms),
            self.robbed()
        )
    }

    /// What the host's own host took, if it is anything to speak of.
    fn robbed(&self) -> String {
        match self.provenance.stolen() {
            Some(fraction) if fraction >= 0.005 => {
                format!(
                    "; {:.0} % of all CPUs' time was taken from this machine",
                    fraction * 100.0
                )
            }
            _ => String::new(),
        }
    }

    fn verdict(&self) -> String {
        let of = self.evaluation;
        let (all, runs) = (of.faults().count(), of.runs());
        let mut text = match all {
            0 => String::new(),
            n => format!("FAIL: oracles of {n} of {runs} runs not as expected:\n"),
        };
        for fault in of.faults().take(SHOWN) {
            text += &format!("  {fault}\n");
        }
        if all > SHOWN {
            text += &format!("  … and {} more\n", all - SHOWN);
        }
        if self.provenance.retried > 0 {
            let causes = self.provenance.retry_causes().join("; ");
            text += &format!(
                "{} guest boots retried ({causes}).\n",
                self.provenance.retried
            );
        }
        if of.rules().next().is_some() {
            text += &format!("Rules: {}.\n", count(of));
        }
        if let Some(why) = &of.incomplete {
            text += &format!("INCOMPLETE: {why}\n");
        }
        if all == 0 {
            text += &format!("PASS: oracles of {runs} runs as expected.\n");
        }
        text
    }

    /// The same for machines.
    pub fn json(&self, dir: &Path) -> Value {
        let of = self.evaluation;
        let scenarios = of.scenarios.iter().map(
            |EvaluatedScenario {
                 scenario, cells, ..
             }| {
                let cells = cells.iter().map(|cell| {
                    let verdicts: Vec<&str> =
                        cell.reports.iter().map(|r| r.verdict().name()).collect();
                    json!({ "at": cell.at, "sample": cell.sample(), "verdicts": verdicts })
                });
                json!({
                    "name": scenario.name, "title": scenario.title, "module": scenario.module,
                    "cells": cells.collect::<Vec<_>>(),
                })
            },
        );
        json!({
            "schema": directory::SCHEMA,
            "dir": dir,
            "experiment": of.experiment.name,
            "holds": of.is_sound(),
            "incomplete": of.incomplete,
            "faults": of.faults().collect::<Vec<_>>(),
            "rules": of.rules().collect::<Vec<_>>(),
            "figures": of.figures,
            "parts": scenarios.collect::<Vec<_>>(),
            "provenance": self.provenance,
        })
    }
}

/// `3 PASS, 0 FAIL, 1 INCONCLUSIVE` of all rules.
fn count(of: &Evaluation<'_>) -> String {
    Verdict::count(of.rules().map(|rule| rule.answer.verdict))
}

/// The rules of a part, the worst first.
fn rules(rules: &[Judged]) -> String {
    let mut rules: Vec<&Judged> = rules.iter().collect();
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.answer.verdict));
    let lines = rules.iter().map(|rule| {
        let text = format!("{} {}", rule.rule, words(&rule.answer.at));
        format!(
            "  expect {:<52} {:<24} {}\n",
            text.trim(),
            rule.answer.measured,
            rule.answer.word()
        )
    });
    lines.collect()
}

fn comparisons(scenario: &Scenario, cells: &[Cell]) -> String {
    let lines = scenario
        .compare
        .iter()
        .map(|compare| match compared(compare, cells) {
            Some(value) if compare.to.is_none() => format!("  {}: {value:.3}\n", compare.text),
            Some(value) => format!("  {}: {}\n", compare.text, human::quotient(value)),
            None => format!("  {}: not measured\n", compare.text),
        });
    lines.collect()
}
