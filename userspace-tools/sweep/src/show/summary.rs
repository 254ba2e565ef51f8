// SPDX-License-Identifier: GPL-2.0

//! A result as it is printed: head, tables, comparisons, verdict, times.

use std::path::Path;

use serde_json::{json, Value};

use crate::{
    console::exit::Ended,
    console::human,
    judge::{
        cell::{cells, Cell},
        ci::{Case, Outcome},
        figures::{figures, quotient, Figures},
        gate::{self, Gated},
        oracle::{faults, Fault},
    },
    plan::experiment::{Experiment, Part},
    plan::setting::words,
    show::table::{shapes, table},
    store::directory,
    store::provenance::{list, Provenance},
    store::record::Record,
};

/// Faults that are printed; the rest is counted.
const SHOWN: usize = 10;

/// Faults that one verdict names.
const FEW: usize = 3;

/// Everything there is to say about a result.
#[derive(Debug)]
pub struct Summary<'a> {
    experiment: &'a Experiment,
    provenance: &'a Provenance,
    tables: Vec<(&'a Part, Vec<Cell>)>,
    /// Runs that did not come out as they must.
    pub faults: Vec<Fault>,
    /// The experiment's rules, held against its numbers.
    pub gates: Vec<Gated>,
    incomplete: Option<String>,
}

impl<'a> Summary<'a> {
    /// Makes it from the records of `dir`.
    pub fn new(
        experiment: &'a Experiment,
        provenance: &'a Provenance,
        records: &[Record],
        incomplete: Option<String>,
    ) -> anyhow::Result<Self> {
        let tables = experiment
            .parts
            .iter()
            .map(|part| Ok((part, cells(experiment, part, records)?)));
        Ok(Self {
            experiment,
            provenance,
            tables: tables.collect::<anyhow::Result<_>>()?,
            faults: faults(experiment, records)?,
            gates: gate::judge(experiment, records)?,
            incomplete,
        })
    }

    /// Whether every run is there and came out as it must.
    pub fn holds(&self) -> bool {
        self.faults.is_empty() && self.incomplete.is_none()
    }

    /// The same with the experiment's rules.
    pub fn ended(&self) -> Ended {
        gate::ended(&self.gates).max(Ended::from(self.holds()))
    }

    /// Every verdict: of each part's oracle, and of each rule.
    pub fn verdicts(&self) -> Vec<Case> {
        let mut cases = self.oracles();
        cases.extend(self.gates.iter().map(case));
        cases
    }

    /// The verdict on each part's runs.
    pub fn oracles(&self) -> Vec<Case> {
        let parts = self.tables.iter().map(|(part, cells)| {
            let mine = self.faults.iter().filter(|fault| fault.part == part.name);
            let mut faults: Vec<String> = mine.map(Fault::to_string).collect();
            let runs: usize = cells.iter().map(|cell| cell.reports.len()).sum();
            let outcome = match faults.is_empty() {
                true => Outcome::Passed,
                false => Outcome::Failed,
            };
            let all = faults.len();
            if all > FEW {
                faults.truncate(FEW);
                faults.push(format!("and {} more", all - FEW));
            }
            Case {
                name: format!("{}: {runs} runs as they must be", part.name),
                outcome,
                text: faults.join("; "),
            }
        });
        parts.collect()
    }

    /// The numbers by name.
    pub fn figures(&self) -> Figures {
        figures(self.experiment, self.provenance, &self.tables, &self.faults)
    }

    /// The text for people.
    pub fn text(&self) -> String {
        let mut text = self.head();
        for (part, cells) in &self.tables {
            text += &format!("\n{}\n", part.title);
            text += "\n";
            text += &table(part, cells);
            text += &comparisons(part, cells);
            text += &self.rules(part);
        }
        text + "\n" + &self.verdict() + "\n" + &self.provenance.times.to_string()
    }

    /// Small charts, in letters.
    pub fn charts(&self) -> String {
        let tables = self.tables.iter();
        let charts = tables.map(|(part, cells)| format!("{}\n{}", part.title, shapes(part, cells)));
        charts.collect::<Vec<_>>().join("\n")
    }

    /// The rules of `part`, those first that do not hold.
    fn rules(&self, part: &Part) -> String {
        let mut mine: Vec<&Gated> = self.gates.iter().collect();
        mine.retain(|gate| gate.part == part.name);
        mine.sort_by_key(|gate| std::cmp::Reverse(gate::ended(&[(*gate).clone()])));
        let lines = mine.iter().map(|gate| {
            let at = words(&gate.at);
            let rule = format!("{} {at}", gate.rule);
            format!(
                "  expect {:<52} {:<24} {}\n",
                rule.trim(),
                gate.measured,
                gate.verdict
            )
        });
        lines.collect()
    }

    fn head(&self) -> String {
        let p = self.provenance;
        let commit = p
            .git
            .commit
            .as_deref()
            .map_or("no commit", |c| &c[..c.len().min(12)]);
        let dirty = if p.git.dirty == Some(true) {
            ", changed since"
        } else {
            ""
        };
        format!(
            "{}\n\
             \x20 guest    {} vCPUs on {}{} host CPUs ({}), ratio {:.1}, tier {}, kernel {}\n\
             \x20 host     {}, QEMU {}, commit {commit}{dirty}\n\
             \x20 numbers  medians of {} interleaved repeats; ± is how far the farthest repeat was off\n",
            self.experiment.title,
            self.vcpus(),
            self.emulated(),
            p.cpus.len(),
            list(&p.cpus),
            p.ratio,
            p.vm("/tier"),
            p.vm("/release"),
            p.vm("/host/cpu_model"),
            p.vm("/qemu_version"),
            self.experiment.repeats,
        ) + &self.steal()
            + match p.vm("/map_holds").as_str() {
            "false" => "  WARNING  a vCPU ran elsewhere than it was put; see the map in provenance.json\n",
            _ => "",
        }
    }

    /// What is between the vCPUs and the host in the tier `nested`.
    fn emulated(&self) -> String {
        let tier = self.provenance.vm("/tier");
        match self.provenance.guest.emulated(&tier) {
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
            let guests = self.experiment.guest.all(&self.provenance.cpus);
            all = guests.unwrap_or_default().iter().map(|g| g.vcpus).collect();
        }
        all.sort_unstable();
        all.dedup();
        let all: Vec<String> = all.iter().map(u32::to_string).collect();
        all.join(", ")
    }

    /// All verdicts in one line.
    pub fn verdict_line(&self) -> String {
        let runs = self.tables.iter().flat_map(|(_, cells)| cells);
        let runs: usize = runs.map(|cell| cell.reports.len()).sum();
        let mut line = match (self.faults.len(), runs) {
            (0, 0) => "no runs".into(),
            (0, n) => format!("{n} runs, every one as it must be"),
            (faults, _) => format!("{faults} runs did not come out as they must"),
        };
        let count = |ended| {
            let mine = self
                .gates
                .iter()
                .filter(|g| gate::ended(std::slice::from_ref(*g)) == ended);
            mine.count()
        };
        if !self.gates.is_empty() {
            let (held, open) = (count(Ended::Held), count(Ended::Inconclusive));
            let broken = count(Ended::Broken);
            line += &format!("; expectations: {held} hold, {broken} broken, {open} inconclusive");
        }
        match &self.incomplete {
            Some(why) => format!("{line}; INCOMPLETE: {why}"),
            None => line + ".",
        }
    }

    /// How long vCPUs ran, and waited for a CPU to run on, as the host saw it.
    fn steal(&self) -> String {
        let boots = self.provenance.boots.iter().map(|boot| &boot.vm);
        let first = std::iter::once(&self.provenance.vm);
        let maps = match self.provenance.boots.is_empty() {
            true => first
                .filter_map(|vm| vm.get("map")?.as_array())
                .collect::<Vec<_>>(),
            false => boots.filter_map(|vm| vm.get("map")?.as_array()).collect(),
        };
        let total = |key: &str| -> Option<f64> {
            let vcpus = maps.iter().copied().flatten();
            let ms: Vec<f64> = vcpus
                .map(|vcpu| vcpu.get(key)?.as_f64())
                .collect::<Option<_>>()?;
            (!ms.is_empty()).then(|| ms.iter().sum::<f64>() / 1000.0)
        };
        match (total("ran_ms"), total("waited_ms")) {
            (Some(ran), Some(waited)) => format!(
                "  steal    its vCPUs ran {ran:.0} s and waited {waited:.0} s for a host CPU{}\n",
                self.robbed()
            ),
            _ => String::new(),
        }
    }

    /// What the host's own host took, if it is anything to speak of.
    fn robbed(&self) -> String {
        match self.provenance.stolen() {
            Some(part) if part >= 0.005 => {
                format!(
                    "; {:.0} % of all CPUs' time was taken from this machine",
                    part * 100.0
                )
            }
            _ => String::new(),
        }
    }

    fn verdict(&self) -> String {
        let mut text = String::new();
        for fault in self.faults.iter().take(SHOWN) {
            text += &format!("  {fault}\n");
        }
        if self.faults.len() > SHOWN {
            text += &format!("  … and {} more\n", self.faults.len() - SHOWN);
        }
        if self.provenance.lost > 0 {
            text += &format!("{} guests were lost and repeated.\n", self.provenance.lost);
        }
        let count = |ended| {
            self.gates
                .iter()
                .filter(|g| gate::ended(&[(*g).clone()]) == ended)
                .count()
        };
        if !self.gates.is_empty() {
            let (held, open, broken) = (
                count(Ended::Held),
                count(Ended::Inconclusive),
                count(Ended::Broken),
            );
            text += &format!("Expectations: {held} hold, {broken} broken, {open} inconclusive.\n");
        }
        if let Some(why) = &self.incomplete {
            text += &format!("INCOMPLETE: {why}\n");
        }
        let runs: usize = self
            .tables
            .iter()
            .flat_map(|(_, cells)| cells)
            .map(|c| c.reports.len())
            .sum();
        match self.faults.len() {
            0 => text + &format!("{runs} runs, every one as it must be.\n"),
            n => format!("BROKEN: {n} of {runs} runs did not come out as they must:\n") + &text,
        }
    }

    /// The same for machines.
    pub fn json(&self, dir: &Path) -> Value {
        let parts = self.tables.iter().map(|(part, cells)| {
            let cells = cells.iter().map(|cell| {
                let verdicts: Vec<&str> = cell.reports.iter().map(|r| r.verdict().name()).collect();
                json!({ "at": cell.at, "sample": cell.sample(), "verdicts": verdicts })
            });
            json!({
                "name": part.name, "title": part.title, "module": part.module,
                "cells": cells.collect::<Vec<_>>(),
            })
        });
        json!({
            "schema": directory::SCHEMA,
            "dir": dir,
            "experiment": self.experiment.name,
            "holds": self.holds(),
            "incomplete": self.incomplete,
            "faults": self.faults,
            "gates": self.gates,
            "figures": self.figures(),
            "parts": parts.collect::<Vec<_>>(),
            "provenance": self.provenance,
        })
    }
}

/// A rule's verdict as others are told it.
pub fn case(gate: &Gated) -> Case {
    Case {
        name: gate.name(),
        outcome: match gate.verdict {
            gate::Verdict::Holds => Outcome::Passed,
            gate::Verdict::Broken => Outcome::Failed,
            gate::Verdict::Inconclusive { .. } => Outcome::Unknown,
        },
        text: format!("{}: {}", gate.measured, gate.verdict),
    }
}

fn comparisons(part: &Part, cells: &[Cell]) -> String {
    let lines = part
        .compare
        .iter()
        .map(|compare| match quotient(compare, cells) {
            Some(value) if compare.to.is_none() => format!("  {}: {value:.3}\n", compare.text),
            Some(value) => format!("  {}: {}\n", compare.text, human::quotient(value)),
            None => format!("  {}: not measured\n", compare.text),
        });
    lines.collect()
}
