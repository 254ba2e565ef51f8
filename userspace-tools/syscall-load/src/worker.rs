// SPDX-License-Identifier: GPL-2.0

//! One process of a run: makes its workers ready, says so, waits for the window, counts, reports.

use std::{
    io::{stdin, stdout, BufRead, Write},
    path::Path,
    sync::mpsc,
    thread,
};

use anyhow::{anyhow, Context, Result};

use crate::{
    cli::Worker as Args,
    count::{count, Counted, Window},
    load::{Load, Place, Work},
    loads, place,
};

/// What it says when all its workers are ready.
pub const READY: &str = "ready";

/// Is a process of a run.
pub fn worker(args: &Args) -> Result<()> {
    match args.threads {
        // One worker is the process itself: a second thread, though it only waits, has the kernel
        // count references to files and take locks that a process alone is spared.
        1 => {
            let mut work = begin(args, args.first)?;
            say(READY)?;
            report(count(&mut *work, window()?)?)?;
            stay()
        }
        _ => threads(args).and_then(|()| stay()),
    }
}

/// Waits for the end of the input: other workers may need what this process serves.
fn stay() -> Result<()> {
    std::io::copy(&mut stdin().lock(), &mut std::io::sink())?;
    Ok(())
}

fn threads(args: &Args) -> Result<()> {
    let (ready, readies) = mpsc::channel();
    thread::scope(|scope| {
        let mut gates = Vec::new();
        let mut threads = Vec::new();
        for worker in args.first..args.first + args.threads {
            let (gate, window) = mpsc::channel();
            gates.push(gate);
            let ready = ready.clone();
            threads.push(scope.spawn(move || -> Result<Counted> {
                let mut work = begin(args, worker)?;
                ready.send(())?;
                count(&mut *work, window.recv().context("told to go home")?)
            }));
        }
        drop(ready);
        // A worker that fails hangs up, so this ends either way; why it failed is told below.
        if readies.iter().take(threads.len()).count() == threads.len() {
            say(READY)?;
            let window = window()?;
            for gate in &gates {
                // One that has gone tells why below.
                let _ = gate.send(window);
            }
        }
        drop(gates);
        threads.into_iter().try_for_each(|thread| {
            let counted = thread.join().map_err(|_| anyhow!("a worker panicked"))?;
            report(counted?)
        })
    })
}

/// Binds the calling thread and makes its work.
fn begin(args: &Args, worker: u32) -> Result<Box<dyn Work>> {
    let load = loads::named(&args.load).context("no such load")?;
    if !args.no_pin {
        place::bind(worker, &place::cpus()?)?;
    }
    prepare(load, worker, &args.dir)
}

fn report(counted: Counted) -> Result<()> {
    say(&serde_json::to_string(&counted)?)
}

fn prepare(load: &Load, worker: u32, dir: &Path) -> Result<Box<dyn Work>> {
    let (shared, own) = (dir.join("shared"), dir.join(format!("own{worker}")));
    for folder in [&shared, &own] {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let place = Place {
        worker,
        shared: &shared,
        own: &own,
    };
    (load.make)(&place).with_context(|| format!("{}: cannot prepare", load.name))
}

/// The window, as `run` writes it: two numbers.
fn window() -> Result<Window> {
    let mut line = String::new();
    stdin().lock().read_line(&mut line)?;
    let mut numbers = line.split_whitespace().map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(from)), Some(Ok(to))) => Ok(Window { from, to }),
        _ => anyhow::bail!("told `{}` instead of a window", line.trim()),
    }
}

fn say(line: &str) -> Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "{line}")?;
    out.flush().context("cannot write to standard output")
}
