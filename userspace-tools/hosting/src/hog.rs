// SPDX-License-Identifier: GPL-2.0

//! CPU hogs: threads beside the guest that spin on whole CPUs. They end with the process that hosts it.

use std::fs;
use std::hint;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::thread::{self, JoinHandle};

use cpu_list::CpuList;
use rustix::thread::sched_setaffinity;
use vm_record::HogTime;

use crate::pinned::schedstat;

pub struct Hogs {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<HogTime>>,
}

impl Hogs {
    /// Starts them; each runs when this returns.
    pub fn start(cpus: &CpuList) -> Hogs {
        let stop = Arc::new(AtomicBool::new(false));
        // All of them, and this thread.
        let started = Arc::new(Barrier::new(cpus.count() + 1));
        let threads = cpus.iter().map(|cpu| {
            let (stop, started) = (stop.clone(), started.clone());
            thread::spawn(move || spin(cpu, &stop, &started))
        });
        let threads = threads.collect();
        started.wait();
        Hogs { stop, threads }
    }

    /// Stops them, and gives the CPU time of each.
    pub fn end(mut self) -> Vec<HogTime> {
        // Relaxed: publishes nothing; the join orders what the thread returns.
        self.stop.store(true, Ordering::Relaxed);
        let threads = self.threads.drain(..);
        threads.filter_map(|thread| thread.join().ok()).collect()
    }
}

impl Drop for Hogs {
    fn drop(&mut self) {
        // Relaxed: see above.
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn spin(cpu: usize, stop: &AtomicBool, started: &Barrier) -> HogTime {
    let bound = sched_setaffinity(None, &CpuList::mask(cpu));
    started.wait();
    if let Err(error) = bound {
        eprintln!("cannot bind a CPU hog to CPU {cpu}: {error}; it does not run");
        return HogTime::default();
    }
    // Relaxed: see where it is stored.
    while !stop.load(Ordering::Relaxed) {
        for _ in 0..1000 {
            hint::spin_loop();
        }
    }
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let (ran, waited) = schedstat(&text).unwrap_or_default();
    HogTime {
        cpu,
        ran_ms: ran as f64 / 1e6,
        waited_ms: waited as f64 / 1e6,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn hog_spins_on_its_cpu_until_it_is_stopped() {
        let allowed = CpuList::allowed().expect("the CPUs of this process");
        let hogs = Hogs::start(&allowed.take(1));
        thread::sleep(Duration::from_millis(100));
        let times = hogs.end();
        assert_eq!(times.len(), 1);
        assert_eq!(times[0].cpu, allowed.round_robin(0));
        assert!(times[0].ran_ms + times[0].waited_ms > 50.0, "{times:?}");
    }

    #[test]
    fn each_hog_is_bound_when_they_have_started() {
        let allowed = CpuList::allowed().expect("the CPUs of this process");
        for _ in 0..50 {
            let hogs = Hogs::start(&allowed);
            let tasks = fs::read_dir("/proc/self/task")
                .expect("our threads")
                .flatten();
            let statuses = tasks.map(|task| fs::read_to_string(task.path().join("status")));
            let bound: String = statuses.flatten().collect();
            for cpu in allowed.iter() {
                let line = format!("Cpus_allowed_list:\t{cpu}\n");
                assert!(bound.contains(&line), "no hog on CPU {cpu}");
            }
            drop(hogs.end());
        }
    }
}
