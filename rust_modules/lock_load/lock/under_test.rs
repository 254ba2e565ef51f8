// SPDX-License-Identifier: GPL-2.0

//! A lock and the words that it protects, on cache lines of their own.

use measure::{
    Probe,
    Unsampled, //
};

use super::{
    hot_sections::{
        hot_sections,
        Pattern, //
    },
    hot_shared::hot_shared,
    outer_words::OuterWords,
    protected_words::ProtectedWords,
    step_times::{
        hot_steps,
        StepTimes, //
    }, //
};
use crate::{
    prelude::*,
    sampling::{
        Sampler,
        SharingSampler, //
    }, //
};

/// A thread that contends for the lock.
pub(crate) struct Contender<'a> {
    pub(crate) me: Waiter,
    /// Times its waits and sections, if anything does.
    pub(crate) sampler: Option<Sampler<'a>>,
    /// Makes some of its sections shared, if the run has readers.
    pub(crate) sharing: Option<SharingSampler<'a>>,
    /// When it turned preemption off for sections; 0 outside of them.
    pub(crate) pinned_ns: &'a SingleWriter,
}

/// Preemption off for sections of a thread, unless the lock sleeps, and the time since then.
struct Pinned<'a>(
    &'a SingleWriter,
    #[expect(dead_code, reason = "guard")] Option<Preempt>,
);

impl Drop for Pinned<'_> {
    fn drop(&mut self) {
        self.0.set(0);
    }
}

/// A lock under test. Each section stays on one vCPU, unless the lock sleeps.
pub(crate) trait LockUnderTest: Send + Sync {
    /// Runs up to `batch` sections, fewer if the stop flag is raised; returns how many.
    fn batch(
        &self,
        pattern: Pattern,
        batch: u32,
        stop_flag: &StopFlag,
        thread: &Contender<'_>,
    ) -> u64;

    /// Runs up to `rounds` sections, fewer if the stop flag is raised; returns how many. Adds to the times
    /// of acquisition, section and release.
    fn time_steps(
        &self,
        rounds: u32,
        stop_flag: &StopFlag,
        me: &Waiter,
        times: &mut [StepTimes; 3],
    ) -> u64;

    /// Runs one untimed section, which lasts until `enough`.
    fn hold_until(&self, me: &Waiter, enough: &dyn Fn() -> bool);

    /// Runs one timed section, which lasts for as long as `body`; that gives the sampler the gaps in
    /// which its vCPU did not run.
    fn hold_during(&self, thread: &Contender<'_>, body: &dyn Fn());

    /// Turns preemption off until the return value is dropped, unless the lock sleeps.
    fn pin(&self) -> Option<Preempt>;

    /// Whether the lock reports contention, [`Lock::REPORTS_CONTENTION`].
    fn reports_contention(&self) -> bool;

    /// Returns how many updates were lost or torn if `sections` were completed; all threads have
    /// left.
    fn lost_updates(&self, sections: u64) -> u64;

    /// Returns the memory of the lock itself.
    fn region(&self) -> Region;
}

struct Protecting<L> {
    lock: Padded<L>,
    words: Padded<ProtectedWords>,
    outer: Option<Arc<OuterWords>>,
}

/// Allocates words for `lock` to protect; `outer` are those that its outer locks protect.
pub(super) fn under_test<L: Lock + Send + 'static>(
    lock: L,
    outer: Option<Arc<OuterWords>>,
) -> Result<KBox<dyn LockUnderTest>> {
    let under_test = Protecting {
        lock: Padded(lock),
        words: Padded(ProtectedWords::new()),
        outer,
    };
    Ok(KBox::new(under_test, GFP_KERNEL)?)
}

impl<L: Lock + Send> Protecting<L> {
    fn pin_for<'a>(&self, thread: &Contender<'a>) -> Pinned<'a> {
        let pinned = Pinned(thread.pinned_ns, self.pin());
        pinned.0.set(now_ns());
        pinned
    }
}

impl<L: Lock + Send> LockUnderTest for Protecting<L> {
    fn batch(
        &self,
        pattern: Pattern,
        batch: u32,
        stop_flag: &StopFlag,
        thread: &Contender<'_>,
    ) -> u64 {
        let Contender { me, sampler, .. } = thread;
        let (lock, words) = (&*self.lock, &*self.words);
        let _pinned = self.pin_for(thread);
        if L::SHARES {
            if let Some(sharing) = &thread.sharing {
                return hot_shared(lock, words, pattern, batch, stop_flag, me, sharing);
            }
        }
        let Some(sampler) = sampler else {
            return hot_sections(lock, words, pattern, batch, stop_flag, me, &Unsampled);
        };
        sampler.batch(me, || {
            hot_sections(lock, words, pattern, batch, stop_flag, me, sampler)
        })
    }

    fn time_steps(
        &self,
        rounds: u32,
        stop_flag: &StopFlag,
        me: &Waiter,
        times: &mut [StepTimes; 3],
    ) -> u64 {
        let _pinned = self.pin();
        hot_steps(&*self.lock, rounds, stop_flag, me, times)
    }

    fn hold_until(&self, me: &Waiter, enough: &dyn Fn() -> bool) {
        let wait = || {
            while !enough() {
                cpu_relax();
            }
        };
        let _pinned = self.pin();
        self.lock.with(me, || self.words.exposed_section(wait));
    }

    fn hold_during(&self, thread: &Contender<'_>, body: &dyn Fn()) {
        let Contender { me, sampler, .. } = thread;
        let _pinned = self.pin_for(thread);
        if let Some(sharing) = &thread.sharing {
            if !L::REPORTS_CONTENTION {
                sharing.before_acquire(me);
            }
            self.lock.with(me, || {
                sharing.enter(me);
                self.words.exposed_section(body);
            });
            return;
        }
        let Some(sampler) = sampler else {
            self.lock.with(me, || self.words.section(body));
            return;
        };
        sampler.batch(me, || {
            sampler.time_next(me);
            if !L::REPORTS_CONTENTION {
                sampler.before_acquire(me);
            }
            self.lock.with(me, || {
                let entered = sampler.begin_timed(me, 0);
                self.words.section(body);
                sampler.end_watched(entered);
            });
            1
        });
    }

    fn pin(&self) -> Option<Preempt> {
        (!L::SLEEPS).then(Preempt::new)
    }

    fn reports_contention(&self) -> bool {
        L::REPORTS_CONTENTION
    }

    fn lost_updates(&self, sections: u64) -> u64 {
        let outer = self.outer.as_ref().map_or(0, |outer| outer.lost_updates());
        self.words.lost_updates(sections).wrapping_add(outer)
    }

    fn region(&self) -> Region {
        Region::of(&*self.lock)
    }
}
