// SPDX-License-Identifier: GPL-2.0

//! Sections of a run with readers: which are shared, and how long each kind waited.
//!
//! A generator of each thread decides, so that a run is repeated by its settings. An uncontended acquisition
//! is a wait of 0 and reads no clock; the wait clock of the thread has the beginning of any other. The
//! [`Sampler`](crate::Sampler) is of no use here: its preemption log knows one holder at a time.

use core::{
    cell::Cell,
    fmt::{
        Result,
        Write, //
    },
};

use abi::{
    histogram::Of,
    lock_load::Sharing as Line, //
};
use algo::{
    primitive::{
        stamp,
        Atomic,
        Relaxed, //
    },
    WaitClock,
    Waiter, //
};

use crate::{
    report::write_histogram,
    LatencyHistogram,
    Padded,
    SingleWriter,
    Thresholds,
    World, //
};

/// Sections of one thread, and their waits.
pub struct SharingLog<W: World> {
    read_wait: LatencyHistogram<W::List<Atomic<u64>>>,
    write_wait: LatencyHistogram<W::List<Atomic<u64>>>,
    reads: SingleWriter,
    read_waits: SingleWriter,
    write_waits: SingleWriter,
}

impl<W: World> SharingLog<W> {
    /// Creates the log; `histograms` are the storage of its two.
    pub fn new(histograms: [W::List<Atomic<u64>>; 2]) -> Self {
        let [read_wait, write_wait] = histograms.map(LatencyHistogram::new);
        Self {
            read_wait,
            write_wait,
            reads: SingleWriter::default(),
            read_waits: SingleWriter::default(),
            write_waits: SingleWriter::default(),
        }
    }
}

/// What the threads of a run with readers share.
pub struct Sharing<W: World> {
    /// A section is shared if the upper half of a random word is below this.
    limit: u64,
    /// There if waits are timed.
    thresholds: Option<Thresholds>,
    /// When the run began: a thread that waited before waited for the others to arrive.
    began: Atomic<u64>,
    logs: W::List<Padded<SharingLog<W>>>,
}

impl<W: World> Sharing<W> {
    /// Creates it for `readers_pct` of 100 sections, with a log for each thread.
    pub fn new(
        readers_pct: u32,
        thresholds: Option<Thresholds>,
        logs: W::List<Padded<SharingLog<W>>>,
    ) -> Self {
        Self {
            limit: (u64::from(readers_pct) << 32) / 100,
            thresholds,
            began: Atomic::new(0),
            logs,
        }
    }

    /// Begins the run, as the last step of the section in which thread 0 waited for arrivals.
    /// Returns when that was.
    pub fn begin(&self) -> u64 {
        let now = stamp();
        self.began.store(now, Relaxed);
        now
    }

    /// Returns the shared sections of all threads, which have left.
    pub fn reads(&self) -> u64 {
        self.sum(|log| &log.reads)
    }

    fn sum(&self, of: impl Fn(&SharingLog<W>) -> &SingleWriter) -> u64 {
        let logs = self.logs.iter();
        logs.fold(0, |sum, log| sum.wrapping_add(of(log).get()))
    }

    /// Writes the lines of the report; `vcpu_of` is the vCPU of a thread. Of the `writes` no sampler saw the
    /// first, for which all threads queued up.
    pub fn write(&self, writes: u64, vcpu_of: &dyn Fn(u32) -> u32, to: &mut impl Write) -> Result {
        let line = Line {
            reads: self.reads(),
            writes,
            read_waits: self.sum(|log| &log.read_waits),
            write_waits: self.sum(|log| &log.write_waits),
        };
        writeln!(to, "{line}")?;
        if self.thresholds.is_none() {
            return Ok(());
        }
        (0..).zip(self.logs.iter()).try_for_each(|(index, log)| {
            let kinds = [&log.read_wait, &log.write_wait];
            let mut kinds = Of::SHARED.iter().zip(kinds);
            kinds.try_for_each(|(&of, times)| write_histogram(of, index, vcpu_of(index), times, to))
        })
    }
}

/// Reader or writer: the generator and the waits of one thread.
pub struct SharingSampler<'a, W: World> {
    run: &'a Sharing<W>,
    log: &'a SharingLog<W>,
    random: Cell<u64>,
    reads: Cell<u64>,
    writes: Cell<u64>,
}

impl<'a, W: World> SharingSampler<'a, W> {
    /// Creates that of thread `index`, which is `me`, and enables its wait clock if waits are timed.
    pub fn new(run: &'a Sharing<W>, index: u32, me: &Waiter) -> Option<Self> {
        let log = run.logs.get(index as usize)?;
        if let Some(thresholds) = &run.thresholds {
            me.wait_clock.enable(thresholds.gap);
        }
        Some(Self {
            run,
            log,
            // Far apart for threads that follow each other.
            random: Cell::new(u64::from(index).wrapping_mul(0x9e37_79b9_7f4a_7c15)),
            reads: Cell::new(0),
            writes: Cell::new(0),
        })
    }

    /// Returns whether the next section is shared. Knuth 3.3.4, linear congruential; the upper half of
    /// the word is random enough.
    #[inline(always)]
    pub fn is_next_shared(&self) -> bool {
        let random = self.random.get().wrapping_mul(0x5851_f42d_4c95_7f2d);
        let random = random.wrapping_add(0x1405_7b7e_f767_814f);
        self.random.set(random);
        random >> 32 < self.run.limit
    }

    /// Before a lock that does not report contention.
    #[inline(always)]
    pub fn before_acquire(&self, me: &Waiter) {
        me.wait_clock.begin(WaitClock::UNSAMPLED);
    }

    /// The first step of a shared section.
    #[inline(always)]
    pub fn enter_shared(&self, me: &Waiter) {
        self.reads.set(self.reads.get().wrapping_add(1));
        if let Some(wait) = me.wait_clock.end() {
            self.record(wait.since, &self.log.read_wait, &self.log.read_waits);
        }
    }

    /// The first step of an exclusive section.
    #[inline(always)]
    pub fn enter(&self, me: &Waiter) {
        self.writes.set(self.writes.get().wrapping_add(1));
        if let Some(wait) = me.wait_clock.end() {
            self.record(wait.since, &self.log.write_wait, &self.log.write_waits);
        }
    }

    #[inline(never)]
    fn record(
        &self,
        since: u64,
        times: &LatencyHistogram<W::List<Atomic<u64>>>,
        waits: &SingleWriter,
    ) {
        if let Some(thresholds) = &self.run.thresholds {
            let since = since.max(self.run.began.load(Relaxed));
            times.record(thresholds.tsc.ns(stamp().saturating_sub(since)));
            waits.add(1);
        }
    }

    /// The thread leaves the run.
    pub fn close(&self) {
        let (log, reads, writes) = (self.log, self.reads.get(), self.writes.get());
        log.reads.set(reads);
        let uncontended = |all: u64, waits: &SingleWriter| all.saturating_sub(waits.get());
        let (read, write) = (&log.read_wait.histogram, &log.write_wait.histogram);
        read.record_many(0, uncontended(reads, &log.read_waits));
        write.record_many(0, uncontended(writes, &log.write_waits));
    }
}
