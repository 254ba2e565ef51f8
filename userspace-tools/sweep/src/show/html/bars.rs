// SPDX-License-Identifier: GPL-2.0

//! Fairness: each vCPU's share of all critical sections, beside the even share.

use std::collections::BTreeMap;

use maud::{html, Markup};
use results::AnyReport;
use statistics::median;

use super::{
    figure::{n, Data, Drawing, Figure, WIDTH},
    view::{Guest, View},
};
use crate::{console::numbers, judge::cell::Cell};

const LEFT: f64 = 150.0;
const RIGHT: f64 = WIDTH - 54.0;
const ROW: f64 = 40.0;

/// The shares of one cell.
struct Shares {
    name: String,
    /// Each vCPU's share of all sections, repeats added up.
    vcpus: Vec<(u32, f64)>,
    jain: f64,
}

/// One figure for each guest, at its most threads.
pub fn figures(view: &View<'_>) -> Vec<Figure> {
    view.each_guest(figure)
}

fn shares(cell: &Cell, name: String) -> Option<Shares> {
    let mut sums: BTreeMap<u32, f64> = BTreeMap::new();
    for report in &cell.reports {
        let AnyReport::LockLoad(report) = report else {
            return None;
        };
        for thread in &report.threads {
            *sums.entry(thread.vcpu).or_default() += thread.sections as f64;
        }
    }
    let all: f64 = sums.values().sum();
    let jain = median(
        cell.reports
            .iter()
            .filter_map(|report| report.metric("jain")),
    )?;
    (all > 0.0).then(|| Shares {
        name,
        vcpus: sums
            .into_iter()
            .map(|(vcpu, sum)| (vcpu, sum / all))
            .collect(),
        jain,
    })
}

fn figure(view: &View<'_>, guest: &Guest<'_>) -> Option<Figure> {
    let (threads, cells) = guest.at_most_threads();
    let without = view.guest_and_thread_axes();
    let cells = cells.into_iter().filter(|_| threads > 1);
    let all = cells.filter_map(|cell| shares(cell, view.name(&cell.at, &without)));
    let all: Vec<Shares> = all.collect();
    let most = all.iter().max_by_key(|shares| shares.vcpus.len())?;
    let worst = all.iter().min_by(|a, b| a.jain.total_cmp(&b.jain))?;
    let worst = format!("{}, {:.2}", worst.name, worst.jain);
    let vcpus = most.vcpus.iter().map(|(vcpu, _)| format!("vCPU {vcpu}"));
    let mut data = Data::new(
        "share of all sections by vCPU, and Jain's index, the median of the repeats",
        &["series", "Jain"],
    );
    data.head.extend(vcpus);
    for shares in &all {
        let mut row = vec![shares.name.clone(), format!("{:.2}", shares.jain)];
        let percent = |(_, share): &(u32, f64)| format!("{:.1} %", share * 100.0);
        row.extend(shares.vcpus.iter().map(percent));
        data.rows.push(row);
    }
    Some(view.figure(
        format!("Shares of vCPUs at {threads} threads{}", guest.suffix()),
        format!(
            "A bar for each vCPU: its share of all sections, repeats added up; the dashed line is an even \
             share. Jain's index is 1 for even shares, 1/{threads} if one vCPU had all; the least: {worst}."
        ),
        &guest.with_threads(threads),
        vec![data],
        draw(&all),
    ))
}

fn draw(all: &[Shares]) -> Drawing {
    let shares = all.iter().flat_map(|shares| &shares.vcpus);
    let most = shares.map(|(_, share)| *share).fold(0.0, f64::max);
    let content = html! {
        text.end x=(WIDTH) y="11" { "Jain" }
        @for (i, shares) in all.iter().enumerate() { (row(shares, 12.0 + i as f64 * ROW, most)) }
    };
    Drawing::new(ROW * all.len() as f64 + 18.0, content)
}

fn row(shares: &Shares, top: f64, most: f64) -> Markup {
    let count = shares.vcpus.len() as f64;
    let wide = (RIGHT - LEFT) / count;
    let tall = ROW - 8.0;
    let bottom = top + 4.0 + tall;
    let even = bottom - tall / count / most;
    html! {
        g.s0 {
            text.end.on x=(LEFT - 8.0) y=(n(top + ROW / 2.0 + 4.0)) { (shares.name) }
            text.end.on x=(WIDTH) y=(n(top + ROW / 2.0 + 4.0)) { (format!("{:.2}", shares.jain)) }
            @for (i, (vcpu, share)) in shares.vcpus.iter().enumerate() {
                @let (x, h) = (LEFT + i as f64 * wide, (share / most * tall).max(0.5));
                g.point data-tip={ (shares.name) "\nvCPU " (vcpu) ": " (numbers::ratio(*share)) }
                    data-x=(n(x + wide / 2.0)) data-y=(n(bottom - h)) {
                    rect.bar.mark x=(n(x + 1.0)) y=(n(bottom - h)) width=(n(wide - 2.0)) height=(n(h)) {}
                }
            }
        }
        line.ideal x1=(LEFT) x2=(n(RIGHT)) y1=(n(even)) y2=(n(even)) {}
    }
}
