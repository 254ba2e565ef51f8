// SPDX-License-Identifier: GPL-2.0

//! Every hand-out gives out every index exactly once, whoever comes when.

mod support;
use support::{check, together, Arc};

use algo::{
    chunk::{
        Busted, Cursor, Dropping, Guided, HandOut, Lane, Padata, Plan, Static, StealAware,
        Stealing, Turn,
    },
    primitive::{Atomic, Relaxed},
};

/// What became of a job: how often each index was given out, and whether each end was aligned.
fn tally<H: HandOut + Send + 'static>(plan: &Plan) -> Vec<u32> {
    let marks: Arc<Vec<Atomic<u32>>> =
        Arc::new(plan.range.clone().map(|_| Atomic::new(0)).collect());
    let lanes = Arc::new(lanes(plan));
    let (hand_out, theirs, plan) = (Arc::new(H::new(plan, &lanes)), marks.clone(), plan.clone());
    together(plan.workers, move |worker| {
        // Worker 0 is thought to be missing all the time, wrongly: that must do no harm.
        let missing = |other| other == 0;
        let mut turn = Turn::seeing(worker, &missing);
        while let Some(chunk) = hand_out.take(&mut turn, &lanes) {
            turn.stride = turn.taken();
            turn.disturbed = turn.taken() % 2 == 0;
            assert!(
                chunk.end % plan.align == 0
                    || chunk.end == plan.range.end
                    || H::NAME.starts_with("busted"),
                "{chunk:?} of {plan:?}"
            );
            for index in chunk {
                theirs[(index - plan.range.start) as usize].add(1, Relaxed);
            }
        }
    });
    marks.iter().map(|mark| mark.load(Relaxed)).collect()
}

fn lanes(plan: &Plan) -> Vec<Lane> {
    (0..plan.workers).map(|_| Lane::new()).collect()
}

fn covers<H: HandOut + Send + 'static>() {
    check(3, || {
        let plan = Plan::padata(3, if cfg!(loom) { 5 } else { 100_003 }, 2, 1, 2);
        assert_eq!(plan.workers, 2);
        let marks = tally::<H>(&plan);
        assert!(marks.iter().all(|&n| n == 1), "{plan:?}");
    });
}

#[test]
fn static_parts_cover() {
    covers::<Static>();
}

#[test]
fn padata_covers() {
    covers::<Padata>();
}

#[test]
fn guided_covers() {
    covers::<Guided>();
}

#[test]
fn the_cursor_covers() {
    covers::<Cursor>();
}

#[test]
fn stealing_covers() {
    covers::<Stealing>();
}

#[test]
fn steal_aware_covers() {
    covers::<StealAware>();
}

#[test]
#[should_panic(expected = "Plan")]
fn busted_is_caught() {
    covers::<Busted>();
}

#[test]
#[should_panic(expected = "Plan")]
fn dropping_is_caught() {
    covers::<Dropping>();
}

/// Odd jobs, all on the calling thread's own schedule, so loom has nothing to add.
#[cfg(not(loom))]
mod alone {
    use super::*;

    fn odd_plans() -> impl Iterator<Item = Plan> {
        let sizes = [0, 1, 2, 3, 7, 64, 97];
        let units = [0, 1, 2, 3, 8, 100, u64::MAX];
        let pairs = move || units.into_iter().flat_map(move |a| units.map(|m| (a, m)));
        sizes.into_iter().flat_map(move |size| {
            pairs().flat_map(move |(align, min_chunk)| {
                [0, 1, 5, 64].into_iter().flat_map(move |start| {
                    [0, 1, 2, 7].map(|threads| Plan::padata(start, size, align, min_chunk, threads))
                })
            })
        })
    }

    fn covers_odd_plans<H: HandOut + Send + 'static>() {
        for plan in odd_plans() {
            let lanes = lanes(&plan);
            let hand_out = H::new(&plan, &lanes);
            let mut given: Vec<u64> = Vec::new();
            let mut turns: Vec<_> = (0..plan.workers).map(Turn::new).collect();
            // Round robin, until nobody gets any more.
            while turns
                .iter_mut()
                .fold(false, |any, turn| match hand_out.take(turn, &lanes) {
                    Some(chunk) => {
                        assert!(!chunk.is_empty(), "{plan:?}");
                        given.extend(chunk);
                        true
                    }
                    None => any,
                })
            {}
            given.sort_unstable();
            assert!(
                given.into_iter().eq(plan.range.clone()),
                "{} {plan:?}",
                H::NAME
            );
        }
    }

    #[test]
    fn static_parts_cover_odd_plans() {
        covers_odd_plans::<Static>();
    }

    #[test]
    fn static_parts_are_equal_but_for_one() {
        for size in 1..40 {
            let plan = Plan::padata(5, size, 1, 1, 7);
            let parts = Static::new(&plan, &[]);
            let sizes = (0..plan.workers)
                .filter_map(|worker| parts.take(&mut Turn::new(worker), &[]))
                .map(|part| part.end - part.start);
            let (least, most) = sizes.fold((u64::MAX, 0), |(l, m), n| (l.min(n), m.max(n)));
            assert!(most - least <= 1, "{least} to {most} of {size}");
        }
    }

    #[test]
    fn padata_covers_odd_plans() {
        covers_odd_plans::<Padata>();
    }

    #[test]
    fn guided_covers_odd_plans() {
        covers_odd_plans::<Guided>();
    }

    #[test]
    fn the_cursor_covers_odd_plans() {
        covers_odd_plans::<Cursor>();
    }

    #[test]
    fn stealing_covers_odd_plans() {
        covers_odd_plans::<Stealing>();
    }

    #[test]
    fn steal_aware_covers_odd_plans() {
        covers_odd_plans::<StealAware>();
    }

    #[test]
    #[should_panic(expected = "busted/drops")]
    fn dropping_is_caught_on_odd_plans() {
        covers_odd_plans::<Dropping>();
    }

    #[test]
    #[should_panic(expected = "busted")]
    fn busted_is_caught_on_odd_plans() {
        covers_odd_plans::<Busted>();
    }

    /// The figures follow `padata_do_multithreaded()`, worked out by hand.
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
    fn a_range_beyond_the_last_number_ends_there() {
        let plan = Plan::padata(u64::MAX - 2, 10, 1, 1, 2);
        assert_eq!(plan.range, u64::MAX - 2..u64::MAX);
    }
}
