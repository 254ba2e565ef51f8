// SPDX-License-Identifier: GPL-2.0

//! Text of one run.

use abi::job_runner::Unsound;
use results::{
    table::{lines, time},
    JobRunner, Report,
};

use crate::{
    account::{account, line},
    compare::title,
};

/// End, coverage, time accounting, and a line for each worker.
pub fn show(report: &JobRunner) -> String {
    let (run, config) = (report.run, &report.config);
    let (sum, timing) = (&report.sum, &report.timing);
    if config.check > 0 {
        return random(report);
    }
    format!(
        "run {run}: {}\n\
         time      {} by {} workers, {} chunks; {}\n\
         coverage  {}{}: {} done once, {} missed, {} repeated\n\
         serial    {} to the first chunk, {} after the last; tail {}\n\
         helpers   {} of {} wanted; at most {} at a time\n\
         {}{}\n\n{}",
        title(config),
        time(sum.elapsed_ns),
        sum.workers,
        sum.chunks,
        end(report),
        report.outcome(),
        rule(report),
        sum.once,
        sum.missed,
        sum.repeated,
        time(timing.first_ns),
        time(timing.last_ns),
        time(timing.tail_ns),
        timing.helpers,
        timing.wanted,
        timing.most_helpers,
        extras(report),
        line(&account(std::slice::from_ref(report)), sum.workers, None).trim_start(),
        lines(&report.workers),
    )
}

/// How the job ended, with its error.
fn end(report: &JobRunner) -> String {
    let (timing, fault) = (&report.timing, &report.fault);
    let mut text = timing.ended.to_string();
    if fault.errno != 0 {
        text += &format!(
            " with errno {} at index {}, in chunk {}..{} of worker {}",
            fault.errno, fault.index, fault.chunk_start, fault.chunk_end, fault.worker
        );
    }
    if timing.undone > 0 || timing.disorder > 0 {
        text += &format!(
            "; {} undone in {}, {} out of order",
            timing.undone,
            time(timing.undo_ns),
            timing.disorder
        );
    }
    text
}

/// The total and the plain loop of jobs that have them.
fn extras(report: &JobRunner) -> String {
    let timing = &report.timing;
    let mut text = String::new();
    if timing.expected > 0 {
        let (total, expected) = (timing.total, timing.expected);
        text += &format!("total     {total} of {expected} expected\n");
    }
    if timing.plain_ns > 0 {
        text += &format!(
            "plain     {} by the fastest plain loop: {:.2}x\n",
            time(timing.plain_ns),
            timing.plain_ns as f64 / report.sum.elapsed_ns.max(1) as f64
        );
    }
    text
}

/// The rule that a job broke, and which job.
fn rule(report: &JobRunner) -> String {
    match report.unsound {
        None => String::new(),
        Some(Unsound { job: 0, rule }) => format!(" (rule `{rule}`)"),
        Some(Unsound { job, rule }) => format!(" (rule `{rule}`, first by job {job})"),
    }
}

/// Random jobs.
fn random(report: &JobRunner) -> String {
    let oracle = &report.oracle;
    format!(
        "run {}: {}\n\
         random jobs  {} in {}\n\
         coverage     {}{}: sound {} of {}\n\
         results      {} failed, {} cancelled, {} late; {} undone",
        report.run,
        title(&report.config),
        oracle.jobs,
        time(report.sum.elapsed_ns),
        report.outcome(),
        rule(report),
        oracle.sound,
        oracle.jobs,
        oracle.failed,
        oracle.cancelled,
        oracle.late,
        oracle.undid,
    )
}
