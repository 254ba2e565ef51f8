// SPDX-License-Identifier: GPL-2.0

//! `ids`: threads take unique numbers; `percpu` takes them in batches of `size`.

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

use crate::prelude::*;

/// A source of numbers, and the numbers that each thread took.
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

#[expect(clippy::extra_unused_type_parameters, reason = "all makers have it")]
pub(super) fn make<L>(config: &Config, _: &Limits) -> Made {
    match config.variant {
        Variant::Exact => workload(Exact::default(), config),
        Variant::Percpu => workload(BatchedIds::new(PerVcpu::new()?, config.size), config),
        Variant::Busted => workload(Busted::default(), config),
        _ => no_such_variant(config),
    }
}

fn workload<T: Ids + Send + 'static>(ids: T, config: &Config) -> Made {
    boxed(Unique {
        ids: Padded(ids),
        taken: filled(config.threads, |_| Padded(Taken::default()))?,
    })
}

impl<T: Ids + Send> Workload for Unique<T> {
    fn burst(&self, thread: &Thread<'_>, steps: u32) -> u32 {
        let Some(taken) = self.taken.get(thread.index as usize) else {
            return 0;
        };
        taken.set(&hot_ids(&*self.ids, steps, taken.sums()));
        steps
    }

    fn audit(&self, to: Findings<'_>) {
        let each = self.taken.iter().map(|taken| taken.sums());
        let (seen, due) = (each.fold(Sums::default(), Sums::with), self.ids.given());
        to("numbers", seen.count, due.count);
        to("their_sum", seen.sum, due.sum);
        to("their_squares", seen.squares, due.squares);
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
