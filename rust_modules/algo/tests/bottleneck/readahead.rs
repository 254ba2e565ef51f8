// SPDX-License-Identifier: GPL-2.0

//! What is only read is read right, and what is written ends as some thread's last fault left it.

use algo::bottleneck::readahead::{Fault, Ifchanged, Readahead, Split, Together, WORDS};

use crate::support::{check, together, Arc, ROUNDS};

const FILE: [u64; WORDS] = [1, 20, 300, 4_000, 50_000, 600_000];
const SUM: u64 = 654_321;

/// Two fault on pages of their own, and on one of both.
fn ends_right<R: Readahead + Send + Sync + 'static>() {
    check(3, || {
        let file = Arc::new(R::open(FILE));
        let shared = file.clone();
        together(2, move |i| {
            for page in 0..ROUNDS {
                assert_eq!(shared.fault(page.into(), false).sum, SUM);
                assert_eq!(shared.fault(u64::from(i) << 32, i == 0).sum, SUM);
            }
        });
        let (misses, page) = file.track();
        assert!([0, 1 << 32].contains(&page), "nobody's last: {page}");
        assert!(misses <= R::MOST && misses <= 3 * ROUNDS, "{misses}");
    });
}

/// One alone: every miss counts, and every hit takes one back.
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
        assert!(fault(8, true), "the page alone");
        assert_eq!(file.track(), (0, 8));
        assert!(fault(8, false), "the misses alone");
        assert_eq!(file.track(), (1, 8));
    });
}

macro_rules! files {
    ($($name:ident: $file:ty, $always:expr;)*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn ends_as_some_last_fault_left_it() {
                ends_right::<$file>();
            }

            #[test]
            fn counts_misses_and_hits() {
                counts::<$file>($always);
            }
        }
    )*};
}

files! {
    all_together: Together, true;
    split: Split, true;
    ifchanged: Ifchanged, false;
}

/// loom does not follow anyone for so long.
#[cfg(not(loom))]
#[test]
fn misses_that_decide_nothing_are_not_counted() {
    check(1, || {
        let file = Ifchanged::open(FILE);
        (0..1_000).for_each(|page| assert!(file.fault(page, false).wrote));
        assert!(!file.fault(999, false).wrote);
        assert_eq!(file.track(), (1_000, 999));
    });
}

/// What all share fits on a line where it has to, and does not where it must not. loom's words
/// are larger.
#[cfg(not(loom))]
#[test]
fn the_written_is_on_the_line_or_on_another() {
    assert_eq!((size_of::<Together>(), align_of::<Together>()), (128, 128));
    assert_eq!(size_of::<Ifchanged>(), size_of::<Together>());
    assert_eq!((size_of::<Split>(), align_of::<Split>()), (256, 128));
    let written = size_of::<algo::bottleneck::readahead::Track>();
    assert!(WORDS * 8 + written <= 64, "more than a line");
}
