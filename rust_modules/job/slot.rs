// SPDX-License-Identifier: GPL-2.0

//! What one worker did. It alone writes; others read when all have left, but for its beat.

use algo::primitive::{
    Atomic,
    Relaxed, //
};
use kernel::{
    alloc::{
        flags::__GFP_NOWARN,
        AllocError, //
    },
    prelude::*, //
};
use rig::HelperSlot;

/// Declares the numbers of a worker.
macro_rules! slot {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// What one worker did; times by the monotonic clock, in nanoseconds.
        #[repr(align(128))]
        pub struct Slot {
            seat: HelperSlot,
            marks: KVVec<Mark>,
            $($(#[$doc])* pub $name: Atomic<u64>,)*
        }

        impl Slot {
            pub(crate) fn new(seat: HelperSlot) -> Self {
                Self {
                    seat,
                    marks: KVVec::new(),
                    $($name: Atomic::new(0),)*
                }
            }
        }
    };
}
slot! {
    /// Chunks it took.
    chunks,
    /// Indices it did.
    items,
    /// When it began; 0 if it never did.
    begun_ns,
    /// When its first chunk was taken; 0 if there was none.
    first_ns,
    /// When its last chunk was done.
    last_ns,
    /// When it found nothing left.
    ended_ns,
    /// Time in the job's function.
    busy_ns,
    /// Time between calls of the job's function: for taking chunks, and all that goes with it.
    handout_ns,
    /// The part of it in which the policy gave out a chunk, with a look at the clock for each.
    take_ns,
    /// What as many looks at the clock took there and then, one after the other.
    look_ns,
    /// How often taking a chunk took longer than it can on a running vCPU with a free way.
    stalls,
    /// The part of `take_ns` that those took.
    stalled_ns,
    /// Time that it slept for the cap.
    asleep_ns,
    /// Time that its vCPU lost while it was busy.
    lost_ns,
    /// CPU time.
    cpu_ns,
    /// How often it took what was meant for another.
    steals,
    /// How often it found itself on another vCPU.
    moved,
    /// 1 if the caller stood in for it.
    absent,
    /// When it was last seen in the job's function; 0 if it is not there.
    beat_ns,
    /// Chunks that it recorded.
    marked,
}

/// A chunk that was recorded.
pub struct Mark {
    /// The first index.
    pub start: Atomic<u64>,
    /// Where it ends.
    pub end: Atomic<u64>,
    /// When it was taken.
    pub from_ns: Atomic<u64>,
    /// When it was done.
    pub to_ns: Atomic<u64>,
}

impl Slot {
    /// Returns where the worker was put.
    pub fn seat(&self) -> HelperSlot {
        self.seat
    }

    /// Returns the chunks that it recorded, in their order.
    pub fn marks(&self) -> impl Iterator<Item = &Mark> {
        self.marks.iter().take(self.marked.load(Relaxed) as usize)
    }

    /// Makes room for `count` chunks.
    fn with_marks(mut self, count: u32) -> Result<Self, AllocError> {
        self.marks
            .reserve(count as usize, GFP_KERNEL | __GFP_NOWARN)?;
        for _ in 0..count {
            self.marks.push(
                Mark {
                    start: Atomic::new(0),
                    end: Atomic::new(0),
                    from_ns: Atomic::new(0),
                    to_ns: Atomic::new(0),
                },
                GFP_KERNEL,
            )?;
        }
        Ok(self)
    }

    /// Records a chunk, if there is room.
    pub(crate) fn mark(&self, start: u64, end: u64, from_ns: u64, to_ns: u64) {
        let n = self.marked.load(Relaxed);
        if let Some(mark) = self.marks.get(n as usize) {
            mark.start.store(start, Relaxed);
            mark.end.store(end, Relaxed);
            mark.from_ns.store(from_ns, Relaxed);
            mark.to_ns.store(to_ns, Relaxed);
            self.marked.store(n.wrapping_add(1), Relaxed);
        }
    }
}

/// The slots of all workers. The caller's needs no memory, so that it can work alone.
pub(crate) struct Slots {
    caller: Slot,
    helpers: KVVec<Slot>,
}

impl Slots {
    pub(crate) fn alone(seat: HelperSlot, trace: u32) -> Self {
        Self {
            // Without memory there is no trace.
            caller: Slot::new(seat)
                .with_marks(trace)
                .unwrap_or_else(|_| Slot::new(seat)),
            helpers: KVVec::new(),
        }
    }

    /// Adds slots for helpers.
    pub(crate) fn extend(
        &mut self,
        seats: impl Iterator<Item = HelperSlot>,
        trace: u32,
    ) -> Result<(), AllocError> {
        for seat in seats {
            self.helpers
                .push(Slot::new(seat).with_marks(trace)?, GFP_KERNEL)?;
        }
        Ok(())
    }

    pub(crate) fn get(&self, n: u32) -> Option<&Slot> {
        match n.checked_sub(1) {
            None => Some(&self.caller),
            Some(helper) => self.helpers.get(helper as usize),
        }
    }

    pub(crate) fn len(&self) -> u32 {
        (self.helpers.len() as u32).saturating_add(1)
    }

    pub(crate) fn clear_helpers(&mut self) {
        self.helpers = KVVec::new();
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Slot> {
        Iterator::chain(core::iter::once(&self.caller), &self.helpers)
    }
}
