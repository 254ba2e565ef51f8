// SPDX-License-Identifier: GPL-2.0

//! Every variant of every bottleneck keeps the promises, and the oracle catches the busted one.

#[path = "../support/mod.rs"]
mod support;

/// Declares a test per line: its name, and the expression that it runs.
macro_rules! tests {
    ($($(#[$attr:meta])* $name:ident => $run:expr;)*) => {$(
        $(#[$attr])*
        #[test]
        fn $name() {
            $run;
        }
    )*};
}

mod anon_chain;
mod file_list;
mod hash;
mod ids;
mod lru;
mod mount_count;
mod mount_lookup;
mod page_clear;
mod path_walk;
mod peer_ref;
#[expect(unsafe_code, reason = "a use after free is a race")]
mod rcu;
mod readahead;

use algo::{primitive::on, Tuning, Waiter};

use self::support::{check, together, Arc, ROUNDS};

/// A thread that takes locks.
fn waiter() -> Waiter {
    Waiter::new(Tuning::default())
}

/// Returns `len` elements of their default value.
fn many<T: Default>(len: u32) -> Vec<T> {
    (0..len).map(|_| T::default()).collect()
}

/// Runs `each` on what `new` returns, on `threads` threads at once, each on the vCPU of its number;
/// then runs `end`.
fn race<T: Send + Sync + 'static>(
    preemptions: usize,
    threads: u32,
    new: impl Fn() -> T + Send + Sync + 'static,
    each: impl Fn(&T, u32, &Waiter) + Copy + Send + Sync + 'static,
    end: impl Fn(&T) + Send + Sync + 'static,
) {
    check(preemptions, move || {
        let shared = Arc::new(new());
        let theirs = shared.clone();
        together(threads, move |thread| {
            on(thread, || each(&theirs, thread, &waiter()));
        });
        end(&shared);
    });
}

/// Pseudorandom numbers of one thread of a test.
struct Random(u64);

impl Random {
    fn of(thread: u32) -> Self {
        Self(u64::from(thread) + 1)
    }

    /// Marsaglia, "Xorshift RNGs", 2003.
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as u32
    }
}

/// Fails if the value seen is not the one due.
fn passes(name: &str, seen: u64, due: u64) {
    assert_eq!(seen, due, "{name}");
}

/// Returns the values seen and due that `audit` reports.
fn findings(audit: impl FnOnce(algo::bottleneck::Findings<'_>)) -> Vec<(u64, u64)> {
    let mut findings = Vec::new();
    audit(&mut |_, seen, due| findings.push((seen, due)));
    findings
}
