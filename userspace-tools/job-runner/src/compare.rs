// SPDX-License-Identifier: GPL-2.0

//! Policies beside each other, in the form of the tables of the series that brought
//! multithreaded jobs to the kernel: threads, time saved, time and its deviation.

use std::fmt::Write;

use abi::job_runner::Config;
use debugfs::{
    pairs,
    stats::{percent, Sample},
    tool::Point,
    vcpus, JobRunner,
};

/// A block for each combination of settings, with a row for each number of workers.
pub fn compare(points: &[Point<JobRunner>]) -> String {
    let vcpus = vcpus();
    let mut text = String::new();
    for title in titles(points) {
        block(&mut text, points, &title, vcpus);
    }
    let repeats = points.first().map_or(0, |p| p.runs.len());
    text + &format!(
        "node%: workers in percent of the {vcpus} online vCPUs\n\
         speedup: time saved, in percent of the time of 1 worker\n\
         time_ms: median of {repeats}; chunks: of all workers together, median"
    )
}

/// The settings without the number of workers, each combination once.
fn titles(points: &[Point<JobRunner>]) -> Vec<String> {
    let mut titles = Vec::new();
    for title in points.iter().map(|p| title(&p.config)) {
        if !titles.contains(&title) {
            titles.push(title);
        }
    }
    titles
}

fn title(config: &Config) -> String {
    let text = config.to_string();
    let words = pairs(&text).filter(|(key, _)| *key != "max_threads");
    let words: Vec<_> = words.map(|(key, value)| format!("{key}={value}")).collect();
    words.join(" ")
}

fn block(text: &mut String, points: &[Point<JobRunner>], wanted: &str, vcpus: u32) {
    let mut rows: Vec<_> = points
        .iter()
        .filter(|p| title(&p.config) == wanted)
        .collect();
    rows.sort_by_key(|p| p.config.max_threads);
    let alone = rows.iter().find(|p| p.config.max_threads == 1);
    let alone = alone.map(|p| p.sample(JobRunner::time_ms).median);
    let header = "node% (thr)    speedup    time_ms (  stdev)      chunks  verdict";
    let _ = writeln!(text, "{wanted}\n\n{header}");
    for point in rows {
        let _ = writeln!(text, "{}", row(point, alone, vcpus));
    }
    text.push('\n');
}

fn row(point: &Point<JobRunner>, alone: Option<f64>, vcpus: u32) -> String {
    let time = point.sample(JobRunner::time_ms);
    let threads = point.config.max_threads;
    format!(
        "{:>4.0}% ({threads:>3})  {:>9}  {:>9.1} ({:>7.1})  {:>10}  {}",
        percent(threads.into(), vcpus.into()),
        speedup(&time, alone.filter(|_| threads > 1)),
        time.median,
        time.stdev,
        point.sample(|r| r.sum.chunks as f64).median,
        point.outcome(),
    )
}

/// The time saved, in percent of the time that one worker needs.
fn speedup(time: &Sample, alone: Option<f64>) -> String {
    alone.map_or("--".into(), |alone| {
        format!("{:.1}%", percent(alone - time.median, alone))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use debugfs::Report;

    fn point(threads: u32, times_ms: &[u64]) -> Point<JobRunner> {
        let worker = |i: u32| {
            let chunks = if i == 0 { 8 } else { 0 };
            format!("worker index={i} vcpu={i} chunks={chunks} items={chunks} busy_ns=1 moved=0")
        };
        let workers = (0..threads).map(worker).collect::<Vec<_>>().join("\n");
        let run = |ms: &u64| {
            JobRunner::parse(&format!(
                "job-runner schema=1 run=1\n\
                 config policy=padata job=spin start=0 size=8 align=1 min_chunk=1 \
                 max_threads={threads} work_ns=1000 limit_ms=10000\n\
                 sum elapsed_ns={} workers={threads} chunks=8 once=8 missed=0 repeated=0 \
                 cut_short=0 coverage=held\n{workers}",
                ms * 1_000_000
            ))
            .unwrap()
        };
        let runs: Vec<_> = times_ms.iter().map(run).collect();
        Point {
            config: runs[0].config,
            runs,
        }
    }

    #[test]
    fn speedup_is_the_time_saved_against_one_worker() {
        let points = [point(4, &[287, 284, 290]), point(1, &[1092, 1096, 1100])];
        let mut text = String::new();
        block(&mut text, &points, &title(&points[0].config), 32);
        let rows: Vec<_> = text.lines().skip(3).take(2).collect();
        let alone = "   3% (  1)         --     1096.0 (    4.0)           8  held";
        let four = "  12% (  4)      73.8%      287.0 (    3.0)           8  held";
        assert_eq!(rows, [alone, four], "{text}");
    }
}
