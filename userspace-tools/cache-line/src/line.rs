// SPDX-License-Identifier: GPL-2.0

//! One number alone on its cache line, and threads that add to it.

use std::{
    hint::spin_loop,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    thread,
    time::{Duration, Instant},
};

use anyhow::{anyhow, ensure, Context, Result};
use cpu_list::CpuList;
use rustix::thread::sched_setaffinity;

use crate::cycles::now;

/// Turns of a group, of both threads.
const GROUP: u64 = 100;
/// When a run ends although groups are missing: the other CPU may be taken by others.
const DEADLINE: Duration = Duration::from_secs(60);

/// Two lines' worth, since processors fetch lines in pairs.
#[derive(Default)]
#[repr(align(128))]
pub struct Line(AtomicU64);

/// Cycles of an addition to a line that no other CPU touches, by groups.
pub fn own(cpu: usize, groups: usize) -> Result<Vec<f64>> {
    let of_one = thread::spawn(move || {
        bind(cpu)?;
        let line = Line::default();
        let groups = (0..groups).map(|_| {
            let from = now();
            for _ in 0..GROUP {
                line.0.fetch_add(1, SeqCst);
            }
            (now() - from) as f64 / GROUP as f64
        });
        Ok(groups.collect())
    });
    of_one.join().map_err(|_| anyhow!("a thread panicked"))?
}

impl Line {
    /// Cycles of an addition after one by the other CPU, by groups in increasing order.
    pub fn in_turns(&self, cpus: [usize; 2], groups: usize) -> Result<Vec<f64>> {
        let stop = AtomicBool::new(false);
        let mut cycles = thread::scope(|scope| {
            let second = scope.spawn(|| {
                bind(cpus[1]).inspect_err(|_| stop.store(true, SeqCst))?;
                while !stop.load(SeqCst) {
                    self.turn(1, &stop);
                }
                anyhow::Ok(())
            });
            let first = scope.spawn(|| {
                let cycles = bind(cpus[0]).map(|()| self.lead(groups, &stop));
                stop.store(true, SeqCst);
                cycles
            });
            let ended = second.join();
            let cycles = first.join().map_err(|_| anyhow!("a thread panicked"))??;
            ended.map_err(|_| anyhow!("a thread panicked"))??;
            anyhow::Ok(cycles)
        })?;
        ensure!(
            cycles.len() == groups,
            "{} of {groups} groups of turns in {DEADLINE:?}: the CPUs are taken. Try: fewer --groups, a quiet host",
            cycles.len()
        );
        cycles.sort_by(f64::total_cmp);
        Ok(cycles)
    }

    /// The first thread, which measures.
    fn lead(&self, groups: usize, stop: &AtomicBool) -> Vec<f64> {
        let (began, mut cycles) = (Instant::now(), Vec::new());
        while cycles.len() < groups && began.elapsed() < DEADLINE && !stop.load(SeqCst) {
            let from = now();
            (0..GROUP / 2).for_each(|_| self.turn(0, stop));
            cycles.push((now() - from) as f64 / GROUP as f64);
        }
        cycles
    }

    /// Waits until the number has the parity `mine`, and adds to it.
    fn turn(&self, mine: u64, stop: &AtomicBool) {
        let mut looks = 0u32;
        while self.0.load(SeqCst) % 2 != mine {
            spin_loop();
            looks = looks.wrapping_add(1);
            // The line of `stop` is shared, so that looking at it costs little.
            if looks % 256 == 0 && stop.load(SeqCst) {
                return;
            }
        }
        self.0.fetch_add(1, SeqCst);
    }
}

fn bind(cpu: usize) -> Result<()> {
    let mask = CpuList::mask(cpu);
    sched_setaffinity(None, &mask).with_context(|| format!("cannot bind to CPU {cpu}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_alternate_and_are_counted() {
        let cpus = CpuList::allowed().unwrap();
        if cpus.count() < 2 {
            return;
        }
        let line = Line::default();
        let cpus = [cpus.round_robin(0), cpus.round_robin(1)];
        let cycles = line.in_turns(cpus, 10).unwrap();
        let turns = line.0.load(SeqCst);
        // The second thread may have had one turn more.
        assert!((10 * GROUP - 1..=10 * GROUP).contains(&turns), "{turns}");
        assert!(cycles.iter().all(|cycles| *cycles > 1.0), "{cycles:?}");
    }

    #[test]
    fn every_group_of_a_line_of_ones_own_is_measured() {
        let cycles = own(CpuList::allowed().unwrap().round_robin(0), 50).unwrap();
        assert_eq!(cycles.len(), 50);
        assert!(cycles.iter().all(|cycles| *cycles > 1.0), "{cycles:?}");
    }
}
