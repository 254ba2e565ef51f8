// SPDX-License-Identifier: GPL-2.0

//! `stats`: threads create and remove inodes, which a counter counts; one operation in `every`
//! reads it.
//!
//! After Piggin, "Scaling the Linux VFS", LinuxCon 2009: `inodes_stat.nr_inodes`, today a counter
//! per vCPU (`fs/inode.c`), summed up on each read.

use algo::{
    counter::{
        Counter,
        Exact,
        PercpuExact, //
    },
    primitive::{
        keep,
        PerVcpu, //
    }, //
};

use crate::prelude::*;

/// The last of so many operations removes an inode; the others create one.
const ROUND: u32 = 4;

/// A counter, and its expected value.
struct Stats<C> {
    number: Padded<C>,
    /// What each thread added.
    net: KVVec<Padded<SingleWriter>>,
    every: u32,
}

#[expect(clippy::extra_unused_type_parameters, reason = "all makers have it")]
pub(super) fn make<L>(config: &Config, _: &Limits) -> Made {
    match config.variant {
        Variant::Exact => workload(Exact::new(), config),
        Variant::Percpu => workload(PercpuExact::new(PerVcpu::new()?), config),
        _ => no_such_variant(config),
    }
}

fn workload<C: Counter + Send + 'static>(number: C, config: &Config) -> Made {
    boxed(Stats {
        number: Padded(number),
        net: filled(config.threads, |_| Padded(SingleWriter::default()))?,
        every: config.every,
    })
}

impl<C: Counter + Send> Workload for Stats<C> {
    fn burst(&self, thread: &Thread<'_>, steps: u32) -> u32 {
        let net = hot_stats(&*self.number, steps, self.every);
        if let Some(mine) = self.net.get(thread.index as usize) {
            mine.add(net);
        }
        steps
    }

    fn audit(&self, to: Findings<'_>) {
        let due = self.net.iter().map(|net| net.get());
        let due = due.fold(0, u64::wrapping_add);
        to("inodes", self.number.read() as u64, due);
    }
}

/// The measured loop. Returns how many more inodes were created than removed.
#[inline(never)]
fn hot_stats<C: Counter>(number: &C, steps: u32, every: u32) -> u64 {
    let (mut net, mut read) = (0i64, 0u32);
    for step in 1..=steps {
        let n = if step % ROUND == 0 { -1 } else { 1 };
        number.add(n);
        net = net.wrapping_add(n);
        read = read.wrapping_add(1);
        if read == every {
            keep(number.read());
            read = 0;
        }
    }
    net as u64
}
