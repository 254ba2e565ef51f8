// SPDX-License-Identifier: GPL-2.0

//! A slow walk sees every open file once, and none is lost or doubled, whoever closes it.

use algo::{
    bottleneck::file_list::{files, File, FileList, Held, Lane, One, Percpu, Truth, Work},
    lock::{Lock, Tas},
    primitive::on,
};

use crate::{
    found,
    support::{check, together, Arc, ROUNDS},
    waiter, Dice,
};

type Users<F> = Work<F, Vec<Held>, Vec<Truth>>;

fn closed(n: u32) -> Vec<File> {
    (0..n).map(|_| File::default()).collect()
}

fn lanes<L: Lock>(n: u32) -> Vec<Lane<L>> {
    (0..n).map(|_| Lane::new()).collect()
}

fn users<F: FileList>(list: F, threads: u32, each: u32) -> Users<F> {
    let all = files(threads, each);
    let held = (0..all).map(Held::new).collect();
    let truths = (0..all).map(|_| Truth::default()).collect();
    Work::new(list, held, truths, threads, each)
}

/// Two threads on two vCPUs; every other file is given away, and every now and then all are walked.
fn two<F: FileList + Send + 'static>(list: fn(u32) -> F) {
    let each = if cfg!(loom) { 1 } else { 5 };
    check(2, move || {
        let work = Arc::new(users(list(files(2, each)), 2, each));
        // So loom sees files that are closed, too, while others look.
        (0..2).for_each(|thread| on(thread, || work.step(thread, 0, false, &waiter())));
        let theirs = work.clone();
        together(2, move |thread| {
            let (mut dice, me) = (Dice::of(thread), waiter());
            on(thread, || {
                for round in 0..ROUNDS {
                    let given_away = cfg!(loom) || round % 2 == 1;
                    theirs.step(thread, dice.roll(), given_away, &me);
                    if thread == 1 && (cfg!(loom) || round % 16 == 0) {
                        assert_eq!(theirs.check(&me), Ok(()));
                    }
                }
            });
        });
        work.settle(&waiter(), &mut found);
    });
}

#[test]
fn one_list() {
    two(|n| One::<Tas, _>::new(closed(n)));
}

#[test]
fn a_list_for_each_vcpu() {
    two(|n| Percpu::new(closed(n), lanes::<Tas>(2)));
}

#[cfg(not(loom))]
#[test]
fn vcpus_that_share_a_lane() {
    two(|n| Percpu::new(closed(n), lanes::<algo::lock::Ticket>(1)));
}

/// One closes its file and opens it anew while the other walks: it may be missed, and is not lost.
fn reopened<F: FileList + Send + 'static>(list: fn(u32) -> F) {
    check(3, move || {
        let work = Arc::new(users(list(files(2, 1)), 2, 1));
        on(0, || work.step(0, 0, false, &waiter()));
        together(2, move |thread| {
            let me = waiter();
            on(thread, || {
                for _ in 0..ROUNDS {
                    match thread {
                        0 => work.step(0, 0, false, &me),
                        _ => assert_eq!(work.check(&me), Ok(())),
                    }
                }
            });
        });
    });
}

#[test]
fn a_file_that_one_list_misses_was_closed() {
    reopened(|n| One::<Tas, _>::new(closed(n)));
}

#[test]
fn a_file_that_all_lists_miss_was_closed() {
    reopened(|n| Percpu::new(closed(n), lanes::<Tas>(2)));
}

/// One opens files, and the other closes them where it is, while new ones come.
fn handed_over<F: FileList + Send + 'static>(list: fn(u32) -> F) {
    check(3, move || {
        let (list, me) = (Arc::new(list(3)), waiter());
        on(0, || (0..2).for_each(|file| list.open(file, &me)));
        let theirs = list.clone();
        together(2, move |thread| {
            on(thread, || match thread {
                0 => theirs.open(2, &waiter()),
                _ => theirs.close(1, &waiter()),
            });
        });
        let mut left = Vec::new();
        list.walk(&me, &mut |file| left.push(file));
        assert_eq!(left, [2, 0]);
    });
}

#[test]
fn one_list_is_left_by_another_vcpu() {
    handed_over(|n| One::<Tas, _>::new(closed(n)));
}

#[test]
fn a_vcpus_list_is_left_by_another_vcpu() {
    handed_over(|n| Percpu::new(closed(n), lanes::<Tas>(2)));
}

/// One file is closed and opened anew on another vCPU while all are walked.
fn moved<F: FileList + Send + 'static>(list: fn(u32) -> F) {
    check(3, move || {
        let (list, me) = (Arc::new(list(3)), waiter());
        on(0, || (0..3).for_each(|file| list.open(file, &me)));
        let theirs = list.clone();
        together(2, move |thread| {
            for round in 0..ROUNDS {
                let me = waiter();
                if thread == 0 {
                    on(1 - round % 2, || theirs.close(1, &me));
                    on(1 - round % 2, || theirs.open(1, &me));
                    continue;
                }
                let mut seen = [0; 3];
                theirs.walk(&me, &mut |file| seen[file as usize] += 1);
                assert_eq!((seen[0], seen[1] <= 1, seen[2]), (1, true, 1));
            }
        });
    });
}

#[test]
fn a_walk_along_one_list_sees_none_twice() {
    moved(|n| One::<Tas, _>::new(closed(n)));
}

#[test]
fn a_walk_along_all_lists_sees_none_twice() {
    moved(|n| Percpu::new(closed(n), lanes::<Tas>(2)));
}

/// Threads need not meet in the one moment, so only loom is sure to notice.
#[cfg(loom)]
#[test]
#[should_panic(expected = "left == right")]
fn busted_is_caught() {
    handed_over(|n| algo::bottleneck::file_list::Busted::new(closed(n), lanes::<Tas>(2)));
}

#[test]
fn a_file_that_is_opened_unseen_is_found_out() {
    check(1, || {
        /// Forgets a file.
        struct Forgetful;
        impl FileList for Forgetful {
            const NAME: &'static str = "forgetful";
            fn open(&self, _: u32, _: &algo::Waiter) {}
            fn close(&self, _: u32, _: &algo::Waiter) {}
            fn walk(&self, _: &algo::Waiter, see: &mut dyn FnMut(u32)) {
                [1, 1, 2].into_iter().for_each(see);
            }
        }
        let work = users(Forgetful, 1, 2);
        assert_eq!(work.check(&waiter()), Err("walk_doubled"));
        work.step(0, 0, false, &waiter());
        let mut wrong = Vec::new();
        work.settle(&waiter(), &mut |_, seen, due| wrong.push((seen, due)));
        assert_eq!(wrong, [(1, 0), (1, 0), (1, 0)]);
        assert_eq!(work.check(&waiter()), Err("walk_lost"));
    });
}
