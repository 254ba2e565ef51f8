// SPDX-License-Identifier: GPL-2.0

//! A walk sees every open file once, and no file is lost or doubled, whichever vCPU closes it.

use algo::{
    bottleneck::file_list::{files, File, FileList, Held, Lane, One, Oracle, Percpu, Users},
    lock::Tas,
    primitive::on,
    Waiter,
};

use crate::{check, findings, many, passes, race, waiter, Random, ROUNDS};

fn one(files: u32) -> impl FileList {
    One::<Tas, _>::new(many::<File>(files))
}

fn percpu(files: u32) -> impl FileList {
    Percpu::<_, _>::new(many::<File>(files), many::<Lane<Tas>>(2))
}

fn users<F: FileList>(list: F, threads: u32, each: u32) -> Users<F, Vec<Held>, Vec<Oracle>> {
    let all = files(threads, each);
    let held = (0..all).map(Held::new).collect();
    Users::new(list, held, many(all), threads, each)
}

/// Two threads on two vCPUs; every other file is traded, and sometimes all are walked.
fn used<F: FileList + Send + 'static>(list: fn(u32) -> F) {
    let each = if cfg!(loom) { 1 } else { 5 };
    let new = move || {
        let users = users(list(files(2, each)), 2, each);
        // So loom sees files that are closed, too, during walks.
        (0..2).for_each(|thread| on(thread, || users.step(thread, 0, false, &waiter())));
        users
    };
    let step = |users: &Users<F, _, _>, thread, me: &_| {
        let mut random = Random::of(thread);
        for round in 0..ROUNDS {
            let traded = cfg!(loom) || round % 2 == 1;
            users.step(thread, random.next(), traded, me);
            if thread == 1 && (cfg!(loom) || round % 16 == 0) {
                assert_eq!(users.check(me), Ok(()));
            }
        }
    };
    race(2, 2, new, step, |users| users.audit(&waiter(), &mut passes));
}

/// One thread closes its file and opens it again while the other walks: the walk may miss it.
fn reopened<F: FileList + Send + 'static>(list: fn(u32) -> F) {
    let new = move || {
        let users = users(list(files(2, 1)), 2, 1);
        on(0, || users.step(0, 0, false, &waiter()));
        users
    };
    let step = |users: &Users<F, _, _>, thread, me: &_| {
        (0..ROUNDS).for_each(|_| match thread {
            0 => users.step(0, 0, false, me),
            _ => assert_eq!(users.check(me), Ok(())),
        });
    };
    race(3, 2, new, step, |_| {});
}

/// Returns a list with the first `open` of three files open, on vCPU 0.
fn opened<F: FileList>(list: fn(u32) -> F, open: u32) -> F {
    let (list, me) = (list(3), waiter());
    on(0, || (0..open).for_each(|file| list.open(file, &me)));
    list
}

/// One thread opens a file while the other closes one on another vCPU than opened it.
fn handed_over<F: FileList + Send + 'static>(list: fn(u32) -> F) {
    let step = |list: &F, thread, me: &_| match thread {
        0 => list.open(2, me),
        _ => list.close(1, me),
    };
    race(
        3,
        2,
        move || opened(list, 2),
        step,
        |list| {
            let mut left = Vec::new();
            list.walk(&waiter(), &mut |file| left.push(file));
            assert_eq!(left, [2, 0]);
        },
    );
}

/// One thread closes a file and opens it on another vCPU while the other walks.
fn moved<F: FileList + Send + 'static>(list: fn(u32) -> F) {
    let step = |list: &F, thread, me: &_| {
        for round in 0..ROUNDS {
            if thread == 0 {
                on(1 - round % 2, || list.close(1, me));
                on(1 - round % 2, || list.open(1, me));
                continue;
            }
            let mut seen = [0; 3];
            list.walk(me, &mut |file| seen[file as usize] += 1);
            assert_eq!((seen[0], seen[1] <= 1, seen[2]), (1, true, 1));
        }
    };
    race(3, 2, move || opened(list, 3), step, |_| {});
}

tests! {
    one_list_holds_open_files_once => used(one);
    percpu_lists_hold_open_files_once => used(percpu);
    #[cfg(not(loom))]
    vcpus_may_share_a_lane => {
        used(|n| Percpu::<_, _>::new(many::<File>(n), many::<Lane<algo::lock::Ticket>>(1)));
    };
    one_list_misses_only_files_that_were_closed => reopened(one);
    percpu_lists_miss_only_files_that_were_closed => reopened(percpu);
    one_list_survives_a_close_on_another_vcpu => handed_over(one);
    percpu_lists_survive_a_close_on_another_vcpu => handed_over(percpu);
    walk_along_one_list_sees_no_file_twice => moved(one);
    walk_along_percpu_lists_sees_no_file_twice => moved(percpu);
    // Threads may miss the race, so only loom runs it.
    #[cfg(loom)]
    #[should_panic(expected = "left == right")]
    busted_is_caught => handed_over(|n| {
        algo::bottleneck::file_list::Busted::new(many::<File>(n), many::<Lane<Tas>>(2))
    });
}

#[test]
fn audit_reports_a_file_that_is_not_listed() {
    /// Does not list files.
    struct Forgetful;
    impl FileList for Forgetful {
        fn open(&self, _: u32, _: &Waiter) {}
        fn close(&self, _: u32, _: &Waiter) {}
        fn walk(&self, _: &Waiter, see: &mut dyn FnMut(u32)) {
            [1, 1, 2].into_iter().for_each(see);
        }
    }
    check(1, || {
        let (users, me) = (users(Forgetful, 1, 2), waiter());
        assert_eq!(users.check(&me), Err("walk_doubled"));
        users.step(0, 0, false, &me);
        assert_eq!(
            findings(|to| users.audit(&me, to)),
            [(1, 0), (1, 0), (1, 0)]
        );
        assert_eq!(users.check(&me), Err("walk_lost"));
    });
}
