// SPDX-License-Identifier: GPL-2.0

//! Table of a sweep in the form of padata's patch series: threads, speedup, time, deviation.

use std::fmt::Write;

use abi::job_runner::Config;
use results::{pairs, table::or_dashes, vcpus, Cell, Clock, JobRunner};
use statistics::percent;

use crate::{
    account::{account, line},
    beside::beside,
};

/// A block for each combination of settings, with a row for each number of workers.
pub fn compare(cells: &[Cell<JobRunner>]) -> String {
    let vcpus = vcpus();
    let mut text = String::new();
    for title in titles(cells) {
        block(&mut text, cells, &title, vcpus);
    }
    let beside = beside(cells);
    if !beside.is_empty() {
        text += &format!("{beside}\n");
    }
    let repeats = cells.first().map_or(0, |p| p.runs.len());
    let (unit, [thousand, million, _]) = (Clock::here().unit(), Clock::here().multiples());
    text + &format!(
        "node%: workers in percent of the {vcpus} online vCPUs\n\
         speedup: time saved, in percent of the time of 1 worker\n\
         time: in {million}, median of {repeats} interleaved repeats, as all other figures\n\
         times: speed relative to 1 worker, or to the plain loop if that is faster\n\
         tail: in {million}, from when the first worker found nothing left until the last chunk was done\n\
         dispatch: taking a chunk, in {unit}, without the clock read\n\
         serial: from the call to the first chunk, and from the last one to the return, in {thousand}"
    )
}

/// The combinations of settings without the number of workers.
fn titles(cells: &[Cell<JobRunner>]) -> Vec<String> {
    let mut titles = Vec::new();
    for title in cells.iter().map(|p| title(&p.config)) {
        if !titles.contains(&title) {
            titles.push(title);
        }
    }
    titles
}

/// Policy, job, and the settings that are not the default.
pub fn title(config: &Config) -> String {
    let (text, default) = (config.to_string(), Config::default().to_string());
    let usual = |(key, value): (&str, &str)| {
        !["policy", "job", "size"].contains(&key) && pairs(&default).any(|p| p == (key, value))
    };
    let words = pairs(&text).filter(|&(key, value)| key != "max_threads" && !usual((key, value)));
    let words: Vec<_> = words.map(|(key, value)| format!("{key}={value}")).collect();
    words.join(" ")
}

fn block(text: &mut String, cells: &[Cell<JobRunner>], wanted: &str, vcpus: u32) {
    let rows = cells.iter().filter(|p| title(&p.config) == wanted);
    let mut rows: Vec<_> = rows.collect();
    rows.sort_by_key(|p| p.config.max_threads);
    let alone = rows.iter().find(|p| p.config.max_threads == 1);
    let work = alone.map(|p| account(&p.runs).busy);
    let alone = alone.map(|p| p.median(JobRunner::time_ms));
    let header =
        "node% (thr)    speedup       time (  stdev)  times     tail  dispatch   serial      \
                  chunks  verdict";
    let _ = writeln!(text, "{wanted}\n\n{header}");
    for cell in &rows {
        let _ = writeln!(text, "{}", row(cell, alone, vcpus));
    }
    text.push('\n');
    for cell in rows {
        let workers = cell.median(|r| r.workers.len() as f64) as u32;
        let line = line(&account(&cell.runs), workers, work);
        let _ = writeln!(text, "{line}");
    }
    text.push('\n');
}

fn row(cell: &Cell<JobRunner>, alone: Option<f64>, vcpus: u32) -> String {
    let time = cell.median(JobRunner::time_ms);
    let stdev = cell.sample(|r| Some(r.time_ms())).and_then(|s| s.stdev);
    let threads = cell.config.max_threads;
    format!(
        "{:>4.0}% ({threads:>3})  {:>9}  {:>9.1} ({:>7})  {:>5}  {:>7.1}  {:>8.0}  {:>7.1}  \
         {:>10}  {}",
        percent(threads.into(), vcpus.into()),
        speedup(time, alone.filter(|_| threads > 1)),
        time,
        or_dashes(stdev, |stdev| format!("{stdev:.1}")),
        times(cell, alone),
        cell.median(JobRunner::tail_ms),
        cell.median(JobRunner::handout_ns),
        cell.median(JobRunner::serial_us),
        cell.median(|r| r.sum.chunks as f64),
        cell.outcome(),
    )
}

/// The time saved, in percent of the time that one worker needs.
fn speedup(time: f64, alone: Option<f64>) -> String {
    or_dashes(alone, |alone| {
        format!("{:.1}%", percent(alone - time, alone))
    })
}

/// Speed relative to the faster of one worker and the plain loop.
fn times(cell: &Cell<JobRunner>, alone: Option<f64>) -> String {
    let plain = cell.median(|r| r.timing.plain_ns as f64 / 1e6);
    let plain = Some(plain).filter(|&ms| ms > 0.0);
    let best = alone.into_iter().chain(plain).reduce(f64::min);
    let time = cell.median(JobRunner::time_ms);
    or_dashes(best, |best| format!("{:.2}", best / time))
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn report(threads: u32, ms: u64) -> JobRunner {
        let mut run = results::fixture!(JobRunner, "job-runner.padata");
        run.config = Config {
            size: 8,
            max_threads: threads,
            ..Config::default()
        };
        run.sum.elapsed_ns = ms * 1_000_000;
        (run.sum.workers, run.sum.chunks) = (threads, 8);
        run.timing.tail_ns = 2_000_000;
        (run.timing.first_ns, run.timing.last_ns) = (1000, 500);
        let mut worker = run.workers[0];
        (worker.take_ns, worker.look_ns) = (400, 90);
        run.workers = vec![worker; threads as usize];
        for (index, worker) in (0..).zip(&mut run.workers) {
            (worker.index, worker.vcpu) = (index, index);
        }
        run
    }

    pub fn point(threads: u32, times_ms: &[u64]) -> Cell<JobRunner> {
        let runs: Vec<_> = times_ms.iter().map(|&ms| report(threads, ms)).collect();
        Cell {
            config: runs[0].config,
            runs,
        }
    }

    #[test]
    fn speedup_is_the_time_saved_against_one_worker() {
        let cells = [point(4, &[287, 284, 290]), point(1, &[1092, 1096, 1100])];
        let mut text = String::new();
        block(&mut text, &cells, &title(&cells[0].config), 32);
        let rows: Vec<_> = text.lines().skip(3).take(2).collect();
        let alone = "   3% (  1)         --     1096.0 (    4.0)   1.00      2.0        34      1.5           8  PASS";
        let four = "  12% (  4)      73.8%      287.0 (    3.0)   3.82      2.0       103      1.5           8  PASS";
        assert_eq!(rows, [alone, four], "{text}");
    }
}
