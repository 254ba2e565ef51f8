// SPDX-License-Identifier: GPL-2.0

//! `file_list`: threads close and open `size` files.
//!
//! One operation in `every` closes a file that another thread opened; `write_permille` of 1000
//! operations walk along all. After Piggin, "Scaling the Linux VFS", LinuxCon 2009.

use algo::bottleneck::file_list::{
    files,
    Busted,
    File,
    FileList,
    Held,
    One,
    Oracle,
    Percpu,
    Users, //
};

use crate::{
    prelude::*,
    storage::lanes, //
};

/// A list and its users.
struct Files<F> {
    users: Users<F, KVVec<Held>, KVVec<Oracle>>,
    walks_permille: u32,
    traded_every: u32,
}

pub(super) fn make<L: Lock + Send + 'static>(config: &Config, _: &Limits) -> Made {
    let closed = || defaults::<File>(files(config.threads, each(config)));
    match config.variant {
        Variant::One => workload(One::<L, _>::new(closed()?), config),
        Variant::Percpu => workload(Percpu::<_, _>::new(closed()?, lanes::<L, _>()?), config),
        Variant::Busted => workload(Busted::new(closed()?, lanes::<L, _>()?), config),
        _ => no_such_variant(config),
    }
}

/// Files of a thread.
fn each(config: &Config) -> u32 {
    config.size.checked_div(config.threads).unwrap_or(0).max(1)
}

fn workload<F: FileList + Send + 'static>(list: F, config: &Config) -> Made {
    let each = each(config);
    let all = files(config.threads, each);
    let (held, oracles) = (filled(all, Held::new)?, defaults(all)?);
    boxed(Files {
        users: Users::new(list, held, oracles, config.threads, each),
        walks_permille: config.write_permille,
        traded_every: config.every,
    })
}

impl<F: FileList + Send> Workload for Files<F> {
    fn burst(&self, thread: &Thread<'_>, steps: u32) -> u32 {
        hot_file_list(self, thread, steps);
        steps
    }

    fn audit(&self, to: Findings<'_>) {
        self.users.audit(&Waiter::default(), to);
    }
}

/// The measured loop.
#[inline(never)]
fn hot_file_list<F: FileList>(files: &Files<F>, thread: &Thread<'_>, steps: u32) {
    for _ in 0..steps {
        if thread.random.permille(files.walks_permille) {
            thread.note(files.users.check(thread.waiter));
            continue;
        }
        let which = thread.random.next() as u32;
        let traded = thread.one_in(files.traded_every);
        files.users.step(thread.index, which, traded, thread.waiter);
    }
}
