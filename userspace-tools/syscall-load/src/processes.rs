// SPDX-License-Identifier: GPL-2.0

//! Worker processes of one run, from their start to their reports.

use std::{
    io::{BufRead, BufReader, Lines, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    thread,
    time::Duration,
};

use anyhow::{bail, ensure, Context, Result};

use crate::{
    cli::{How, Kind},
    count::{now, Counted, Window},
    profile::{Profile, Profiler},
    worker::READY,
};

/// A process and the ends of its pipes; it is killed and reaped when dropped.
struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
}

/// Runs `load` with this many workers; gives the count of each, and the profile if one is asked for.
pub fn count(
    load: &str,
    kind: Kind,
    workers: u32,
    how: &How,
) -> Result<(Vec<Counted>, Option<Profile>)> {
    let dir = tempfile::Builder::new()
        .prefix("syscall-load.")
        .tempdir_in(&how.dir)
        .with_context(|| format!("cannot make a folder in --dir {}", how.dir.display()))?;
    let mut processes = match kind {
        Kind::Threads => vec![Process::start(load, 0, workers, how, dir.path())?],
        Kind::Processes => (0..workers)
            .map(|i| Process::start(load, i, 1, how, dir.path()))
            .collect::<Result<_>>()?,
    };
    for process in &mut processes {
        let line = process.line(load)?;
        ensure!(line == READY, "{load}: a worker sent `{line}`");
    }
    let length = Duration::from_millis(how.run_ms);
    let profiler = how.profile.then(|| Profiler::new(length)).transpose()?;
    // All are ready: the window opens for all at one moment.
    let from = now() + how.warm_up_ms * 1_000_000;
    let to = from + how.run_ms * 1_000_000;
    let window = serde_json::to_string(&Window { from, to })?;
    for process in &mut processes {
        let stdin = process.stdin.as_mut().context("no pipe to a worker")?;
        writeln!(stdin, "{window}").context("a worker has ended")?;
    }
    let profile = profiler.map(|profiler| profile(profiler, from, length));
    let profile = profile.transpose()?.flatten();
    let mut counted = Vec::new();
    let each = workers as usize / processes.len();
    for process in &mut processes {
        for _ in 0..each {
            let line = process.line(load)?;
            let parsed = serde_json::from_str(&line);
            counted.push(parsed.with_context(|| format!("a worker sent `{line}`"))?);
        }
    }
    // One may serve the others, so all stay until the last has counted; the end of its input ends a worker.
    for mut process in processes {
        process.stdin = None;
        let status = process.child.wait()?;
        ensure!(status.success(), "{load}: a worker ended with {status}");
    }
    Ok((counted, profile))
}

/// Samples the window that opens at `from`.
fn profile(mut profiler: Profiler, from: u64, length: Duration) -> Result<Option<Profile>> {
    thread::sleep(Duration::from_nanos(from.saturating_sub(now())));
    profiler.begin()?;
    thread::sleep(length);
    profiler.end()
}

impl Process {
    fn start(load: &str, first: u32, threads: u32, how: &How, dir: &Path) -> Result<Self> {
        let program = std::env::current_exe().context("the path of syscall-load")?;
        let mut command = Command::new(program);
        command.arg("worker").arg(load);
        command.args(["--first", &first.to_string()]);
        command.args(["--threads", &threads.to_string()]);
        command.arg("--dir").arg(dir);
        if how.no_pin {
            command.arg("--no-pin");
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().context("cannot start a worker")?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            bail!("a worker without pipes");
        };
        Ok(Self {
            child,
            stdin: Some(stdin),
            lines: BufReader::new(stdout).lines(),
        })
    }

    /// The next line; a worker that ends without one has reported why on standard error.
    fn line(&mut self, load: &str) -> Result<String> {
        match self.lines.next() {
            Some(line) => Ok(line?),
            None => bail!("{load}: a worker ended with {}", self.child.wait()?),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
