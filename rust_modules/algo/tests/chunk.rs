// SPDX-License-Identifier: GPL-2.0

//! Coverage of every chunk policy of the list in `abi/job_runner/policies.rs`: each index is given
//! out exactly once.

mod support;
use support::{check, together, Arc};

use algo::{
    chunk::{self, ChunkPolicy, Deque, Plan, WorkerState},
    primitive::{Atomic, Relaxed},
};

/// Runs `plan` on its workers; returns how often each index was given out.
fn tally<P: ChunkPolicy + Send + 'static>(plan: &Plan, aligned: bool) -> Vec<u32> {
    let marks: Arc<Vec<Atomic<u32>>> =
        Arc::new(plan.range.clone().map(|_| Atomic::new(0)).collect());
    let deques = Arc::new(deques(plan));
    let (policy, theirs, plan) = (Arc::new(P::new(plan, &deques)), marks.clone(), plan.clone());
    together(plan.workers, move |index| {
        // A wrong hint, that worker 0 is preempted all the time, must do no harm.
        let is_preempted = |other| other == 0;
        let mut worker = WorkerState::with_hint(index, &is_preempted);
        while let Some(chunk) = policy.take(&mut worker, &deques) {
            worker.stride = worker.taken();
            worker.lost_time = worker.taken() % 2 == 0;
            let at_end = chunk.end % plan.align == 0 || chunk.end == plan.range.end;
            assert!(at_end || !aligned, "{chunk:?} of {plan:?}");
            for index in chunk {
                theirs[(index - plan.range.start) as usize].add(1, Relaxed);
            }
        }
    });
    marks.iter().map(|mark| mark.load(Relaxed)).collect()
}

fn deques(plan: &Plan) -> Vec<Deque> {
    (0..plan.workers).map(|_| Deque::new()).collect()
}

fn covers<P: ChunkPolicy + Send + 'static>(aligned: bool) {
    check(3, move || {
        let plan = Plan::padata(3, if cfg!(loom) { 5 } else { 100_003 }, 2, 1, 2);
        assert_eq!(plan.workers, 2);
        let marks = tally::<P>(&plan, aligned);
        assert!(marks.iter().all(|&n| n == 1), "not covered: {plan:?}");
    });
}

/// Tests each policy of the list; those that are broken on purpose must fail both tests.
macro_rules! listed {
    (
        Control {$($(#[doc = $bad_doc:literal])* $bad:ident = $bad_name:literal: $bad_type:ty;)*}
        Algo {$($(#[doc = $doc:literal])* $policy:ident = $name:literal: $type:ty;)*}
    ) => {
        $(tests!($bad, $bad_type, false, #[should_panic(expected = "not covered")]);)*
        $(tests!($policy, $type, true,);)*
    };
}
macro_rules! tests {
    ($name:ident, $type:ty, $aligned:literal, $(#[$caught:meta])?) => {
        #[allow(non_snake_case, reason = "named after an entry of the list")]
        mod $name {
            use super::*;

            #[test]
            $(#[$caught])?
            fn covers() {
                super::covers::<$type>($aligned);
            }

            #[cfg(not(loom))]
            #[test]
            $(#[$caught])?
            fn covers_odd_plans() {
                alone::covers_odd_plans::<$type>($aligned);
            }
        }
    };
}
abi::policies!(listed);

/// Odd plans, on one thread, so loom has nothing to add.
#[cfg(not(loom))]
mod alone {
    use super::*;

    fn odd_plans() -> impl Iterator<Item = Plan> {
        let sizes = [0, 1, 2, 3, 7, 64, 97];
        let units = [0, 1, 2, 3, 5, 8, 100, u64::MAX];
        let pairs = move || units.into_iter().flat_map(move |a| units.map(|m| (a, m)));
        sizes.into_iter().flat_map(move |size| {
            pairs().flat_map(move |(align, min_chunk)| {
                [0, 1, 5, 64].into_iter().flat_map(move |start| {
                    [0, 1, 2, 7].map(|threads| Plan::padata(start, size, align, min_chunk, threads))
                })
            })
        })
    }

    /// `whole`: no chunk is shorter than `min_chunk`, but the first and the last one.
    pub(super) fn covers_odd_plans<P: ChunkPolicy + Send + 'static>(whole: bool) {
        for plan in odd_plans() {
            let deques = deques(&plan);
            let policy = P::new(&plan, &deques);
            let mut given: Vec<u64> = Vec::new();
            let mut workers: Vec<_> = (0..plan.workers).map(WorkerState::new).collect();
            // Round robin, until nothing is left for any worker.
            loop {
                let chunks: Vec<_> = workers
                    .iter_mut()
                    .filter_map(|worker| policy.take(worker, &deques))
                    .collect();
                if chunks.is_empty() {
                    break;
                }
                assert!(chunks.iter().all(|chunk| !chunk.is_empty()), "{plan:?}");
                let (start, end) = (plan.range.start, plan.range.end);
                let short = chunks.iter().find(|chunk| {
                    let inner = chunk.start > start && chunk.end < end;
                    inner && chunk.end - chunk.start < plan.min_chunk.get()
                });
                assert!(short.is_none() || !whole, "{short:?} of {plan:?}");
                given.extend(chunks.into_iter().flatten());
            }
            given.sort_unstable();
            assert!(
                given.into_iter().eq(plan.range.clone()),
                "not covered: {plan:?}"
            );
        }
    }

    #[test]
    fn static_parts_are_equal_but_for_one() {
        for size in 1..40 {
            let plan = Plan::padata(5, size, 1, 1, 7);
            let parts = chunk::Static::new(&plan, &[]);
            let sizes = (0..plan.workers)
                .filter_map(|worker| parts.take(&mut WorkerState::new(worker), &[]))
                .map(|part| part.end - part.start);
            let (least, most) = sizes.fold((u64::MAX, 0), |(l, m), n| (l.min(n), m.max(n)));
            assert!(most - least <= 1, "{least} to {most} of {size}");
        }
    }

    /// Figures worked out by hand from `padata_do_multithreaded()`.
    #[test]
    fn plans_follow_padata() {
        let plan = |size, align, min, threads| {
            let p = Plan::padata(0, size, align, min, threads);
            (p.workers, p.chunk.get())
        };
        assert_eq!(plan(4096, 1, 1, 8), (8, 128));
        assert_eq!(plan(4096, 512, 1, 16), (8, 512));
        assert_eq!(plan(4096, 1, 1024, 8), (4, 1024));
        assert_eq!(plan(1000, 64, 1, 4), (4, 64));
        assert_eq!(plan(10, 1, 100, 4), (1, 100));
        assert_eq!(plan(10, 0, 0, 4), (4, 1));
        assert_eq!(plan(0, 0, 0, 0), (1, 1));
    }

    #[test]
    fn a_plan_ends_at_the_largest_index() {
        let plan = Plan::padata(u64::MAX - 2, 10, 1, 1, 2);
        assert_eq!(plan.range, u64::MAX - 2..u64::MAX);
    }
}
