// SPDX-License-Identifier: GPL-2.0

//! Labels: the kind and the tier of each figure, by cell, by comparison, and as captions of a table.

use std::fmt;

use indexmap::{IndexMap, IndexSet};
use results::{Kind, Place};
use serde::{Deserialize, Serialize};
use vm_record::{CostsName, Hypervisor, Tier};

use super::cell::Cell;
use crate::{
    plan::{
        experiment::{Compare, Scenario},
        setting::{values_of, without},
    },
    store::notes::Notes,
};

/// Kind and tier of a figure.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct Label {
    pub kind: Kind,
    pub tier: Tier,
    /// The costs of the simulated machine, in the tier `sim`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub costs: Option<CostsName>,
    /// The hypervisor that the guests were to see, if that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hypervisor: Option<Hypervisor>,
    /// Another tier that is in it, as of the other side of a ratio; the same if the hypervisors differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<Tier>,
}

impl Label {
    /// The label of a figure of guests that are not simulated.
    pub fn new(kind: Kind, tier: Tier) -> Self {
        Self {
            kind,
            tier,
            costs: None,
            hypervisor: None,
            beside: None,
        }
    }

    /// The label of a figure that was measured there.
    pub fn at(kind: Kind, place: &Place) -> Self {
        Self {
            costs: place.costs,
            hypervisor: place.hypervisor,
            ..Self::new(kind, place.tier)
        }
    }

    /// The label of two such figures in one, as of their ratio.
    pub fn over(self, other: Self) -> Self {
        let others = [Some(other.tier), self.beside, other.beside];
        let mut others = others.into_iter().flatten();
        let differ = self.tier == other.tier && self.emulation() != other.emulation();
        Self {
            kind: self.kind.max(other.kind),
            costs: self.costs.or(other.costs),
            // The one that says more than the tier's name.
            hypervisor: match self.emulation() {
                Some(_) => self.hypervisor,
                None => other.hypervisor.or(self.hypervisor),
            },
            beside: others.find(|tier| differ || *tier != self.tier),
            ..self
        }
    }

    /// Whether other work on the host's CPUs changes it.
    pub fn is_of_host_time(self) -> bool {
        let on_host = |tier: Tier| !matches!(tier, Tier::Count | Tier::Sim);
        let is_time = !matches!(self.kind, Kind::Count | Kind::Order);
        is_time && (on_host(self.tier) || self.beside.is_some_and(on_host))
    }

    /// What the hypervisor is called, if the tier's name alone would mislead.
    fn emulation(&self) -> Option<&'static str> {
        let hypervisor = self.hypervisor?;
        let mut tiers = [Some(self.tier), self.beside].into_iter().flatten();
        tiers.find_map(|tier| hypervisor.beside(tier))
    }

    /// `tcg`, `simulated (costs: default)`, `nested (KVM's Xen emulation)`, or two of them.
    pub fn tiers(&self) -> String {
        let name = |tier: Tier| {
            let emulation = self.hypervisor.and_then(|one| one.beside(tier));
            match (tier, self.costs, emulation) {
                (Tier::Sim, Some(costs), _) => simulated(costs.as_str()),
                (Tier::Sim, None, _) => simulated("unknown"),
                (tier, _, Some(emulation)) => format!("{} ({emulation})", tier.name()),
                (tier, _, None) => tier.name().into(),
            }
        };
        let beside = self.beside.map(|tier| match tier == self.tier {
            true => format!(" and {}", tier.name()),
            false => format!(" and {}", name(tier)),
        });
        name(self.tier) + &beside.unwrap_or_default()
    }

    /// The same in a sentence.
    fn in_tiers(&self) -> String {
        let word = if self.tier == Tier::Sim { "" } else { "tier " };
        format!("{word}{}", self.tiers())
    }

    /// What does not transfer.
    pub fn caveat(self) -> &'static str {
        self.kind.caveat(self.tier)
    }

    /// The same with the slice of the host, where that decides, and with pause-loop exiting of the KVM
    /// in the nested tier.
    pub fn caveat_with(self, notes: &Notes) -> String {
        let mut caveat = self.caveat().to_string();
        let slice = match self.tier {
            Tier::Sim => notes.simulated.as_str(),
            Tier::Xen => XEN_SCHEDULER,
            _ => notes.slice.as_str(),
        };
        match (self.kind, slice) {
            (Kind::Slice, "") => caveat += ", which was not recorded",
            (Kind::Slice, slice) => caveat += &format!(" ({slice})"),
            _ => {}
        }
        if self.tier == Tier::Nested && !notes.pause.is_empty() {
            caveat += &format!("; {}", notes.pause);
        }
        caveat
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.kind.name(), self.in_tiers())
    }
}

/// The scheduler of Xen 4.20, at its default rate limit.
const XEN_SCHEDULER: &str = "credit2, 1 ms at least";

/// How figures of the tier `sim` are labelled.
pub fn simulated(costs: &str) -> String {
    format!("simulated (costs: {costs})")
}

/// ` (slice, tier tcg)`, after a figure.
pub fn suffix(label: Option<Label>) -> String {
    label.map_or_else(String::new, |label| format!(" ({label})"))
}

/// The label of a metric of `cell`; none where no guest boot was recorded.
pub fn of_cell(cell: &Cell, metric: &str) -> Option<Label> {
    let place = cell.place?;
    let kinds = cell.reports.iter();
    let kind = kinds.map(|report| report.kind(metric, &place)).max()?;
    Some(Label::at(kind, &place))
}

/// The label of a ratio of two sides.
pub fn of_ratio(of: &Cell, metric: &str, to: &Cell, theirs: &str) -> Option<Label> {
    Some(of_cell(of, metric)?.over(of_cell(to, theirs)?))
}

/// The label of a comparison of these sides: as its file states it, or of what it measures.
pub fn of_comparison(compare: &Compare, of: &Cell, to: Option<&Cell>) -> Option<Label> {
    let metric = compare.metric();
    let own = match to {
        Some(to) => of_ratio(of, metric, to, metric),
        None => of_cell(of, metric),
    }?;
    let kind = compare.kind.map_or(own.kind, |kind| kind.on(own.tier));
    Some(Label { kind, ..own })
}

/// One line of a caption: a label, and the cells that have it.
#[derive(Clone, Debug, Serialize)]
pub struct Caption {
    #[serde(flatten)]
    pub label: Label,
    /// Empty if all cells have it.
    #[serde(rename = "where")]
    pub place: String,
    pub caveat: String,
}

impl fmt::Display for Caption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, tiers) = (self.label.kind.name(), self.label.in_tiers());
        let place = &self.place;
        let gap = if place.is_empty() { "" } else { " " };
        write!(f, "{kind}{gap}{place}, {tiers}: {}", self.caveat)
    }
}

/// The labels of the main metric of `cells`, the one of most cells at the end. `notes` are on
/// the host.
pub fn captions(scenario: &Scenario, cells: &[&Cell], notes: &Notes) -> Vec<Caption> {
    let mut by_label: IndexMap<Label, Vec<&Cell>> = IndexMap::new();
    for cell in cells {
        if let Some(label) = of_cell(cell, "value") {
            by_label.entry(label).or_default().push(cell);
        }
    }
    by_label.sort_by_cached_key(|_, mine| mine.len());
    let last = by_label.len().saturating_sub(1);
    let captions = by_label.iter().enumerate().map(|(n, (label, mine))| {
        let place = match (n == last, last) {
            (true, 0) => String::new(),
            (true, _) => "else".into(),
            _ => place(scenario, cells, mine),
        };
        Caption {
            label: *label,
            place,
            caveat: label.caveat_with(notes),
        }
    });
    captions.collect()
}

/// A caption is read at one glance: two lines of a figure.
const LONGEST_PLACE: usize = 120;

/// Where `mine` are among `all`: `at threads 4, 8 of ticket, mcs/spin`; how many, if that takes longer to read.
fn place(scenario: &Scenario, all: &[&Cell], mine: &[&Cell]) -> String {
    let Some(axis) = scenario.axes.keys().last() else {
        return String::new();
    };
    let value = |cell: &Cell| cell.get(axis);
    let row = |cell: &Cell| values_of(&without(&cell.at, axis));
    let values: IndexSet<String> = all.iter().map(|cell| value(cell)).collect();
    let rows: IndexSet<String> = all.iter().map(|cell| row(cell)).collect();
    let mut by_row: IndexMap<String, Vec<String>> = IndexMap::new();
    for cell in mine {
        by_row.entry(row(cell)).or_default().push(value(cell));
    }
    let mut by_values: IndexMap<Vec<String>, Vec<String>> = IndexMap::new();
    for (row, values) in by_row {
        by_values.entry(values).or_default().push(row);
    }
    let groups = by_values.into_iter().map(|(some, of)| {
        let at = format!("at {axis} {}", some.join(", "));
        let of = match of.len() == rows.len() {
            true => String::new(),
            false => format!("of {}", of.join(", ")),
        };
        let at = if some.len() == values.len() { "" } else { &at };
        format!("{at} {of}").trim().to_string()
    });
    let text = groups.collect::<Vec<_>>().join("; ");
    match text.len() > LONGEST_PLACE {
        true => format!("in {} of {} cells", mine.len(), all.len()),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caveat(kind: Kind, tier: Tier, notes: &Notes) -> String {
        Label::new(kind, tier).caveat_with(notes)
    }

    #[test]
    fn slice_stands_where_it_decides_and_pause_loops_in_the_nested_tier() {
        let notes = Notes {
            slice: "1.4 ms set".into(),
            pause: "no pause-loop exiting".into(),
            simulated: "eevdf with slices of 2.8 ms".into(),
        };
        let tcg = caveat(Kind::Slice, Tier::Tcg, &notes);
        assert!(tcg.ends_with("of that slice (1.4 ms set)"), "{tcg}");
        let nested = caveat(Kind::Slice, Tier::Nested, &notes);
        assert!(
            nested.ends_with("(1.4 ms set); no pause-loop exiting"),
            "{nested}"
        );
        let simulated = caveat(Kind::Slice, Tier::Sim, &notes);
        assert!(
            simulated.ends_with("(eevdf with slices of 2.8 ms)"),
            "{simulated}"
        );
        let emulation = caveat(Kind::Emulation, Tier::Nested, &notes);
        assert!(
            !emulation.contains("1.4 ms") && emulation.ends_with("exiting"),
            "{emulation}"
        );
        let xen = caveat(Kind::Slice, Tier::Xen, &notes);
        assert!(xen.ends_with("(credit2, 1 ms at least)"), "{xen}");
        let unknown = caveat(Kind::Slice, Tier::Tcg, &Notes::default());
        assert!(unknown.ends_with("which was not recorded"), "{unknown}");
    }
    #[test]
    fn simulated_figures_are_named_with_their_costs_and_beside_another_tier() {
        let costs = CostsName::of("default").ok();
        let sim = Label {
            costs,
            ..Label::new(Kind::Slice, Tier::Sim)
        };
        let tcg = Label::new(Kind::Emulation, Tier::Tcg);
        assert_eq!(sim.to_string(), "slice, simulated (costs: default)");
        let text = sim.over(tcg).to_string();
        assert_eq!(text, "slice, simulated (costs: default) and tcg");
        let text = tcg.over(sim).to_string();
        assert_eq!(text, "slice, tier tcg and simulated (costs: default)");
        let nested = Label::new(Kind::Slice, Tier::Nested);
        let emulated = Label {
            hypervisor: Some(Hypervisor::Xen),
            ..nested
        };
        let name = "slice, tier nested (KVM's Xen emulation)";
        assert_eq!(emulated.to_string(), name);
        assert_eq!(emulated.over(emulated).to_string(), name);
        for over in [emulated.over(nested), nested.over(emulated)] {
            assert_eq!(over.to_string(), format!("{name} and nested"));
        }
        let xen = Label {
            tier: Tier::Xen,
            ..emulated
        };
        assert_eq!(xen.to_string(), "slice, tier xen");
        assert_eq!(sim.over(sim), sim);
        let json = serde_json::to_value(tcg.over(sim)).unwrap();
        assert_eq!(
            (&json["beside"], &json["costs"]),
            (&"sim".into(), &"default".into())
        );
        assert_eq!(
            serde_json::from_value::<Label>(json).unwrap(),
            tcg.over(sim)
        );
    }
}
