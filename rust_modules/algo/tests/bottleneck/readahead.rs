// SPDX-License-Identifier: GPL-2.0

//! Faults read the words right, and the record ends as some thread's last fault left it.

use algo::bottleneck::readahead::{Fault, Ifchanged, Readahead, Split, Together, WORDS};

use crate::{check, race, ROUNDS};

const FILE: [u64; WORDS] = [1, 20, 300, 4_000, 50_000, 600_000];
const SUM: u64 = 654_321;

/// Two threads fault on pages of their own, and on a common one.
fn ends_right<R: Readahead + Send + 'static>() {
    let step = |file: &R, thread, _: &_| {
        for page in 0..ROUNDS {
            assert_eq!(file.fault(page.into(), false).sum, SUM);
            let common = file.fault(u64::from(thread) << 32, thread == 0);
            assert_eq!(common.sum, SUM);
        }
    };
    race(
        3,
        2,
        || R::open(FILE),
        step,
        |file| {
            let (misses, page) = file.track();
            assert!(
                [0, 1 << 32].contains(&page),
                "no thread's last page: {page}"
            );
            assert!(misses <= R::MOST && misses <= 3 * ROUNDS, "{misses}");
        },
    );
}

/// One thread: a miss adds one, and a hit takes one away.
fn counts<R: Readahead>(writes_always: bool) {
    check(1, move || {
        let file = R::open(FILE);
        let fault = |page, cached| {
            let Fault { sum, wrote } = file.fault(page, cached);
            assert_eq!(sum, SUM);
            wrote
        };
        assert!((0..3).all(|page| fault(page, false)));
        assert_eq!(file.track(), (3, 2));
        assert!((0..3).all(|_| fault(7, true)), "each changes something");
        assert_eq!(file.track(), (0, 7));
        assert_eq!(fault(7, true), writes_always, "nothing to change");
        assert!(fault(8, true), "only the page");
        assert_eq!(file.track(), (0, 8));
        assert!(fault(8, false), "only the misses");
        assert_eq!(file.track(), (1, 8));
    });
}

tests! {
    together_ends_as_a_last_fault_left_it => ends_right::<Together>();
    together_counts_misses_and_hits => counts::<Together>(true);
    split_ends_as_a_last_fault_left_it => ends_right::<Split>();
    split_counts_misses_and_hits => counts::<Split>(true);
    ifchanged_ends_as_a_last_fault_left_it => ends_right::<Ifchanged>();
    ifchanged_counts_misses_and_hits => counts::<Ifchanged>(false);
    // More steps than loom follows.
    #[cfg(not(loom))]
    ifchanged_caps_the_misses => {
        let file = Ifchanged::open(FILE);
        (0..1_000).for_each(|page| assert!(file.fault(page, false).wrote));
        assert!(!file.fault(999, false).wrote);
        assert_eq!(file.track(), (1_000, 999));
    };
    // loom's words are larger.
    #[cfg(not(loom))]
    written_words_share_a_line_or_do_not => {
        assert_eq!((size_of::<Together>(), align_of::<Together>()), (128, 128));
        assert_eq!(size_of::<Ifchanged>(), size_of::<Together>());
        assert_eq!((size_of::<Split>(), align_of::<Split>()), (256, 128));
        let written = size_of::<algo::bottleneck::readahead::Track>();
        assert!(WORDS * 8 + written <= 64, "more than a line");
    };
}
