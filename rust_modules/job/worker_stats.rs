// SPDX-License-Identifier: GPL-2.0

//! Statistics of each worker. The worker alone writes them; others read them when all have left, but
//! for its heartbeat.

use kernel::alloc::AllocError;
use rig::{
    prelude::*,
    HelperSlot, //
};

/// Declares the counts of a worker, and those that it publishes.
macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Counts of a worker; times by the monotonic clock, in nanoseconds.
        #[derive(Default)]
        pub struct WorkerCounts {
            $($(#[$doc])* pub $name: u64,)*
        }

        #[derive(Default)]
        struct PublishedCounts {
            $($name: SingleWriter,)*
        }

        impl PublishedCounts {
            fn set(&self, counts: &WorkerCounts) {
                $(self.$name.set(counts.$name);)*
            }

            fn get(&self) -> WorkerCounts {
                WorkerCounts {
                    $($name: self.$name.get(),)*
                }
            }
        }
    };
}
counts! {
    /// Chunks.
    chunks,
    /// Indices.
    items,
    /// Time of its begin; 0 if it never began.
    begun_ns,
    /// Time of its first chunk; 0 if there was none.
    first_ns,
    /// Time of the end of its last chunk.
    last_ns,
    /// Time at which no chunk was left for it.
    ended_ns,
    /// Time in the job function.
    busy_ns,
    /// Time between calls of the job function: in the chunk policy, and all that goes with it.
    handout_ns,
    /// The part of it that the chunk policy took, with one read of the clock for each chunk.
    take_ns,
    /// Time of as many reads of the clock there and then, one after the other.
    look_ns,
    /// Chunks that took longer than they can on a vCPU that runs, without contention.
    stalls,
    /// The part of `take_ns` that those took.
    stalled_ns,
    /// Time asleep for the cap.
    asleep_ns,
    /// Time that its vCPU lost while it was busy.
    lost_ns,
    /// CPU time.
    cpu_ns,
    /// Chunks taken from other workers.
    steals,
    /// 1 if it found itself on another vCPU.
    moved,
    /// 1 if the caller stood in for it.
    absent,
}

/// Statistics of one worker.
#[repr(align(128))]
pub struct WorkerStats {
    slot: HelperSlot,
    counts: PublishedCounts,
    chunks: KVVec<ChunkRecord>,
    recorded: Atomic<u32>,
    /// [`NOT_BEGUN`], [`BETWEEN_CALLS`], or the time at which the worker called the job function.
    heartbeat: Atomic<u64>,
}

/// Heartbeat of a worker that has not begun.
pub(crate) const NOT_BEGUN: u64 = 0;
/// Heartbeat of a worker outside of the job function.
pub(crate) const BETWEEN_CALLS: u64 = 1;
/// A worker whose heartbeat is older counts as preempted: it is in one call of the job function.
pub(crate) const HEARTBEAT_TIMEOUT_NS: u64 = 4_000_000;

/// Record of a chunk.
#[derive(Default)]
pub struct ChunkRecord {
    /// The first index.
    pub start: SingleWriter,
    /// The end.
    pub end: SingleWriter,
    /// Time at which it was taken.
    pub from_ns: SingleWriter,
    /// Time at which it was done.
    pub to_ns: SingleWriter,
}

impl WorkerStats {
    /// Creates them with room for records of `chunks`.
    fn new(slot: HelperSlot, chunks: u32) -> Result<Self, AllocError> {
        let mut stats = Self::without_records(slot);
        let room = &mut stats.chunks;
        room.reserve(chunks as usize, may_fail())?;
        for _ in 0..chunks {
            room.push(ChunkRecord::default(), GFP_KERNEL)?;
        }
        Ok(stats)
    }

    fn without_records(slot: HelperSlot) -> Self {
        Self {
            slot,
            counts: PublishedCounts::default(),
            chunks: KVVec::new(),
            recorded: Atomic::new(0),
            heartbeat: Atomic::new(NOT_BEGUN),
        }
    }

    /// Returns the slot of the worker.
    pub fn slot(&self) -> HelperSlot {
        self.slot
    }

    /// Returns the counts of a worker that has left; all are 0 if it never began.
    pub fn counts(&self) -> WorkerCounts {
        self.counts.get()
    }

    /// Returns the recorded chunks, in order.
    pub fn chunks(&self) -> impl Iterator<Item = &ChunkRecord> {
        self.chunks
            .iter()
            .take(self.recorded.load(Relaxed) as usize)
    }

    pub(crate) fn publish(&self, counts: &WorkerCounts) {
        self.counts.set(counts);
    }

    pub(crate) fn set_heartbeat(&self, heartbeat: u64) {
        self.heartbeat.store(heartbeat, Relaxed);
    }

    pub(crate) fn heartbeat(&self) -> u64 {
        self.heartbeat.load(Relaxed)
    }

    /// Records a chunk, if there is room.
    pub(crate) fn record(&self, start: u64, end: u64, from_ns: u64, to_ns: u64) {
        let n = self.recorded.load(Relaxed);
        if let Some(chunk) = self.chunks.get(n as usize) {
            chunk.start.set(start);
            chunk.end.set(end);
            chunk.from_ns.set(from_ns);
            chunk.to_ns.set(to_ns);
            self.recorded.store(n.wrapping_add(1), Relaxed);
        }
    }
}

/// Statistics of all workers. Those of the caller need no memory, so that it can work alone.
pub(crate) struct AllStats {
    caller: WorkerStats,
    helpers: KVVec<WorkerStats>,
}

impl AllStats {
    pub(crate) fn of_caller(slot: HelperSlot, chunks: u32) -> Self {
        Self {
            // Without memory there are no records.
            caller: WorkerStats::new(slot, chunks)
                .unwrap_or_else(|_| WorkerStats::without_records(slot)),
            helpers: KVVec::new(),
        }
    }

    /// Adds those of helpers.
    pub(crate) fn extend(
        &mut self,
        slots: impl Iterator<Item = HelperSlot>,
        chunks: u32,
    ) -> Result<(), AllocError> {
        for slot in slots {
            self.helpers
                .push(WorkerStats::new(slot, chunks)?, GFP_KERNEL)?;
        }
        Ok(())
    }

    pub(crate) fn get(&self, n: u32) -> Option<&WorkerStats> {
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

    pub(crate) fn iter(&self) -> impl Iterator<Item = &WorkerStats> {
        Iterator::chain(core::iter::once(&self.caller), &self.helpers)
    }
}
