// SPDX-License-Identifier: GPL-2.0

//! Hogs: neighbours of the guest that eat whole CPUs. Threads of whoever hosts it, so they end with it.

use std::fs;
use std::hint;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use rustix::thread::sched_setaffinity;
use vm_record::HogTime;

use crate::place::schedstat;
use crate::CpuList;

/// Hogs that eat until they are told to stop.
pub struct Hogs {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<HogTime>>,
}

impl Hogs {
    /// Starts one on each of these CPUs.
    pub fn start(cpus: &CpuList) -> Hogs {
        let stop = Arc::new(AtomicBool::new(false));
        let threads = cpus.iter().map(|cpu| {
            let stop = stop.clone();
            thread::spawn(move || eat(cpu, &stop))
        });
        Hogs {
            threads: threads.collect(),
            stop,
        }
    }

    /// Ends them; says what they ate.
    pub fn end(mut self) -> Vec<HogTime> {
        // Relaxed: nothing is handed over by it, and the join orders what the thread returns.
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

fn eat(cpu: usize, stop: &AtomicBool) -> HogTime {
    if let Err(error) = sched_setaffinity(None, &CpuList::single(cpu)) {
        eprintln!("hog on CPU {cpu}: {error}; it eats nothing");
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
    fn a_hog_eats_where_it_is_put_until_it_is_ended() {
        let allowed = CpuList::allowed().expect("the CPUs of this process");
        let cpu = allowed.round_robin(0);
        let hogs = Hogs::start(&cpu.to_string().parse().expect("a list"));
        thread::sleep(Duration::from_millis(100));
        let ate = hogs.end();
        assert_eq!(ate.len(), 1);
        assert_eq!(ate[0].cpu, cpu);
        assert!(ate[0].ran_ms + ate[0].waited_ms > 50.0, "{ate:?}");
    }
}
