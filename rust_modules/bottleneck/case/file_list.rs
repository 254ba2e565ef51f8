// SPDX-License-Identifier: GPL-2.0

//! `file_list`: `size` open files, closed and opened anew; one in `every` by another thread than
//! the one that opened it, and `write_permille` of 1000 operations walk along all.
//!
//! After Piggin, "Scaling the Linux VFS", LinuxCon 2009.

use abi::bottleneck::{
    Config,
    Lock as LockName,
    Variant, //
};
use algo::{
    bottleneck::file_list::{
        files,
        Busted,
        File,
        FileList,
        Held,
        Lane,
        One,
        Percpu,
        Truth,
        Work, //
    },
    lock::{
        Lock,
        PvQueued,
        Ticket, //
    },
    Waiter, //
};
use kernel::prelude::*;

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
    },
    timed::Timed, //
};

/// A walk takes the locks of all lanes, one within the other on one stack: so there are no more.
const LANES: u32 = 32;

/// A list, and who uses it.
struct Files<F> {
    work: Work<F, KVVec<Held>, KVVec<Truth>>,
    walks_permille: u32,
    given_away_every: u32,
}

pub(crate) fn make(config: &Config) -> Made {
    match config.lock {
        LockName::Ticket => with::<Timed<Ticket>>(config),
        LockName::PvQueued => with::<Timed<PvQueued>>(config),
    }
}

fn with<L: Lock + Send + 'static>(config: &Config) -> Made {
    let each = each(config);
    let closed = || filled(files(config.threads, each), |_| File::default());
    let lanes = || filled(rig::possible_vcpus().min(LANES), |_| Lane::<L>::new());
    match config.variant {
        Variant::One => users(One::<L, _>::new(closed()?), config),
        Variant::Percpu => users(Percpu::new(closed()?, lanes()?), config),
        Variant::Busted => users(Busted::new(closed()?, lanes()?), config),
        _ => no_such(config),
    }
}

/// Files of a thread.
fn each(config: &Config) -> u32 {
    config.size.checked_div(config.threads).unwrap_or(0).max(1)
}

fn users<F: FileList + Send + 'static>(list: F, config: &Config) -> Made {
    let each = each(config);
    let all = files(config.threads, each);
    let held = filled(all, Held::new)?;
    let truths = filled(all, |_| Truth::default())?;
    boxed(Files {
        work: Work::new(list, held, truths, config.threads, each),
        walks_permille: config.write_permille,
        given_away_every: config.every,
    })
}

impl<F: FileList + Send> Case for Files<F> {
    fn burst(&self, who: &Who<'_>, steps: u32) -> u32 {
        hot_files(self, who, steps);
        steps
    }

    fn settle(&self, to: &mut Findings) {
        let seen = &mut |name, seen, due| to.add(name, seen, due);
        self.work.settle(&Waiter::default(), seen);
    }
}

/// The measured loop.
#[inline(never)]
fn hot_files<F: FileList>(files: &Files<F>, who: &Who<'_>, steps: u32) {
    for _ in 0..steps {
        if who.random.permille(files.walks_permille) {
            if let Err(name) = files.work.check(who.waiter) {
                who.found.wrong(name);
            }
            continue;
        }
        let which = who.random.next() as u32;
        let given_away = who.one_in(files.given_away_every);
        files.work.step(who.index, which, given_away, who.waiter);
    }
}
