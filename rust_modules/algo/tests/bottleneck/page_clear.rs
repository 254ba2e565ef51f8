// SPDX-License-Identifier: GPL-2.0

//! A page that is installed is wholly clear, and is installed once.

use algo::{
    bottleneck::page_clear::{
        Entry, Fault, Faults, Hand, Inside, Memory, Outside, Processes, Space, Work,
    },
    lock::{Lock, PvQueued, Ticket},
    primitive::{Atomic, Relaxed},
};

use crate::{
    found,
    support::{check, together, Arc, ROUNDS},
    waiter, Dice,
};

/// Words of a page; to loom, two are as good as many.
const WORDS: usize = if cfg!(loom) { 2 } else { 32 };
/// Faults of a thread between two unmappings.
const PAGES: usize = if cfg!(loom) { 1 } else { 4 };

/// Pages, dirty at first.
#[derive(Clone)]
struct Pages(Arc<Vec<[Atomic<u64>; WORDS]>>);

impl Pages {
    fn new(threads: usize) -> Self {
        let dirty = |_| core::array::from_fn(|_| Atomic::new(77));
        Self(Arc::new((0..threads * PAGES).map(dirty).collect()))
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

fn space<L: Lock>(addresses: usize, memory: Pages) -> Space<L, Vec<Entry>, Pages> {
    let table = (0..addresses).map(|_| Entry::default()).collect();
    Space::new(table, memory)
}

fn inside<L: Lock>(addresses: usize, memory: Pages) -> Inside<L, Vec<Entry>, Pages> {
    Inside(space(addresses, memory))
}

fn outside<L: Lock>(addresses: usize, memory: Pages) -> Outside<L, Vec<Entry>, Pages> {
    Outside(space(addresses, memory))
}

type Own<L> = Inside<L, Vec<Entry>, Pages>;

fn processes<L: Lock>(addresses: usize, memory: Pages) -> Processes<Vec<Own<L>>> {
    let own = (0..2).map(|_| inside(addresses, memory.clone()));
    Processes(own.collect())
}

fn work<F: Faults>(
    threads: usize,
    new: impl Fn(Pages) -> F,
) -> Work<PAGES, F, Pages, Vec<Hand<PAGES>>> {
    let memory = Pages::new(threads);
    let hands = (0..threads).map(|_| Hand::default()).collect();
    Work::new(new(memory.clone()), memory, hands, 3)
}

/// Two threads fault on few addresses, and unmap them again.
fn two<F>(preemptions: usize, addresses: usize, new: fn(usize, Pages) -> F)
where
    F: Faults + Send + 'static,
{
    check(preemptions, move || {
        let work = Arc::new(work(2, |memory| new(addresses, memory)));
        let theirs = work.clone();
        together(2, move |thread| {
            let (mut dice, me) = (Dice::of(thread), waiter());
            for _ in 0..2 * ROUNDS {
                let address = Some(dice.roll() % addresses as u32);
                assert_eq!(theirs.step(&me, thread, address, true), Ok(()));
            }
        });
        work.settle(&mut found);
    });
}

#[test]
fn cleared_inside() {
    two(3, 1, inside::<Ticket>);
    two(2, 2, inside::<PvQueued>);
}

#[test]
fn cleared_outside() {
    two(3, 1, outside::<Ticket>);
    two(2, 2, outside::<PvQueued>);
}

#[test]
fn cleared_by_processes() {
    two(3, 1, processes::<Ticket>);
}

#[cfg(not(loom))]
#[test]
fn on_many_addresses() {
    two(1, 16, inside::<Ticket>);
    two(1, 16, outside::<Ticket>);
    two(1, 16, processes::<Ticket>);
}

/// One by one: what comes of each fault.
fn exact<F: Faults>(new: fn(usize, Pages) -> F) {
    let (memory, me) = (Pages::new(2), waiter());
    let faults = new(2, memory.clone());
    let fault = |address, frame| faults.fault(&me, 0, address, frame);
    assert_eq!(fault(1, 0), Fault::Installed);
    assert!(memory.is_clear(0));
    memory.mark(0, 5);
    assert_eq!(memory.first(0), 5);
    // It is seen to be there, so nothing is cleared ahead.
    let (first, in_vain) = (5, false);
    assert_eq!(fault(1, 1), Fault::There { first, in_vain });
    assert!(!memory.is_clear(1), "for nobody");
    assert_eq!(fault(0, 1), Fault::Installed);
    faults.settle(2, &mut found);
    let mut unmapped = Vec::new();
    faults.unmap(&me, 0, [1, 0].into_iter(), |address, frame| {
        unmapped.push((address, frame));
    });
    assert_eq!(unmapped, [(1, Some(0)), (0, Some(1))]);
    faults.unmap(&me, 0, [1].into_iter(), |_, frame| assert_eq!(frame, None));
    assert_eq!(fault(1, 0), Fault::Installed);
    assert!(memory.is_clear(0), "cleared anew");
    faults.settle(1, &mut found);
}

#[test]
fn a_page_that_is_there_is_left_alone() {
    check(1, || {
        exact(inside::<Ticket>);
        exact(outside::<Ticket>);
        exact(processes::<Ticket>);
    });
}

/// Two clear ahead for one address, and one of them does it in vain.
#[cfg(loom)]
#[test]
fn what_is_cleared_in_vain_is_counted() {
    let most = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let seen = most.clone();
    check(2, move || {
        let work = Arc::new(work(2, |memory| outside::<Ticket>(1, memory)));
        let theirs = work.clone();
        together(2, move |thread| {
            assert_eq!(theirs.step(&waiter(), thread, Some(0), true), Ok(()));
        });
        seen.fetch_max(work.in_vain(), std::sync::atomic::Ordering::Relaxed);
    });
    assert_eq!(most.load(std::sync::atomic::Ordering::Relaxed), 1);
}

/// Without loom the race is in the program but need not show, so only loom is asked.
#[cfg(loom)]
#[test]
#[should_panic(expected = "left == right")]
fn a_space_that_is_not_locked_is_caught() {
    two(2, 1, inside::<algo::lock::Busted>);
}

/// One alone goes through its own addresses, and unmaps them in time.
#[test]
fn a_thread_goes_through_its_own() {
    check(1, || {
        let (work, me) = (work(2, |memory| inside::<Ticket>(6, memory)), waiter());
        let mapped = || {
            let mut mapped = (0, 0);
            work.settle(&mut |name, seen, due| {
                if name == "pages_mapped" {
                    mapped = (seen, due);
                }
            });
            mapped
        };
        for n in 0..3 * PAGES as u64 {
            assert_eq!(work.step(&me, 1, None, true), Ok(()));
            // The fourth of three is there.
            let due = (n % PAGES as u64 + 1).min(3);
            assert_eq!(mapped(), (due, due));
        }
    });
}

#[test]
fn what_goes_wrong_is_told() {
    /// Clears nothing, and forgets what it is told.
    struct Forgetful;
    impl Faults for Forgetful {
        const NAME: &'static str = "forgetful";
        fn fault(&self, _: &algo::Waiter, _: u32, address: u32, _: u32) -> Fault {
            let (first, in_vain) = (99, true);
            match address {
                0 => Fault::Installed,
                _ => Fault::There { first, in_vain },
            }
        }
        fn unmap(
            &self,
            _: &algo::Waiter,
            _: u32,
            addresses: impl Iterator<Item = u32>,
            mut see: impl FnMut(u32, Option<u32>),
        ) {
            addresses.for_each(|address| see(address, None));
        }
        fn settle(&self, mapped: u64, to: algo::bottleneck::Findings<'_>) {
            to("mapped", mapped, 7);
        }
    }
    check(1, || {
        let (work, me) = (work(1, |_| Forgetful), waiter());
        let step = |address, look| work.step(&me, 0, Some(address), look);
        assert_eq!(step(0, true), Err("page_not_clear"));
        (1..PAGES).for_each(|_| assert_eq!(step(0, false), Ok(())));
        assert_eq!(step(0, false), Err("page_lost"));
        let mut told = Vec::new();
        work.settle(&mut |name, seen, due| told.push((name, seen, due)));
        assert_eq!(told, [("mapped", 1, 7)]);
        (1..PAGES).for_each(|_| assert_eq!(step(0, false), Ok(())));
        assert_eq!(step(1, true), Err("page_of_another"), "and one was lost");
        assert_eq!(work.in_vain(), 1);
    });
}
