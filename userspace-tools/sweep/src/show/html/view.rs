// SPDX-License-Identifier: GPL-2.0

//! View of one scenario: its cells by guest, and the names and settings that its figures share.

use results::Clock;

use super::figure::{Data, Drawing, Figure};
use crate::{
    judge::{cell::Cell, label},
    plan::experiment::{Module, Scenario},
    plan::setting::{words, Point},
    store::{loaded::Loaded, notes::Notes},
};

/// The axes that count threads.
pub const THREAD_AXES: [&str; 2] = ["threads", "max_threads"];

/// A scenario of a result.
pub struct View<'a> {
    /// The result.
    pub loaded: &'a Loaded,
    /// The scenario.
    pub scenario: &'a Scenario,
    /// Its cells.
    pub cells: &'a [Cell],
    /// The axes of the experiment's guests.
    pub guest_axes: Vec<&'static str>,
}

/// The cells of one guest of a scenario.
pub struct Guest<'a> {
    /// Its values on the axes of guests.
    pub at: Point,
    /// The cells.
    pub cells: Vec<&'a Cell>,
}

impl<'a> View<'a> {
    /// The view of `scenario`.
    pub fn new(loaded: &'a Loaded, scenario: &'a Scenario, cells: &'a [Cell]) -> Self {
        Self {
            loaded,
            scenario,
            cells,
            guest_axes: loaded.experiment.guest.axes(),
        }
    }

    /// The cells by guest, in the order of the boots.
    pub fn by_guest(&self) -> Vec<Guest<'a>> {
        let mut guests: Vec<Guest<'a>> = Vec::new();
        for cell in self.cells {
            let axes = self.guest_axes.iter();
            let at = axes.filter_map(|key| Some((key.to_string(), cell.at.get(*key)?.clone())));
            let at: Point = at.collect();
            match guests.iter_mut().find(|guest| guest.at == at) {
                Some(guest) => guest.cells.push(cell),
                None => guests.push(Guest {
                    at,
                    cells: vec![cell],
                }),
            }
        }
        guests
    }

    /// The figures of each guest.
    pub fn each_guest(&self, figure: fn(&Self, &Guest<'a>) -> Option<Figure>) -> Vec<Figure> {
        let guests = self.by_guest().into_iter();
        guests.filter_map(|guest| figure(self, &guest)).collect()
    }

    /// The axis of the scenario that counts threads.
    pub fn thread_axis(&self) -> Option<&'static str> {
        let is_axis = |axis: &&str| self.scenario.axes.contains_key(*axis);
        THREAD_AXES.into_iter().find(is_axis)
    }

    /// Whether less is better: the metric is a time.
    pub fn is_time(&self) -> bool {
        self.scenario.module == Module::JobRunner
    }

    /// The main metric, with its unit.
    pub fn metric(&self) -> String {
        let what = match self.scenario.module {
            Module::LockLoad => "sections",
            Module::SloppyCounter => "additions",
            Module::JobRunner if self.clock().is_time() => return "milliseconds".into(),
            Module::JobRunner => return self.clock().multiples()[1].into(),
            Module::Bottleneck => "operations",
        };
        format!("{what}{}", self.clock().per())
    }

    /// The unit of its times.
    pub fn clock(&self) -> Clock {
        self.loaded.provenance.clock()
    }

    /// The name of the series at `at`, without the axes that the figure itself shows.
    pub fn name(&self, at: &Point, without: &[&str]) -> String {
        let rest = at
            .iter()
            .filter(|(key, _)| !without.contains(&key.as_str()));
        // The first axis is the subject of the scenario: its values need no key.
        let subject = self.scenario.axes.keys().next();
        let rest = rest.map(|(key, value)| match subject == Some(key) {
            true => value.to_string(),
            false => format!("{key} {value}"),
        });
        let rest: Vec<String> = rest.collect();
        match rest.is_empty() {
            true => self.scenario.name.clone(),
            false => rest.join(", "),
        }
    }

    /// The axes of guests and those of threads: a series over threads in one guest is named without.
    pub fn guest_and_thread_axes(&self) -> Vec<&'static str> {
        self.guest_axes.iter().copied().chain(THREAD_AXES).collect()
    }

    /// A figure of this scenario; `at` are further settings that its runs share.
    pub fn figure(
        &self,
        title: String,
        words: String,
        at: &Point,
        data: Vec<Data>,
        drawing: Drawing,
    ) -> Figure {
        Figure {
            title,
            words,
            kinds: self.kinds(at),
            drawing,
            data,
            settings: self.settings(at),
            command: repeat_command(self.loaded),
            wide: false,
        }
    }

    /// Notes on the host during its guest boots.
    pub fn notes(&self) -> Notes {
        Notes::of(&self.loaded.provenance)
    }

    /// The kinds of the cells at `at`.
    fn kinds(&self, at: &Point) -> Vec<String> {
        let is_here = |cell: &&Cell| {
            at.iter().all(|(key, value)| {
                let own = cell.settings.get(key);
                own.is_none_or(|own| own == value)
            })
        };
        let cells: Vec<&Cell> = self.cells.iter().filter(is_here).collect();
        let notes = self.notes();
        let captions = label::captions(self.scenario, &cells, &notes).into_iter();
        captions.map(|caption| caption.to_string()).collect()
    }

    /// Module and settings that all runs of the scenario share, and those of `at`.
    fn settings(&self, at: &Point) -> String {
        let guest = self.loaded.provenance.boots.first();
        let mut guest = guest.map_or_else(Point::new, |boot| boot.guest.point());
        let axes = &self.guest_axes;
        guest.retain(|key, _| {
            !axes.contains(&key.as_str()) && (axes.is_empty() || key.as_str() != "vcpus")
        });
        let mut settings = self.scenario.fixed.clone();
        settings.extend(guest);
        settings.extend(at.clone());
        format!("{} {}", self.scenario.module.name(), words(&settings))
    }
}

impl Guest<'_> {
    /// The end of a title: `, ratio 4`.
    pub fn suffix(&self) -> String {
        let each = self
            .at
            .iter()
            .map(|(key, value)| format!(", {key} {value}"));
        each.collect()
    }

    /// The most threads of its cells, and those cells.
    pub fn at_most_threads(&self) -> (u64, Vec<&Cell>) {
        let threads = |cell: &&Cell| THREAD_AXES.iter().map(|axis| cell.number(axis)).max();
        let most = self.cells.iter().filter_map(threads).max().unwrap_or(0);
        let mut cells = self.cells.clone();
        cells.retain(|cell| threads(cell) == Some(most));
        (most, cells)
    }

    /// Its settings with the number of threads.
    pub fn with_threads(&self, threads: u64) -> Point {
        let mut at = self.at.clone();
        at.insert("threads".into(), threads.into());
        at
    }
}

/// The command that repeats a result with the same order of runs.
pub fn repeat_command(loaded: &Loaded) -> String {
    let origin = &loaded.provenance;
    let mut command: Vec<String> = origin.command.clone();
    if let Some(first) = command.first_mut() {
        *first = "scripts/toolbox sweep".into();
    }
    if !command.iter().any(|word| word.starts_with("--seed")) {
        command.push(format!("--seed {}", origin.seed));
    }
    command.join(" ")
}
