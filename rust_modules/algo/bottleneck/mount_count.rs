// SPDX-License-Identifier: GPL-2.0

//! How many refer to a mount: everyone who opens a file there, or walks through it.
//!
//! Piggin, "Scaling the Linux VFS", LinuxCon 2009, and Kleen and Chen, "Linux kernel scaling",
//! 2011, fix #3: `mntput_no_expire()` and `lookup_mnt()`.
//!
//! | variant | putting a reference |
//! |---|---|
//! | `exact` | an atomic, and its cache line |
//! | `summed` | the locks of all vCPUs, and their counts added up |
//! | `split` | the same once it is detached; until then the lock of this vCPU, and its count |
//! | `percpu` | an instruction of one's own until it is detached: [`MountCount`] |
//!
//! What all promise: whoever puts the last one is told so, and nobody else. `summed` is `split`
//! without the reference for a long term, as internal mounts were (`pipefs`). Today's kernel has
//! `split`, without the lock: the reader is RCU's.

mod exact;
mod split;
mod work;

use crate::{
    counter::{
        EachVcpu,
        MountCount, //
    },
    Waiter, //
};

pub use self::{
    exact::Exact,
    split::Split,
    work::{
        Mount,
        Seat,
        Work, //
    },
};

/// References to something that is attached, and then detached. The caller stays on its vCPU while
/// it gets and puts.
pub trait Count: Sync {
    /// The name of the variant.
    const NAME: &'static str;

    /// Gets a reference; the caller has one, or knows that it is attached.
    fn get(&self, me: &Waiter);

    /// Puts a reference; returns whether it was the last one.
    #[must_use = "whoever puts the last one has to clean up"]
    fn put(&self, me: &Waiter) -> bool;

    /// Detaches it, and puts the reference that it was created with; returns whether that was the
    /// last one. It may sleep.
    #[must_use = "whoever puts the last one has to clean up"]
    fn detach(&self, vcpus: &impl EachVcpu, me: &Waiter) -> bool;

    /// Begins anew, attached. Nobody has a reference any more, nor gets one meanwhile.
    fn revive(&self);
}

impl Count for MountCount {
    const NAME: &'static str = "percpu";

    #[inline(always)]
    fn get(&self, _: &Waiter) {
        MountCount::get(self);
    }

    #[inline(always)]
    fn put(&self, _: &Waiter) -> bool {
        MountCount::put(self)
    }

    fn detach(&self, vcpus: &impl EachVcpu, _: &Waiter) -> bool {
        MountCount::detach(self, vcpus)
    }

    fn revive(&self) {
        MountCount::revive(self);
    }
}
