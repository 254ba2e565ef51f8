// SPDX-License-Identifier: GPL-2.0

//! Slot of a pool: a helper, or room for one.

use kernel::sync::SetOnce;

use super::helper::Helper;
use crate::prelude::*;

/// A helper that is made once, by one thread, and stays.
pub(super) struct Slot {
    helper: SetOnce<Helper>,
    /// Whether there is a helper, or a thread is making it.
    claimed: Atomic<bool>,
}

impl Slot {
    pub(super) fn new() -> Self {
        Self {
            helper: SetOnce::new(),
            claimed: Atomic::new(false),
        }
    }

    pub(super) fn get(&self) -> Option<&Helper> {
        self.helper.as_ref()
    }

    /// Claims the slot for a new helper, which the calling thread then makes.
    pub(super) fn claim(&self) -> bool {
        // It publishes nothing: `SetOnce` does.
        self.claimed.cmpxchg(false, true, Relaxed).is_ok()
    }

    /// Makes the helper `name/index` in the slot, which the calling thread has claimed; the helper is
    /// reserved. [`None`] if memory or threads have run out.
    pub(super) fn fill(&self, name: &'static CStr, index: u32) -> Option<&Helper> {
        match Helper::new(name, index) {
            Ok(helper) => self.helper.populate(helper).then(|| self.get()).flatten(),
            Err(_) => {
                self.claimed.store(false, Relaxed);
                None
            }
        }
    }
}
