// SPDX-License-Identifier: GPL-2.0

//! `ids`: threads take unique numbers, in batches of `size` where there are batches.

use abi::bottleneck::{
    Config,
    Variant, //
};
use algo::{
    bottleneck::ids::{
        Busted,
        Exact,
        Ids,
        Sums, //
    },
    counter::BatchedIds,
    primitive::PerVcpu, //
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

/// Numbers, and what each thread took.
struct Unique<T> {
    ids: Padded<T>,
    taken: KVVec<Padded<Taken>>,
}

/// The [`Sums`] of one thread.
#[derive(Default)]
struct Taken {
    count: SingleWriter,
    sum: SingleWriter,
    squares: SingleWriter,
}

impl Taken {
    fn sums(&self) -> Sums {
        Sums {
            count: self.count.get(),
            sum: self.sum.get(),
            squares: self.squares.get(),
        }
    }

    fn set(&self, sums: &Sums) {
        self.count.set(sums.count);
        self.sum.set(sums.sum);
        self.squares.set(sums.squares);
    }
}

pub(crate) fn make(config: &Config) -> Made {
    match config.variant {
        Variant::Exact => case(Exact::new(), config),
        Variant::Percpu => case(BatchedIds::new(PerVcpu::new()?, config.size), config),
        Variant::Busted => case(Busted::new(), config),
        _ => no_such(config),
    }
}

fn case<T: Ids + Send + 'static>(ids: T, config: &Config) -> Made {
    boxed(Unique {
        ids: Padded(ids),
        taken: filled(config.threads, |_| Padded(Taken::default()))?,
    })
}

impl<T: Ids + Send> Case for Unique<T> {
    fn burst(&self, who: &Who<'_>, steps: u32) -> u32 {
        let Some(taken) = self.taken.get(who.index as usize) else {
            return 0;
        };
        taken.set(&hot_ids(&*self.ids, steps, taken.sums()));
        steps
    }

    fn settle(&self, to: &mut Findings) {
        let each = self.taken.iter().map(|taken| taken.sums());
        let (seen, due) = (each.fold(Sums::default(), Sums::with), self.ids.given());
        to.add("numbers", seen.count, due.count);
        to.add("their_sum", seen.sum, due.sum);
        to.add("their_squares", seen.squares, due.squares);
    }
}

/// The measured loop.
#[inline(never)]
fn hot_ids<T: Ids>(ids: &T, steps: u32, mut sums: Sums) -> Sums {
    for _ in 0..steps {
        sums.add(ids.next());
    }
    sums
}
