// SPDX-License-Identifier: GPL-2.0

//! Fairness: what each vCPU got of all sections, beside what would have been its even share.

use maud::{html, Markup};

use super::{
    chart::n,
    figure::{Data, Figure},
    scaling::AXES,
    Drawn,
};
use crate::store::metric::metric;
use crate::{console::human, judge::cell::Cell, store::report::Report};
use statistics::median;

/// What one combination gave to each vCPU.
struct Shares {
    name: String,
    /// vCPU and its part of all sections, over all repeats.
    vcpus: Vec<(u32, f64)>,
    jain: f64,
}

/// One figure for each guest, at its most threads.
pub fn figures(drawn: &Drawn<'_>) -> Vec<Figure> {
    let guest = drawn.loaded.experiment.guest.axes();
    let mut groups: Vec<(String, Vec<&Cell>)> = Vec::new();
    for cell in drawn.cells {
        let of = guest
            .iter()
            .filter_map(|key| Some(format!("{key} {}", cell.at.get(*key)?)));
        let of = of.collect::<Vec<_>>().join(", ");
        match groups.iter_mut().find(|(name, _)| *name == of) {
            Some((_, cells)) => cells.push(cell),
            None => groups.push((of, vec![cell])),
        }
    }
    let mut figures = Vec::new();
    for (of, cells) in &groups {
        let most = cells
            .iter()
            .map(|cell| cell.number("threads"))
            .max()
            .unwrap_or(0);
        let without: Vec<&str> = guest.iter().copied().chain(AXES).collect();
        let mine = cells
            .iter()
            .filter(|cell| cell.number("threads") == most && most > 1);
        let all: Vec<Shares> = mine
            .filter_map(|cell| shares(cell, drawn.name(&cell.at, &without)))
            .collect();
        if !all.is_empty() {
            figures.push(figure(drawn, of, most, &all));
        }
    }
    figures
}

fn shares(cell: &Cell, name: String) -> Option<Shares> {
    let mut sums: Vec<(u32, f64)> = Vec::new();
    for report in &cell.reports {
        let Report::LockLoad { threads, .. } = report else {
            return None;
        };
        for thread in threads {
            let sections = thread.sections as f64;
            match sums.iter_mut().find(|(vcpu, _)| *vcpu == thread.vcpu) {
                Some((_, sum)) => *sum += sections,
                None => sums.push((thread.vcpu, sections)),
            }
        }
    }
    sums.sort_by_key(|(vcpu, _)| *vcpu);
    let all: f64 = sums.iter().map(|(_, sum)| sum).sum();
    let jain = cell
        .reports
        .iter()
        .filter_map(|report| metric(report, "jain"));
    let jain = median(jain)?;
    (all > 0.0).then(|| Shares {
        name,
        vcpus: sums.iter().map(|(vcpu, sum)| (*vcpu, sum / all)).collect(),
        jain,
    })
}

fn figure(drawn: &Drawn<'_>, of: &str, threads: u64, all: &[Shares]) -> Figure {
    let mut head = vec!["series".to_string(), "Jain".to_string()];
    let most = all.iter().max_by_key(|shares| shares.vcpus.len());
    head.extend(
        most.into_iter()
            .flat_map(|s| &s.vcpus)
            .map(|(vcpu, _)| format!("vCPU {vcpu}")),
    );
    let rows = all.iter().map(|shares| {
        let mut row = vec![shares.name.clone(), format!("{:.2}", shares.jain)];
        row.extend(
            shares
                .vcpus
                .iter()
                .map(|(_, part)| format!("{:.1} %", part * 100.0)),
        );
        row
    });
    let place = if of.is_empty() {
        String::new()
    } else {
        format!(", {of}")
    };
    let worst = all.iter().min_by(|a, b| a.jain.total_cmp(&b.jain));
    let worst = worst.map_or_else(String::new, |s| format!("{}, {:.2}", s.name, s.jain));
    Figure {
        title: format!("Shares of vCPUs at {threads} threads{place}"),
        words: format!(
            "A bar for each vCPU: its share of all sections, repeats added up; the dashed line is an even \
             share. Jain's index is 1 for even shares, 1/{threads} if one vCPU had all; the least: {worst}."
        ),
        series: Vec::new(),
        drawing: draw(all),
        data: vec![Data {
            caption: "part of all sections by vCPU, and Jain's index, the median of the repeats".into(),
            head,
            rows: rows.collect(),
        }],
        settings: format!("{} threads={threads} {}", drawn.settings(), of.replace(' ', "=")),
        command: drawn.command(),
    }
}

const WIDTH: f64 = 460.0;
const LEFT: f64 = 150.0;
const RIGHT: f64 = WIDTH - 54.0;
const ROW: f64 = 40.0;

fn draw(all: &[Shares]) -> Markup {
    let parts = all
        .iter()
        .flat_map(|shares| &shares.vcpus)
        .map(|(_, share)| *share);
    let most = parts.fold(0.0, f64::max);
    let height = ROW * all.len() as f64 + 4.0;
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (n(height + 14.0)) } aria-hidden="true" focusable="false" {
            text.end x=(WIDTH) y="11" { "Jain" }
            @for (i, shares) in all.iter().enumerate() { (row(shares, 12.0 + i as f64 * ROW, most)) }
        }
    }
}

fn row(shares: &Shares, top: f64, most: f64) -> Markup {
    let count = shares.vcpus.len() as f64;
    let wide = (RIGHT - LEFT) / count;
    let tall = ROW - 8.0;
    let even = top + 4.0 + tall * (1.0 - 1.0 / count / most);
    html! {
        g.s0 {
            text.end.on x=(LEFT - 8.0) y=(n(top + ROW / 2.0 + 4.0)) { (shares.name) }
            text.end.on x=(WIDTH) y=(n(top + ROW / 2.0 + 4.0)) { (format!("{:.2}", shares.jain)) }
            @for (i, (vcpu, share)) in shares.vcpus.iter().enumerate() {
                @let (x, h) = (LEFT + i as f64 * wide, (share / most * tall).max(0.5));
                g.point data-tip={ (shares.name) "\nvCPU " (vcpu) ": " (human::quotient(*share)) }
                    data-x=(n(x + wide / 2.0)) data-y=(n(top + 4.0 + tall - h)) {
                    rect.bar.mark x=(n(x + 1.0)) y=(n(top + 4.0 + tall - h)) width=(n(wide - 2.0)) height=(n(h)) {}
                }
            }
        }
        line.ideal x1=(LEFT) x2=(n(RIGHT)) y1=(n(even)) y2=(n(even)) {}
    }
}
