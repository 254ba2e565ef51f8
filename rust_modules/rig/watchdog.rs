// SPDX-License-Identifier: GPL-2.0

//! Watchdog over halted vCPUs: it distinguishes a halt that a kick ended from one that another
//! interrupt ended, and rescues a vCPU that was never kicked.
//!
//! What a lost wake-up looks like depends on what may end a halt:
//!
//! ```text
//!   ipi        sti; hlt               a timer ends it too, the halt limit at the latest; but the
//!                                     interrupt of the kick is never served
//!   hypercall  hlt, interrupts off    nothing else ends it: the halt goes on for ever
//!   pv_ops     pv_wait(), likewise    the same
//!   … of Xen   SCHEDOP_poll,          any event ends it, as for ipi; the event of the kick is never
//!              interrupts on          served, and only kicks that were sent can be counted
//! ```
//!
//! So after a halt that ended with its word changed, the first and the last wait for the kick;
//! and in the other two at least one thread stays awake, scans for vCPUs that are still halted long
//! after their word has changed, and kicks them. So do the timers of the [halt limit](crate::HaltLimit),
//! since that thread may be waiting for a CPU that `stop_machine()` has, which waits for the halted one.

mod lost;
mod vcpu;

use abi::trial::Lost;
use algo::primitive::Vcpu;

use self::{
    lost::LostWakeups,
    vcpu::VcpuHalts, //
};
use crate::{
    helpers,
    possible_vcpus,
    prelude::*,
    synchronize_rcu,
    HaltEnd,
    IrqsOff, //
};

pub use self::lost::Region;

/// Timeout for a kick: time for which a vCPU may stay halted although its word has changed, as the
/// watchdog sees it pass. On an overcommitted machine the kicker may be preempted for long.
const KICK_TIMEOUT_NS: u64 = 1_000_000_000;
/// The timeout after [`ENOUGH`] lost wake-ups, which prove the lock wrong.
const SHORT_TIMEOUT_NS: u64 = 10_000_000;
const ENOUGH: u32 = 3;
/// Most time that counts between two scans: while the watchdog was preempted, all may have been.
const LONGEST_STEP_NS: u64 = helpers::SLOWPATH_HALT_LIMIT_NS as u64;

/// Address of the active watchdog; 0 is none.
static ACTIVE: Atomic<usize> = Atomic::new(0);

/// Watchdog over the halts of one run.
pub struct Watchdog {
    vcpus: KVVec<Padded<VcpuHalts>>,
    /// What ends a halt.
    ends_by: HaltEnd,
    /// Threads that may halt.
    members: u32,
    halted: Padded<Atomic<u32>>,
    /// A thread scans.
    scanning: Atomic<bool>,
    /// Time of the last scan.
    scanned_ns: Atomic<u64>,
    lost: LostWakeups,
}

/// Halts by what ended them.
pub struct WakeCounts {
    /// Halts that ended by a kick, their word having changed.
    pub kicked: u64,
    /// Halts where a timer came first, and the kick after it.
    pub late: u64,
    /// Halts that ended though their word had not changed.
    pub spurious: u64,
}

/// A watchdog at work until this is dropped, when no vCPU may be halted.
pub struct ActiveWatchdog {
    _dog: Arc<Watchdog>,
}

impl Watchdog {
    /// Makes a watchdog for `members` threads, which records the memory `lock` with each lost wake-up.
    pub fn new(members: u32, ends_by: HaltEnd, lock: Region) -> Result<Arc<Self>> {
        let vcpus = possible_vcpus() as usize;
        let dog = Self {
            vcpus: filled(vcpus, || Ok(Padded(VcpuHalts::new())))?,
            ends_by,
            members,
            halted: Padded(Atomic::new(0)),
            scanning: Atomic::new(false),
            scanned_ns: Atomic::new(0),
            lost: LostWakeups::new(lock),
        };
        Ok(Arc::new(dog, GFP_KERNEL)?)
    }

    /// Activates it: every halt goes through it.
    pub fn activate(self: &Arc<Self>) -> ActiveWatchdog {
        // Pairs with the acquires in `hook` and `scan_hook`.
        ACTIVE.store(Arc::as_ptr(self).addr(), Release);
        // SAFETY: They are functions of those types, and find the watchdog.
        unsafe { helpers::slowpath_set_halt_hooks(Some(hook), Some(scan_hook)) };
        ActiveWatchdog { _dog: self.clone() }
    }

    /// Returns how many vCPUs are halted, or about to be with interrupts off.
    #[inline]
    pub fn halted(&self) -> u32 {
        self.halted.load(Relaxed)
    }

    /// Returns whether `vcpu` is halted, or about to be with interrupts off.
    pub fn is_halted(&self, vcpu: u32) -> bool {
        self.vcpu(vcpu).is_some_and(VcpuHalts::is_halted)
    }

    /// Returns the halts so far by what ended them, all vCPUs together.
    pub fn wakes(&self) -> WakeCounts {
        let sum = |of: fn(&VcpuHalts) -> &Atomic<u64>| {
            let each = self.vcpus.iter().map(|vcpu| of(vcpu).load(Relaxed));
            each.fold(0, u64::wrapping_add)
        };
        WakeCounts {
            kicked: sum(|vcpu| &vcpu.kicked),
            late: sum(|vcpu| &vcpu.late),
            spurious: sum(|vcpu| &vcpu.spurious),
        }
    }

    /// Returns how many wake-ups were lost.
    pub fn lost(&self) -> u32 {
        self.lost.count()
    }

    /// Returns whether so many were lost that the lock is wrong and a trial may end.
    pub fn lost_enough(&self) -> bool {
        self.lost() >= ENOUGH
    }

    fn timeout_ns(&self) -> u64 {
        match self.lost_enough() {
            false => KICK_TIMEOUT_NS,
            true => SHORT_TIMEOUT_NS,
        }
    }

    /// Returns the first few wake-ups that were lost; all threads have left.
    pub fn losses(&self) -> impl Iterator<Item = Lost> + '_ {
        self.lost.first()
    }

    /// Kicks `vcpu`.
    pub fn kick(&self, vcpu: u32) {
        if self.vcpu(vcpu).is_some() {
            // SAFETY: That is the number of a CPU.
            unsafe { helpers::slowpath_kick(vcpu) };
        }
    }

    /// Halts the calling vCPU while `word` is `value`; may return early. Preemption is off.
    pub fn halt_while(&self, word: &Atomic<u32>, value: u32) {
        let mut off = IrqsOff::new();
        let Some(halts) = self.here() else { return };
        if self.ends_by != HaltEnd::Kick && off.were_off() {
            // No interrupt, and no event, would end the halt.
            return cpu_relax();
        }
        let by_kick = self.ends_by == HaltEnd::Kick;
        loop {
            let kicks = self.kicks();
            if word.load(Relaxed) != value {
                return;
            }
            // Full: pairs with itself and the subtractions. Of threads that halt at once, one sees
            // all others in the count.
            let others = self.halted.fetch_add(1, Full);
            if !by_kick || others < self.members.saturating_sub(1) {
                return self.halt(halts, word, [value, value], kicks, off);
            }
            // No other thread is awake to rescue the last one: it scans until another wakes.
            self.halted.fetch_sub(1, Full);
            drop(off);
            self.scan();
            cpu_relax();
            off = IrqsOff::new();
        }
    }

    /// Turns interrupts off, calls `ready`, and halts only once `word` is no longer `value`: by then
    /// the vCPU must have been kicked, and the kick be pending. Returns early if `ready` returns false.
    ///
    /// Preemption is off. If `ready` returns true, a running thread is about to kick and to change the
    /// word.
    pub fn halt_after_kick(&self, word: &Atomic<u32>, value: u32, ready: impl FnOnce() -> bool) {
        let off = IrqsOff::new();
        let Some(halts) = self.here() else { return };
        let kicks = self.kicks();
        if !ready() {
            return;
        }
        let changed = loop {
            match word.load(Relaxed) {
                now if now != value => break now,
                _ => cpu_relax(),
            }
        };
        self.halted.fetch_add(1, Full);
        self.halt(halts, word, [value, changed], kicks, off);
    }

    /// Halts, `value` being what the halt is to see changed, and `now` what the word is; `kicks` are those before
    /// the word was read.
    fn halt(
        &self,
        halts: &VcpuHalts,
        word: &Atomic<u32>,
        [value, now]: [u32; 2],
        kicks: u32,
        off: IrqsOff,
    ) {
        let vcpu = Vcpu::current().number();
        let (number, word_at) = (halts.enter(word, value), core::ptr::from_ref(word).cast());
        // SAFETY: Interrupts are off; the word is live.
        unsafe {
            match self.ends_by {
                HaltEnd::Interrupt => helpers::slowpath_halt_irqs_on(),
                HaltEnd::Kick => helpers::slowpath_halt_irqs_off(word_at, now),
                HaltEnd::Event => helpers::slowpath_halt_event(word_at, now),
            }
        }
        halts.leave();
        self.halted.fetch_sub(1, Full);
        drop(off);
        if word.load(Relaxed) == value {
            halts.spurious.add(1, Relaxed);
        } else if self.ends_by == HaltEnd::Kick {
            if !halts.was_rescued(number) {
                halts.kicked.add(1, Relaxed);
            }
        } else if self.kicks() != kicks {
            halts.kicked.add(1, Relaxed);
        } else {
            // A timer came first: the thread that changed the word may have been preempted before
            // it could kick.
            match self.wait_for_kick(kicks) {
                Ok(()) => {
                    halts.late.add(1, Relaxed);
                    halts.kicked.add(1, Relaxed);
                }
                Err(waited) => self.lost.record(vcpu, value, word.load(Relaxed), waited),
            }
        }
    }

    /// Waits until the calling vCPU has been kicked more than `kicks` times; the error is the time that it waited
    /// in vain. The vCPU counts as halted meanwhile.
    fn wait_for_kick(&self, kicks: u32) -> Result<(), u64> {
        self.halted.fetch_add(1, Full);
        let (mut waited, mut last) = (0u64, now_ns());
        while self.kicks() == kicks && waited <= self.timeout_ns() {
            // A timer ends this halt, too.
            let off = IrqsOff::new();
            if self.kicks() == kicks {
                // SAFETY: Interrupts are off.
                unsafe { helpers::slowpath_halt_irqs_on() };
            }
            drop(off);
            let now = now_ns();
            waited = waited.saturating_add(now.saturating_sub(last).min(LONGEST_STEP_NS));
            last = now;
        }
        self.halted.fetch_sub(1, Full);
        match self.kicks() == kicks {
            true => Err(waited),
            false => Ok(()),
        }
    }

    /// Scans for vCPUs that stay halted although their word has changed, and kicks them.
    ///
    /// Every loop that waits in a run calls this, and the timers of the halt limit.
    pub fn scan(&self) {
        // Pairs with the release below: one thread at a time, which sees what the last one stored.
        if self.ends_by != HaltEnd::Kick || self.scanning.xchg(true, Acquire) {
            return;
        }
        let now = now_ns();
        let since = self.scanned_ns.load(Relaxed);
        self.scanned_ns.store(now, Relaxed);
        let passed = now.saturating_sub(since).min(LONGEST_STEP_NS);
        for (vcpu, halts) in (0..).zip(&self.vcpus) {
            if let Some((value, found, waited)) = halts.overdue(passed, self.timeout_ns()) {
                self.lost.record(vcpu, value, found, waited);
            }
            if halts.take_rescue() {
                // SAFETY: That is the number of a CPU.
                unsafe { helpers::slowpath_rescue(vcpu) };
            }
        }
        // Pairs with the acquire above, of the next scan.
        self.scanning.store(false, Release);
    }

    /// Returns the kicks of the calling vCPU so far: those whose interrupt it has served, or under Xen those that
    /// were sent.
    fn kicks(&self) -> u32 {
        let vcpu = Vcpu::current().number();
        // SAFETY: That is the number of a CPU.
        unsafe {
            match self.ends_by {
                HaltEnd::Event => helpers::slowpath_xen_kicks_sent(vcpu),
                _ => helpers::slowpath_kicks_served(vcpu),
            }
        }
    }

    /// Returns the halts of the calling vCPU.
    fn here(&self) -> Option<&VcpuHalts> {
        self.vcpu(Vcpu::current().number())
    }

    fn vcpu(&self, vcpu: u32) -> Option<&VcpuHalts> {
        self.vcpus.get(vcpu as usize).map(|halts| &**halts)
    }
}

impl Drop for ActiveWatchdog {
    fn drop(&mut self) {
        // SAFETY: No vCPU is halted, nor will be, by the contract of the type.
        unsafe { helpers::slowpath_set_halt_hooks(None, None) };
        ACTIVE.store(0, Relaxed);
        // A timer that has read either is an RCU reader, as every interrupt is.
        synchronize_rcu();
    }
}

/// # Safety
///
/// `word` is live, and a watchdog is active.
unsafe extern "C" fn hook(word: *const c_uint, value: c_uint) {
    // Pairs with the release in `activate`.
    let dog = ACTIVE.load(Acquire) as *const Watchdog;
    // SAFETY: `ActiveWatchdog` keeps it for as long as any vCPU halts; an `Atomic<u32>` is a
    // transparent `u32`.
    let (dog, word) = unsafe { (&*dog, &*word.cast::<Atomic<u32>>()) };
    dog.halt_while(word, value);
}

/// # Safety
///
/// Called with interrupts off.
unsafe extern "C" fn scan_hook() {
    // Pairs with the release in `activate`.
    let dog = ACTIVE.load(Acquire) as *const Watchdog;
    // SAFETY: If it is there, it stays until this interrupt is over: see `ActiveWatchdog::drop`.
    if let Some(dog) = unsafe { dog.as_ref() } {
        dog.scan();
    }
}
