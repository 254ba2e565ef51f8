// SPDX-License-Identifier: GPL-2.0

//! One process of a run: prepares its workers, reports ready, waits for the window, counts, reports.

use std::{
    io::{stdin, BufRead},
    path::Path,
    sync::mpsc,
    thread,
};

use anyhow::{anyhow, Context, Result};
use cpu_list::CpuList;
use rustix::thread::sched_setaffinity;

use crate::{
    cli::WorkerOptions,
    count::{count, Counted, Window},
    load::{Load, Place, Work},
    loads,
    output::print,
};

pub const READY: &str = "ready";

pub fn run(options: &WorkerOptions) -> Result<()> {
    match options.threads {
        // One worker is the process itself: a second thread, though it only waits, makes the kernel
        // count references to files and take locks that a process alone is spared.
        1 => {
            let mut work = begin(options, options.first)?;
            print(READY)?;
            report(count(&mut *work, window()?)?)?;
        }
        _ => threads(options)?,
    }
    // Until the end of the input this process may serve other workers.
    std::io::copy(&mut stdin().lock(), &mut std::io::sink())?;
    Ok(())
}

fn threads(options: &WorkerOptions) -> Result<()> {
    let (ready, readies) = mpsc::channel();
    thread::scope(|scope| {
        let mut gates = Vec::new();
        let mut threads = Vec::new();
        for worker in options.first..options.first + options.threads {
            let (gate, window) = mpsc::channel();
            gates.push(gate);
            let ready = ready.clone();
            threads.push(scope.spawn(move || -> Result<Counted> {
                let mut work = begin(options, worker)?;
                ready.send(())?;
                count(&mut *work, window.recv().context("another worker failed")?)
            }));
        }
        drop(ready);
        // A worker that fails drops its sender, so this ends either way; its error is reported below.
        if readies.iter().take(threads.len()).count() == threads.len() {
            print(READY)?;
            let window = window()?;
            for gate in &gates {
                // The error of one that has ended is reported below.
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

fn begin(options: &WorkerOptions, worker: u32) -> Result<Box<dyn Work>> {
    let load = loads::named(&options.load).context("no such load")?;
    if !options.no_pin {
        let cpu = CpuList::allowed()?.round_robin(worker as usize);
        sched_setaffinity(None, &CpuList::mask(cpu))
            .with_context(|| format!("cannot bind to CPU {cpu}"))?;
    }
    prepare(load, worker, &options.dir)
}

fn report(counted: Counted) -> Result<()> {
    print(&serde_json::to_string(&counted)?)
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
    (load.prepare)(&place).with_context(|| format!("{}: cannot prepare", load.name))
}

fn window() -> Result<Window> {
    let mut line = String::new();
    stdin().lock().read_line(&mut line)?;
    serde_json::from_str(&line).with_context(|| format!("`{}` is no window", line.trim()))
}
