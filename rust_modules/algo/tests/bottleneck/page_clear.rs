// SPDX-License-Identifier: GPL-2.0

//! An installed page is all clear, and is installed once.

#[cfg(loom)]
use std::sync::atomic::{AtomicU64, Ordering};

use algo::{
    bottleneck::page_clear::{
        Entry, Fault, Faults, Inside, Installed, Mapped, Memory, Outside, Processes, Space, Users,
    },
    lock::{Lock, PvQueued, Ticket},
    primitive::{Atomic, Relaxed},
    Waiter,
};

use crate::{check, findings, many, passes, race, support::Arc, waiter, Random, ROUNDS};

/// Words of a page; loom needs no more than two.
const WORDS: usize = if cfg!(loom) { 2 } else { 32 };
/// Faults of a thread between two unmaps.
const PAGES: usize = if cfg!(loom) { 1 } else { 4 };

/// Pages, dirty at first.
#[derive(Clone)]
struct Pages(Arc<Vec<[Atomic<u64>; WORDS]>>);

impl Pages {
    fn new(threads: u32) -> Self {
        let dirty = |_| core::array::from_fn(|_| Atomic::new(77));
        Self(Arc::new((0..threads as usize * PAGES).map(dirty).collect()))
    }

    fn of(&self, frame: u32) -> &[Atomic<u64>; WORDS] {
        &self.0[frame as usize]
    }
}

impl Memory for Pages {
    fn clear(&self, frame: u32) {
        self.of(frame)
            .iter()
            .for_each(|word| word.store(0, Relaxed));
    }

    fn is_clear(&self, frame: u32) -> bool {
        self.of(frame).iter().all(|word| word.load(Relaxed) == 0)
    }

    fn mark(&self, frame: u32, mark: u64) {
        self.of(frame)[0].store(mark, Relaxed);
        self.of(frame)[WORDS - 1].store(mark, Relaxed);
    }

    fn first(&self, frame: u32) -> u64 {
        self.of(frame)[0].load(Relaxed)
    }
}

fn inside<L: Lock>(addresses: u32, memory: Pages) -> Inside<L, Vec<Entry>, Pages> {
    Space::new(many(addresses), memory)
}

fn outside<L: Lock>(addresses: u32, memory: Pages) -> Outside<L, Vec<Entry>, Pages> {
    Space::new(many(addresses), memory)
}

fn processes<L: Lock>(addresses: u32, memory: Pages) -> impl Faults {
    let own = (0..2).map(|_| inside::<L>(addresses, memory.clone()));
    Processes(own.collect::<Vec<_>>())
}

type Of<F> = Users<PAGES, F, Pages, Vec<Mapped<PAGES>>>;

fn users<F: Faults>(threads: u32, new: impl Fn(Pages) -> F) -> Of<F> {
    let memory = Pages::new(threads);
    Users::new(new(memory.clone()), memory, many(threads), 3)
}

/// Two threads fault on few addresses, and unmap them again.
fn faulted<F>(preemptions: usize, addresses: u32, new: fn(u32, Pages) -> F)
where
    F: Faults + Send + 'static,
{
    let users = move || users(2, |memory| new(addresses, memory));
    let step = move |users: &Of<F>, thread, me: &_| {
        let mut random = Random::of(thread);
        for _ in 0..2 * ROUNDS {
            let address = Some(random.next() % addresses);
            assert_eq!(users.step(me, thread, address, true), Ok(()));
        }
    };
    race(preemptions, 2, users, step, |users| {
        users.audit(&mut passes)
    });
}

/// Checks the result of each fault of one thread.
fn exact<F: Faults>(new: fn(u32, Pages) -> F) {
    let (memory, me) = (Pages::new(2), waiter());
    let faults = new(2, memory.clone());
    let fault = |address, frame| faults.fault(&me, 0, address, frame);
    let holds = |pages| assert_eq!(faults.installed(), Installed { pages, twice: 0 });
    assert_eq!(fault(1, 0), Fault::Installed);
    assert!(memory.is_clear(0));
    memory.mark(0, 5);
    assert_eq!(memory.first(0), 5);
    // The fault sees the page, so it clears none.
    let (first, in_vain) = (5, false);
    assert_eq!(fault(1, 1), Fault::There { first, in_vain });
    assert!(!memory.is_clear(1), "cleared in vain");
    assert_eq!(fault(0, 1), Fault::Installed);
    holds(2);
    let mut unmapped = Vec::new();
    faults.unmap(&me, 0, [1, 0].into_iter(), |address, frame| {
        unmapped.push((address, frame));
    });
    assert_eq!(unmapped, [(1, Some(0)), (0, Some(1))]);
    faults.unmap(&me, 0, [1].into_iter(), |_, frame| assert_eq!(frame, None));
    assert_eq!(fault(1, 0), Fault::Installed);
    assert!(memory.is_clear(0), "cleared again");
    holds(1);
}

tests! {
    inside_installs_clear_pages_once => {
        faulted(3, 1, inside::<Ticket>);
        faulted(2, 2, inside::<PvQueued>);
    };
    outside_installs_clear_pages_once => {
        faulted(3, 1, outside::<Ticket>);
        faulted(2, 2, outside::<PvQueued>);
    };
    processes_install_clear_pages_once => faulted(3, 1, processes::<Ticket>);
    #[cfg(not(loom))]
    sixteen_addresses_get_clear_pages_once => {
        faulted(1, 16, inside::<Ticket>);
        faulted(1, 16, outside::<Ticket>);
        faulted(1, 16, processes::<Ticket>);
    };
    fault_leaves_an_installed_page_alone => check(1, || {
        exact(inside::<Ticket>);
        exact(outside::<Ticket>);
        exact(processes::<Ticket>);
    });
    // Threads may miss the race, so only loom runs it.
    #[cfg(loom)]
    #[should_panic(expected = "left == right")]
    lock_without_exclusion_is_caught => faulted(2, 1, inside::<algo::lock::Busted>);
}

/// Two threads clear a page for one address, one of them in vain.
#[cfg(loom)]
#[test]
fn outside_counts_pages_cleared_in_vain() {
    let most = std::sync::Arc::new(AtomicU64::new(0));
    let seen = most.clone();
    let new = || users(2, |memory| outside::<Ticket>(1, memory));
    let step = |users: &Of<_>, thread, me: &_| {
        assert_eq!(users.step(me, thread, Some(0), true), Ok(()));
    };
    race(2, 2, new, step, move |users| {
        seen.fetch_max(users.in_vain(), Ordering::Relaxed);
    });
    assert_eq!(most.load(Ordering::Relaxed), 1);
}

#[test]
fn thread_faults_on_its_addresses_in_turn_and_unmaps_them() {
    check(1, || {
        let (users, me) = (users(2, |memory| inside::<Ticket>(6, memory)), waiter());
        for n in 0..3 * PAGES as u64 {
            assert_eq!(users.step(&me, 1, None, true), Ok(()));
            // The fourth of three is there.
            let due = (n % PAGES as u64 + 1).min(3);
            assert_eq!(findings(|to| users.audit(to)), [(due, due), (0, 0)]);
        }
    });
}

#[test]
fn oracle_reports_dirty_lost_and_foreign_pages() {
    /// Clears no page, and loses those that are installed.
    struct Forgetful;
    impl Faults for Forgetful {
        fn fault(&self, _: &Waiter, _: u32, address: u32, _: u32) -> Fault {
            let (first, in_vain) = (99, true);
            match address {
                0 => Fault::Installed,
                _ => Fault::There { first, in_vain },
            }
        }
        fn unmap(
            &self,
            _: &Waiter,
            _: u32,
            addresses: impl Iterator<Item = u32>,
            mut see: impl FnMut(u32, Option<u32>),
        ) {
            addresses.for_each(|address| see(address, None));
        }
        fn installed(&self) -> Installed {
            Installed { pages: 7, twice: 2 }
        }
    }
    check(1, || {
        let (users, me) = (users(1, |_| Forgetful), waiter());
        let step = |address, look| users.step(&me, 0, Some(address), look);
        assert_eq!(step(0, true), Err("page_not_clear"));
        (1..PAGES).for_each(|_| assert_eq!(step(0, false), Ok(())));
        assert_eq!(step(0, false), Err("page_lost"));
        assert_eq!(findings(|to| users.audit(to)), [(7, 1), (2, 0)]);
        (1..PAGES).for_each(|_| assert_eq!(step(0, false), Ok(())));
        assert_eq!(step(1, true), Err("page_of_another"), "and one was lost");
        assert_eq!(users.in_vain(), 1);
    });
}
