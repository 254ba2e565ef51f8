// SPDX-License-Identifier: GPL-2.0

//! Page around the figures: verdicts, figures, provenance.

use std::path::Path;

use maud::{html, Markup, PreEscaped, DOCTYPE};
use vm_record::Record;

use super::{
    comparisons,
    figure::{Data, Figure},
    view::repeat_command,
};
use crate::{
    judge::{
        costs::{grids, LEGEND},
        evaluation::Evaluation,
        rules::Judged,
        verdict::{Case, Verdict},
    },
    plan::setting::words,
    show::{head::simulated_machine, json::json, verdict},
    store::loaded::Loaded,
};

/// The style of the page and of its pictures.
pub const CSS: &str = include_str!("report.css");
const JS: &str = include_str!("report.js");

/// One result on the page: its title, its verdict and the rest.
pub struct Section {
    title: String,
    ended: Verdict,
    body: Markup,
}

/// The whole page.
pub fn page(sections: &[Section], ended: Verdict) -> Markup {
    let title = sections
        .first()
        .map_or("Slowpath", |section| section.title.as_str());
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                link rel="icon" href="data:,";
                style { (PreEscaped(CSS)) }
            }
            body {
                header {
                    button.theme type="button" style="float: right" { "Dark / light" }
                    h1 { (title) }
                    @if sections.len() > 1 {
                        p class={ "headline " (class(ended)) } { (word(ended)) span { " – the worst of " (sections.len()) " results" } }
                        nav aria-label="Results" {
                            @for (i, section) in sections.iter().enumerate() {
                                a href={ "#result-" (i + 1) } { (section.title) ": " (word(section.ended)) }
                            }
                        }
                    }
                }
                main {
                    @for (i, section) in sections.iter().enumerate() {
                        section id={ "result-" (i + 1) } {
                            @if sections.len() > 1 { h2 { (section.title) } }
                            (section.body)
                        }
                    }
                }
                footer { "Written by sweep " (env!("CARGO_PKG_VERSION")) ". Self-contained: it loads nothing and sends nothing." }
                script { (PreEscaped(JS)) }
            }
        }
    }
}

/// One result; figures are numbered on from `n`.
pub fn section(
    loaded: &Loaded,
    dir: &Path,
    evaluation: &Evaluation<'_>,
    figures: &[(String, Vec<Figure>)],
    n: &mut usize,
) -> Section {
    let ended = evaluation.verdict();
    let mut next = || {
        *n += 1;
        *n
    };
    let body = html! {
        p class={ "headline " (class(ended)) } { (word(ended)) span { " – " (verdict::line(evaluation)) } }
        (facts(loaded, dir))
        h2 { "Verdicts" }
        (verdicts(evaluation))
        (comparisons::table(evaluation))
        (costs(evaluation))
        @for (title, figures) in figures {
            @if !figures.is_empty() {
                h2 { (title) }
                div.figures { @for figure in figures { (figure.draw(next())) } }
            }
        }
        (comparisons::regrets(evaluation))
        h2 { "Provenance" }
        (origin(loaded))
        script type="application/json" { (PreEscaped(data(loaded, evaluation, dir))) }
    };
    Section {
        title: loaded.experiment.title.clone(),
        ended,
        body,
    }
}

/// What each operation costs, of a result that counts instructions.
fn costs(evaluation: &Evaluation<'_>) -> Markup {
    let grids = grids(&evaluation.costs);
    html! {
        @if !grids.is_empty() { h2 { "Instructions per operation" } }
        @for grid in &grids {
            table {
                thead { tr { @for name in &grid.head { th { (name) } } } }
                tbody {
                    @for (name, cells) in &grid.rows {
                        tr { th { (name) } @for (cost, over) in cells { td { (cost) " " (over) } } }
                    }
                }
            }
        }
        @if !grids.is_empty() { @for line in LEGEND { p.facts { (line) } } }
    }
}

/// All numbers for programs; a `</` in it would end the script.
fn data(loaded: &Loaded, evaluation: &Evaluation<'_>, dir: &Path) -> String {
    let json = json(evaluation, &loaded.provenance, dir);
    json.to_string().replace("</", "<\\/")
}

fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "good",
        Verdict::Inconclusive | Verdict::Skip => "open",
        Verdict::Fail | Verdict::NotMeasured => "bad",
    }
}

fn word(verdict: Verdict) -> String {
    let sign = match class(verdict) {
        "good" => "✓",
        "open" => "?",
        _ => "✗",
    };
    format!("{sign} {verdict}")
}

/// The machine in two lines.
fn facts(loaded: &Loaded, dir: &Path) -> Markup {
    let origin = &loaded.provenance;
    html! {
        p.facts {
            "Started " (origin.started) " · tier " (origin.tier()) " · " (origin.host_cpu()) ", "
            (origin.cpus.count()) " CPUs · guest kernel " (origin.kernel()) " · " (loaded.records.len()) " runs in "
            (origin.boots.len()) " guest boots, " (origin.retried) " retried · seed of the order " (origin.seed)
            " · commit " (origin.commit()) " · " code { (dir.display()) }
        }
        @if let Some(machine) = simulated_machine(origin) {
            p.facts { (machine) "." }
        }
        @if let Some(caveat) = origin.caveat() {
            p.facts { (caveat) "; per second: per 10^9 instructions." }
        }
    }
}

fn verdicts(evaluation: &Evaluation<'_>) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Verdicts" {
            table.gates {
                thead { tr { th scope="col" { "verdict" } th scope="col" { "what" } th scope="col" { "measured" } } }
                tbody {
                    @for case in sorted(evaluation) {
                        tr {
                            td class={ "verdict " (class(case.verdict)) } { (word(case.verdict)) }
                            th scope="row" { (case.name) }
                            td { (case.text) }
                        }
                    }
                }
            }
        }
    }
}

/// The worst first. A rule that passes wherever it applies is one line.
fn sorted(evaluation: &Evaluation<'_>) -> Vec<Case> {
    let mut cases: Vec<Case> = evaluation
        .scenarios
        .iter()
        .map(|scenario| scenario.oracle())
        .collect();
    let rules: Vec<&Judged> = evaluation.rules().collect();
    // The points of a rule follow each other.
    for mine in rules.chunk_by(|a, b| a.scenario == b.scenario && a.rule == b.rule) {
        if mine.len() > 2 && mine.iter().all(|rule| rule.verdict == Verdict::Pass) {
            cases.push(Case::new(
                format!("{}: {}", mine[0].scenario, mine[0].rule),
                Verdict::Pass,
                format!("PASS at each of {} points", mine.len()),
            ));
        } else {
            cases.extend(mine.iter().map(|rule| rule.case()));
        }
    }
    cases.sort_by_key(|case| std::cmp::Reverse(case.verdict));
    cases
}

fn origin(loaded: &Loaded) -> Markup {
    let origin = &loaded.provenance;
    let rows = origin.boots.iter().map(|boot| {
        let recorded =
            |text: fn(&Record) -> String| boot.vm.as_ref().map_or_else(|| "?".into(), text);
        vec![
            boot.number.to_string(),
            words(&boot.guest.point()),
            recorded(|vm| vm.last.tier.name().into()),
            recorded(|vm| vm.ratio.to_string()),
            recorded(|vm| vm.map_holds.map_or("?".into(), |holds| holds.to_string())),
            format!("{:.1}", boot.seconds),
            boot.command.join(" "),
        ]
    });
    let mut boots = Data::new(
        "guest boots",
        &[
            "boot",
            "guest",
            "tier",
            "ratio",
            "bound as asked",
            "seconds",
            "command",
        ],
    );
    boots.rows.extend(rows);
    html! {
        p { "QEMU " (origin.qemu()) ", host kernel " (origin.recorded(|vm| &vm.host.kernel)) ", load " (origin.recorded(|vm| &vm.host.load_average)) "." }
        p { "Repeat all of it: " code.command { (repeat_command(loaded)) } }
        details { summary { "Every guest boot" } (boots.draw()) }
        @if origin.environment.is_some() {
            details { summary { "Machine, tools and build" } (environment(loaded).draw()) }
        }
    }
}

/// Each fact of the environment, and the hashes of what the first guest booted.
fn environment(loaded: &Loaded) -> Data {
    let origin = &loaded.provenance;
    let environment = origin.environment.iter();
    let build = origin.boots.iter().find_map(|boot| boot.build.as_ref());
    let build = build.iter().flat_map(|build| build.facts());
    let build = build.map(|(name, hash)| (format!("SHA-256 of {name}"), hash));
    let facts = environment.flat_map(|environment| environment.facts());
    let mut data = Data::new("machine, tools and build", &["what", "value"]);
    let rows = facts.chain(build).map(|(name, fact)| vec![name, fact]);
    data.rows.extend(rows);
    data
}
