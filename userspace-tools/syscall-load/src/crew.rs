// SPDX-License-Identifier: GPL-2.0

//! The processes of one run, from their start to their reports.

use std::{
    io::{BufRead, BufReader, Lines, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use anyhow::{bail, ensure, Context, Result};

use crate::{
    cli::{How, Kind},
    count::{now, Counted},
    worker::READY,
};

/// A process and the ends of its pipes; it is killed and reaped when dropped.
struct Process {
    child: Child,
    go: Option<ChildStdin>,
    says: Lines<BufReader<ChildStdout>>,
}

/// Runs `load` with that many workers; what each of them counted.
pub fn counted(load: &str, kind: Kind, workers: u32, how: &How) -> Result<Vec<Counted>> {
    let dir = tempfile::Builder::new()
        .prefix("syscall-load.")
        .tempdir_in(&how.dir)
        .with_context(|| format!("--dir {}", how.dir.display()))?;
    let mut processes = match kind {
        Kind::Threads => vec![Process::start(load, 0, workers, how, dir.path())?],
        Kind::Processes => (0..workers)
            .map(|i| Process::start(load, i, 1, how, dir.path()))
            .collect::<Result<_>>()?,
    };
    for process in &mut processes {
        let line = process.line(load)?;
        ensure!(line == READY, "{load}: a worker said `{line}`");
    }
    // All are ready: the window opens for all at one moment.
    let from = now() + how.warm_up_ms * 1_000_000;
    let to = from + how.run_ms * 1_000_000;
    for process in &mut processes {
        let go = process.go.as_mut().context("told twice")?;
        writeln!(go, "{from} {to}").context("a worker has gone")?;
    }
    let mut all = Vec::new();
    let each = workers as usize / processes.len();
    for process in &mut processes {
        for _ in 0..each {
            let line = process.line(load)?;
            all.push(
                serde_json::from_str(&line).with_context(|| format!("a worker said `{line}`"))?,
            );
        }
    }
    // One may serve the others, so all stay until the last has counted; the end of its input is
    // what ends a worker.
    for mut process in processes {
        process.go = None;
        let status = process.child.wait()?;
        ensure!(status.success(), "{load}: a worker ended with {status}");
    }
    Ok(all)
}

impl Process {
    fn start(load: &str, first: u32, threads: u32, how: &How, dir: &Path) -> Result<Self> {
        let me = std::env::current_exe().context("cannot find myself")?;
        let mut command = Command::new(me);
        command.arg("worker").arg(load);
        command.args(["--first", &first.to_string()]);
        command.args(["--threads", &threads.to_string()]);
        command.arg("--dir").arg(dir);
        if how.no_pin {
            command.arg("--no-pin");
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().context("cannot start a worker")?;
        let (Some(go), Some(says)) = (child.stdin.take(), child.stdout.take()) else {
            bail!("a worker without pipes");
        };
        Ok(Self {
            child,
            go: Some(go),
            says: BufReader::new(says).lines(),
        })
    }

    /// The next line; a worker that ends without one has said why on standard error.
    fn line(&mut self, load: &str) -> Result<String> {
        match self.says.next() {
            Some(line) => Ok(line?),
            None => bail!("{load}: a worker ended with {}", self.child.wait()?),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only if it has ended, which is what they are for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
