// SPDX-License-Identifier: GPL-2.0

//! Timeline of one job: when each worker was busy.

use maud::html;
use results::{AnyReport, JobRunner};
use statistics::median;

use super::{
    axis::{Axis, Kind},
    figure::{n, Data, Drawing, Figure, WIDTH},
    view::{Guest, View},
};
use crate::judge::cell::Cell;

const ROW: f64 = 20.0;

/// Figures of one scenario at most.
const MOST: usize = 4;

/// A span of work, in milliseconds.
struct Span {
    worker: u32,
    from: f64,
    to: f64,
    what: String,
}

/// For each cell with the most workers, the repeat nearest to the median.
pub fn figures(view: &View<'_>) -> Vec<Figure> {
    let all = Guest {
        at: Default::default(),
        cells: view.cells.iter().collect(),
    };
    let (workers, cells) = all.at_most_threads();
    let several = cells.into_iter().filter(|_| workers > 1);
    several
        .filter_map(|cell| figure(view, cell))
        .take(MOST)
        .collect()
}

fn figure(view: &View<'_>, cell: &Cell) -> Option<Figure> {
    let median = median(cell.values())?;
    let jobs = cell.reports.iter().filter_map(|report| match report {
        AnyReport::JobRunner(job) => Some(&**job),
        _ => None,
    });
    let distance = |job: &JobRunner| (job.time_ms() - median).abs();
    let job = jobs.min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    let spans = spans(job);
    let workers = 1 + spans.iter().map(|span| span.worker).max()?;
    let end = spans.iter().map(|span| span.to).fold(0.0, f64::max);
    let how = match job.chunks.is_empty() {
        false => "Each block is a chunk, from when it was taken until it was done.",
        true => "Each bar is as long as the worker was busy, from its first chunk.",
    };
    let ms = view.clock().multiples()[1];
    let mut data = Data::new(
        format!("spans in {ms}, the first 200"),
        &["worker", "from", "to", "what"],
    );
    let rows = spans.iter().take(200).map(|span| {
        let (from, to) = (format!("{:.3}", span.from), format!("{:.3}", span.to));
        vec![
            format!("worker {}", span.worker),
            from,
            to,
            span.what.clone(),
        ]
    });
    data.rows.extend(rows);
    Some(view.figure(
        format!("One job: {}", view.name(&cell.at, &[])),
        format!(
            "{workers} workers, done after {end:.1} {ms}; the repeat nearest to the median. {how}"
        ),
        &cell.settings,
        vec![data],
        draw(&spans, workers, ms),
    ))
}

/// The chunks of a job, if they were traced; else how long each worker was busy.
fn spans(job: &JobRunner) -> Vec<Span> {
    let ms = |ns: u64| ns as f64 / 1e6;
    let chunks = job.chunks.iter().map(|chunk| Span {
        worker: chunk.worker,
        from: ms(chunk.from_ns),
        to: ms(chunk.to_ns),
        what: format!("{} to {}", chunk.start, chunk.end),
    });
    let workers = job.workers.iter().map(|worker| Span {
        worker: worker.index,
        from: ms(worker.start_ns),
        to: ms(worker.start_ns + worker.busy_ns),
        what: format!("{} indices in {} chunks", worker.items, worker.chunks),
    });
    match job.chunks.is_empty() {
        true => workers.collect(),
        false => chunks.collect(),
    }
}

fn draw(spans: &[Span], workers: u32, ms: &str) -> Drawing {
    let bottom = 6.0 + ROW * f64::from(workers);
    let ends = spans.iter().map(|span| span.to);
    let x = Axis::new(Kind::Linear, ends, 74.0, WIDTH - 16.0);
    let content = html! {
        g.grid {
            @for (at, text) in x.marks() {
                line x1=(n(at)) x2=(n(at)) y1="4" y2=(n(bottom + 4.0)) {}
                text.middle x=(n(at)) y=(n(bottom + 17.0)) { (text) }
            }
            text.name.middle x=(n(WIDTH / 2.0)) y=(n(bottom + 34.0)) { (ms) " since the job began" }
            @for worker in 0..workers {
                text.end x="68" y=(n(6.0 + ROW * f64::from(worker) + 14.0)) { "worker " (worker) }
            }
        }
        @for span in spans {
            @let (from, to, y) = (x.at(span.from), x.at(span.to), 6.0 + ROW * f64::from(span.worker) + 3.0);
            g class={ "point s" (span.worker % 8) } data-x=(n(from)) data-y=(n(y))
                data-tip={ "worker " (span.worker) "\n" (format!("{:.2} to {:.2} {ms}", span.from, span.to)) "\n" (span.what) } {
                rect.bar.mark x=(n(from)) y=(n(y)) width=(n((to - from).max(0.6))) height=(ROW - 6.0) {}
            }
        }
    };
    Drawing::new(bottom + 40.0, content)
}
