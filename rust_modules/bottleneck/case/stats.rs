// SPDX-License-Identifier: GPL-2.0

//! `stats`: a number of inodes, which threads create and end, and look up once in a while.
//!
//! After Piggin, "Scaling the Linux VFS", LinuxCon 2009: `inodes_stat.nr_inodes`, which today is
//! a number on each vCPU (`fs/inode.c`), added up for whoever reads it.

use abi::bottleneck::{
    Config,
    Variant, //
};
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
use kernel::prelude::*;
use rig::{
    Padded, //
    SingleWriter,
};

use super::{
    Case,
    Who, //
};
use crate::{
    findings::Findings,
    store::filled,
    table::{
        boxed,
        no_such,
        Made, //
    }, //
};

/// Of so many operations the last ends an inode, and the others create one.
const ROUND: u32 = 4;

/// A number, and what it must come to.
struct Stats<C> {
    number: Padded<C>,
    /// What each thread made of it.
    net: KVVec<Padded<SingleWriter>>,
    /// It is read once in so many operations; 0: never.
    every: u32,
}

pub(crate) fn make(config: &Config) -> Made {
    match config.variant {
        Variant::Exact => stats(Exact::new(), config),
        Variant::Percpu => stats(PercpuExact::new(PerVcpu::new()?), config),
        _ => no_such(config),
    }
}

fn stats<C: Counter + Send + 'static>(number: C, config: &Config) -> Made {
    let net = filled(config.threads, |_| Padded(SingleWriter::default()))?;
    boxed(Stats {
        number: Padded(number),
        net,
        every: config.every,
    })
}

impl<C: Counter + Send> Case for Stats<C> {
    fn burst(&self, who: &Who<'_>, steps: u32) -> u32 {
        let net = hot_stats(&*self.number, steps, self.every);
        if let Some(mine) = self.net.get(who.index as usize) {
            mine.add(net);
        }
        steps
    }

    fn settle(&self, to: &mut Findings) {
        let due = self.net.iter().map(|net| net.get());
        let due = due.fold(0, u64::wrapping_add);
        to.add("inodes", self.number.read() as u64, due);
    }
}

/// The measured loop. Returns how many more were created than ended.
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
