// SPDX-License-Identifier: GPL-2.0

//! Read sides: readers are inside together, no writer is beside them, and each sees what the other left.

use algo::{
    lock::{self, Lock},
    primitive::{cpu_relax, Acquire, Atomic, Relaxed, Release},
    ContentionFlag,
};

use crate::{
    support::{check, Arc, Bare, ROUNDS},
    vcpus, waiter,
};

/// What a writer changes word by word. loom reports a read beside a write, and one that does not see the
/// last; threads find the words unequal.
struct Words(Bare, Bare);

impl Words {
    fn write(&self) {
        self.0.bump();
        self.1.bump();
    }

    fn read(&self) -> u32 {
        assert_eq!(self.0.get(), self.1.get(), "a reader is beside a writer");
        self.0.get()
    }
}

/// Step of a thread.
#[derive(Clone, Copy, PartialEq)]
pub enum Step {
    Read,
    Write,
    Try,
}
pub use Step::{Read, Try, Write};

/// Runs a thread for each of `threads`, which repeats its steps.
pub fn share<L: Lock + Send + 'static>(
    preemptions: usize,
    threads: &'static [&'static [Step]],
    new: fn() -> L,
) {
    check(preemptions, move || {
        let shared = Arc::new((new(), Words(Bare::new(), Bare::new()), Atomic::new(0u32)));
        let theirs = shared.clone();
        vcpus(threads.len() as u32, move |thread| {
            let ((lock, words, written), me) = (&*theirs, waiter(0));
            let mut writes = 0;
            let mut write = || {
                words.write();
                writes += 1;
            };
            for step in (0..ROUNDS).flat_map(|_| threads[thread as usize]) {
                match step {
                    Read => drop(lock.with_shared(&me, || words.read())),
                    Write => lock.with(&me, &mut write),
                    Try => drop(lock.try_with(&me, &mut write)),
                }
            }
            written.add(writes, Relaxed);
        });
        // It is free again, for either.
        let me = waiter(0);
        let (lock, words, written) = &*shared;
        assert_eq!(
            lock.with_shared(&me, || words.read()),
            written.load(Relaxed)
        );
        assert!(lock.try_with(&me, || ()).is_some());
    });
}

/// Two readers stay inside until both are. A lock with slots may have given both the same one, and then
/// they wait in vain; other threads have other slots.
pub fn readers_are_inside_together<L: Lock + Send + 'static>(new: fn() -> L) {
    check(2, move || {
        let met = (0..50).any(|_| {
            let shared = Arc::new((new(), Atomic::new(0u32), Atomic::new(0u32)));
            let theirs = shared.clone();
            vcpus(2, move |_| {
                let (lock, inside, met) = &*theirs;
                lock.with_shared(&waiter(0), || {
                    inside.add(1, Relaxed);
                    let both = || inside.load(Relaxed) == 2;
                    let wait = || cpu_relax();
                    (0..20_000).take_while(|_| !both()).for_each(|_| wait());
                    met.add(both().into(), Relaxed);
                });
            });
            shared.2.load(Relaxed) == 2
        });
        assert!(met, "no two readers were inside together");
    });
}

/// Tests of one lock with a read side.
macro_rules! shares {
    ($name:ident, $type:ty) => {
        mod shares {
            use super::*;
            use crate::of_three;
            use crate::readers::{
                readers_are_inside_together, share,
                Step::{Read, Try, Write},
            };

            #[test]
            fn a_writer_excludes_a_reader() {
                share(4, &[&[Read], &[Write]], <$type>::new);
            }

            #[test]
            fn each_reads_and_writes() {
                share(3, &[&[Write, Read], &[Read, Write]], <$type>::new);
            }

            #[test]
            fn a_writer_excludes_one_that_reads_again() {
                share(3, &[&[Read, Read, Read], &[Write]], <$type>::new);
            }

            #[test]
            fn a_writer_excludes_two_readers() {
                share(
                    of_three(stringify!($name)),
                    &[&[Read], &[Read], &[Write]],
                    <$type>::new,
                );
            }

            #[test]
            fn two_writers_exclude_a_reader() {
                share(
                    of_three(stringify!($name)),
                    &[&[Read], &[Write], &[Write]],
                    <$type>::new,
                );
            }

            #[test]
            fn a_trylock_excludes_a_reader() {
                share(3, &[&[Read, Read], &[Try, Write]], <$type>::new);
            }

            #[test]
            fn a_trylock_that_fails_leaves_it_to_others() {
                share(
                    of_three(stringify!($name)),
                    &[&[Read, Read], &[Write, Try], &[Read]],
                    <$type>::new,
                );
            }

            #[test]
            fn readers_are_inside_together_for_some_time() {
                readers_are_inside_together(<$type>::new);
            }
        }
    };
}
pub(crate) use shares;

/// Thread 0 is inside, and comes back as soon as it has left; thread 1 began to wait while it was inside.
/// Returns whether thread 1 was inside before it came back.
fn comes_between<L: Lock + Send + 'static>(
    new: fn() -> L,
    first: fn(&L, &algo::Waiter, &dyn Fn()),
    other: fn(&L, &algo::Waiter, &dyn Fn()),
) {
    for _ in 0..if cfg!(loom) { 1 } else { 500 } {
        check(3, move || {
            let idle = || Atomic::new(false);
            let shared = (new(), ContentionFlag::new(), idle(), idle());
            // Not loom's: that one cannot be dropped in a panic.
            let theirs = std::sync::Arc::new(shared);
            vcpus(2, move |thread| {
                let (lock, flag, held, done) = &*theirs;
                let me = waiter(0);
                if thread == 0 {
                    first(lock, &me, &|| {
                        held.store(true, Release);
                        while flag.waiters() == 0 {
                            cpu_relax();
                        }
                    });
                    first(lock, &me, &|| {
                        assert!(done.load(Relaxed), "the other waits for a second phase");
                    });
                    return;
                }
                while !held.load(Acquire) {
                    cpu_relax();
                }
                me.wait_clock.enable(1);
                me.wait_clock.counting_in(flag, || {
                    other(lock, &me, &|| {
                        me.wait_clock.end();
                        done.store(true, Relaxed);
                    });
                });
            });
        });
    }
}

fn write<L: Lock>(lock: &L, me: &algo::Waiter, body: &dyn Fn()) {
    lock.with(me, body);
}

fn read<L: Lock>(lock: &L, me: &algo::Waiter, body: &dyn Fn()) {
    lock.with_shared(me, body);
}

#[test]
fn phase_fair_reader_waits_for_one_writer() {
    comes_between(lock::PhaseFair::new, write, read);
}

#[test]
fn phase_fair_writer_waits_for_one_phase_of_readers() {
    comes_between(lock::PhaseFair::new, read, write);
}

#[test]
fn percpu_writer_waits_for_one_phase_of_readers() {
    comes_between(lock::PerCpu::new, read, write);
}

/// Controls of the two tests above: locks that are not phase-fair. Threads need not meet the race.
#[cfg(loom)]
#[test]
#[should_panic(expected = "second phase")]
fn percpu_reader_may_wait_for_two_writers() {
    comes_between(lock::PerCpu::new, write, read);
}

#[cfg(loom)]
#[test]
#[should_panic(expected = "second phase")]
fn brlock_writer_may_wait_for_a_reader_twice() {
    comes_between(lock::BrLock::new, read, write);
}

#[cfg(loom)]
#[test]
#[should_panic(expected = "Causality violation")]
fn busted_readers_are_caught() {
    share(2, &[&[Read], &[Write]], lock::BustedReaders::new);
}
