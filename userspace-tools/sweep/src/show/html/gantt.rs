// SPDX-License-Identifier: GPL-2.0

//! One job of each kind, drawn: which worker was at work when.

use maud::{html, Markup};
use serde_json::Value;

use super::{
    axis::{Axis, Kind},
    chart::n,
    figure::{Data, Figure},
    Drawn,
};
use crate::{
    judge::cell::Cell, plan::experiment::Module, plan::setting::words, store::record::Record,
};
use statistics::median;

/// A span of work, in milliseconds.
struct Span {
    worker: u64,
    from: f64,
    to: f64,
    what: String,
}

/// The jobs of more than one worker whose time is the median of their repeats; four at most of
/// those with most workers.
pub fn figures(drawn: &Drawn<'_>) -> Vec<Figure> {
    if drawn.scenario.module != Module::JobRunner {
        return Vec::new();
    }
    let most = drawn
        .cells
        .iter()
        .map(|cell| cell.number("max_threads"))
        .max();
    let wide = drawn
        .cells
        .iter()
        .filter(|cell| Some(cell.number("max_threads")) == most && most > Some(1));
    let drawings = wide.filter_map(|cell| figure(drawn, cell));
    drawings.take(4).collect()
}

fn figure(drawn: &Drawn<'_>, cell: &Cell) -> Option<Figure> {
    let median = median(cell.values())?;
    let mine = drawn.records.iter().filter(|record| {
        let settings = record.settings().unwrap_or_default();
        cell.at
            .iter()
            .all(|(key, value)| settings.get(key) == Some(value))
    });
    let off = |record: &Record| {
        let ms = record
            .report()
            .map_or(f64::INFINITY, |report| report.value());
        (ms - median).abs()
    };
    let record = mine.min_by(|a, b| off(a).total_cmp(&off(b)))?;
    let (spans, traced) = spans(record);
    let workers = 1 + spans.iter().map(|span| span.worker).max()?;
    let end = spans.iter().map(|span| span.to).fold(0.0, f64::max);
    let how = match traced {
        true => "Each block is a chunk, from when it was taken until it was done.",
        false => "Each bar is as long as the worker was busy; when it began was not recorded.",
    };
    Some(Figure {
        title: format!("One job: {}", drawn.name(&cell.at, &[])),
        words: format!(
            "{workers} workers, done after {end:.1} ms; the repeat nearest to the median. {how}"
        ),
        series: Vec::new(),
        drawing: draw(&spans, workers),
        data: vec![Data {
            caption: "spans in milliseconds, the first 200".into(),
            head: ["worker", "from", "to", "what"].map(String::from).to_vec(),
            rows: rows(&spans),
        }],
        settings: words(&record.settings().unwrap_or_default()),
        command: format!(
            "{}  # run {} of {}",
            drawn.command(),
            record.said.seq,
            record.line
        ),
    })
}

fn rows(spans: &[Span]) -> Vec<Vec<String>> {
    let rows = spans.iter().take(200).map(|span| {
        vec![
            format!("worker {}", span.worker),
            format!("{:.3}", span.from),
            format!("{:.3}", span.to),
            span.what.clone(),
        ]
    });
    rows.collect()
}

/// The chunks of a record, if it has a trace of them; else how long each worker was busy.
fn spans(record: &Record) -> (Vec<Span>, bool) {
    let list = |key: &str| {
        let list = record.said.rest.get(key).and_then(Value::as_array);
        list.map_or(&[][..], Vec::as_slice)
    };
    let number = |object: &Value, key: &str| object.get(key).and_then(Value::as_u64);
    let ms = |ns: u64| ns as f64 / 1e6;
    let chunks = list("chunks").iter().filter_map(|chunk| {
        Some(Span {
            worker: number(chunk, "worker")?,
            from: ms(number(chunk, "from_ns")?),
            to: ms(number(chunk, "to_ns")?),
            what: format!("{} to {}", number(chunk, "start")?, number(chunk, "end")?),
        })
    });
    let chunks: Vec<Span> = chunks.collect();
    if !chunks.is_empty() {
        return (chunks, true);
    }
    let workers = list("workers").iter().filter_map(|worker| {
        let from = number(worker, "start_ns").unwrap_or(0);
        Some(Span {
            worker: number(worker, "index")?,
            from: ms(from),
            to: ms(from + number(worker, "busy_ns")?),
            what: format!(
                "{} indices in {} chunks",
                number(worker, "items")?,
                number(worker, "chunks")?
            ),
        })
    });
    (workers.collect(), false)
}

const WIDTH: f64 = 460.0;
const ROW: f64 = 20.0;

fn draw(spans: &[Span], workers: u64) -> Markup {
    let bottom = 6.0 + ROW * workers as f64;
    let x = Axis::new(
        Kind::Linear,
        spans.iter().map(|span| span.to),
        74.0,
        WIDTH - 16.0,
    );
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (n(bottom + 40.0)) } aria-hidden="true" focusable="false" {
            g.grid {
                @for (at, text) in x.marks() {
                    line x1=(n(at)) x2=(n(at)) y1="4" y2=(n(bottom + 4.0)) {}
                    text.middle x=(n(at)) y=(n(bottom + 17.0)) { (text) }
                }
                text.name.middle x=(n(WIDTH / 2.0)) y=(n(bottom + 34.0)) { "ms since the job began" }
                @for worker in 0..workers {
                    text.end x="68" y=(n(6.0 + ROW * worker as f64 + 14.0)) { "worker " (worker) }
                }
            }
            @for span in spans {
                @let (from, to, y) = (x.at(span.from), x.at(span.to), 6.0 + ROW * span.worker as f64 + 3.0);
                g class={ "point s" (span.worker % 8) } data-x=(n(from)) data-y=(n(y))
                    data-tip={ "worker " (span.worker) "\n" (format!("{:.2} to {:.2} ms", span.from, span.to)) "\n" (span.what) } {
                    rect.bar.mark x=(n(from)) y=(n(y)) width=(n((to - from).max(0.6))) height=(ROW - 6.0) {}
                }
            }
        }
    }
}
