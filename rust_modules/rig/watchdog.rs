// SPDX-License-Identifier: GPL-2.0

//! A watchdog over halted vCPUs: it tells a wake by the kick from a rescue by something else, and
//! rescues a vCPU that was never kicked.
//!
//! What a lost wake-up looks like depends on what may end a halt:
//!
//! ```text
//!   ipi        sti; hlt               the next tick ends it too, 4 ms later at most; but the
//!                                     interrupt that was to kick is never served
//!   hypercall  hlt, interrupts off    nothing else ends it: the halt goes on for ever
//!   pv_ops     pv_wait(), likewise    the same
//! ```
//!
//! So after a halt that ended with its word changed, the first waits for the interrupt that must
//! come, too; and in the other two somebody stays awake, looks for vCPUs that are still halted long
//! after their word has changed, and kicks them.

mod loss;
mod post;

use abi::trial::Lost;
use algo::primitive::{
    cpu_relax,
    Acquire,
    Atomic,
    Full,
    Relaxed,
    Release,
    Vcpu, //
};
use kernel::{
    cpu::nr_cpu_ids,
    prelude::*,
    sync::Arc, //
};

pub use self::loss::Region;
use self::{
    loss::Losses,
    post::Post, //
};
use crate::{
    helpers,
    now_ns,
    IrqsOff,
    Padded, //
};

/// Watches the halts of one run.
pub struct Watchdog {
    posts: KVVec<Padded<Post>>,
    /// Whether a halt has interrupts off, so that only a kick ends it.
    irqs_off: bool,
    /// Threads that may halt.
    members: u32,
    asleep: Padded<Atomic<u32>>,
    /// Somebody looks around; the two below are theirs.
    looking: Atomic<bool>,
    looked_ns: Atomic<u64>,
    losses: Losses,
}

/// What ended halts.
pub struct Woken {
    /// Halts that ended by a kick, their word having changed.
    pub kicked: u64,
    /// Halts where a tick came first, and the kick after it.
    pub late: u64,
    /// Halts that ended though their word had not changed.
    pub spurious: u64,
}

/// A watchdog at work, until this is dropped; nobody may be halted then.
pub struct ActiveWatchdog {
    _dog: Arc<Watchdog>,
}

/// The one on duty, as an address; 0 is none.
static CURRENT: Atomic<usize> = Atomic::new(0);

/// How long a vCPU may stay halted although its word has changed, in time that the watchdog saw
/// pass. On an overcommitted machine its turn to run may be long in coming.
const PATIENCE_NS: u64 = 1_000_000_000;
/// The same once there were [`ENOUGH`] losses: what there was to show has been shown.
const IMPATIENCE_NS: u64 = 10_000_000;
const ENOUGH: u32 = 3;
/// The most that counts between two looks: if the watchdog itself did not run, maybe nobody did.
const GLANCE_NS: u64 = 5_000_000;

impl Watchdog {
    /// Makes a watchdog for `members` threads; `lock` is shown with every loss.
    pub fn new(members: u32, irqs_off: bool, lock: Region) -> Result<Arc<Self>> {
        let mut posts = KVVec::with_capacity(nr_cpu_ids() as usize, GFP_KERNEL)?;
        for _ in 0..nr_cpu_ids() {
            posts.push(Padded(Post::new()), GFP_KERNEL)?;
        }
        let dog = Self {
            posts,
            irqs_off,
            members,
            asleep: Padded(Atomic::new(0)),
            looking: Atomic::new(false),
            looked_ns: Atomic::new(0),
            losses: Losses::new(lock),
        };
        Ok(Arc::new(dog, GFP_KERNEL)?)
    }

    /// Puts it on duty: every halt goes through it.
    pub fn activate(self: &Arc<Self>) -> ActiveWatchdog {
        // Pairs with the acquire in `hook`.
        CURRENT.store(Arc::as_ptr(self).addr(), Release);
        // SAFETY: `hook` is a function of that type, and finds the watchdog.
        unsafe { helpers::slowpath_set_halt_hook(Some(hook)) };
        ActiveWatchdog { _dog: self.clone() }
    }

    /// Returns how many vCPUs are halted, or about to be with interrupts off.
    #[inline]
    pub fn halted(&self) -> u32 {
        self.asleep.load(Relaxed)
    }

    /// Returns whether `vcpu` is halted, or about to be with interrupts off.
    pub fn is_halted(&self, vcpu: u32) -> bool {
        self.post(vcpu).is_some_and(Post::is_halted)
    }

    /// Returns what ended the halts so far, all vCPUs together.
    pub fn wakes(&self) -> Woken {
        let sum = |of: fn(&Post) -> &Atomic<u64>| {
            let each = self.posts.iter().map(|post| of(post).load(Relaxed));
            each.fold(0, u64::wrapping_add)
        };
        Woken {
            kicked: sum(|post| &post.kicked),
            late: sum(|post| &post.late),
            spurious: sum(|post| &post.spurious),
        }
    }

    /// Returns how many wake-ups were lost.
    pub fn lost(&self) -> u32 {
        self.losses.count()
    }

    /// Returns whether so many were lost that a trial may end: it has shown what it can show.
    pub fn lost_enough(&self) -> bool {
        self.lost() >= ENOUGH
    }

    fn patience_ns(&self) -> u64 {
        match self.lost_enough() {
            false => PATIENCE_NS,
            true => IMPATIENCE_NS,
        }
    }

    /// Returns the first few wake-ups that were lost; all threads have left.
    pub fn losses(&self) -> impl Iterator<Item = Lost> + '_ {
        self.losses.first()
    }

    /// Kicks `vcpu`.
    pub fn kick(&self, vcpu: u32) {
        if self.post(vcpu).is_some() {
            // SAFETY: That is the number of a CPU.
            unsafe { helpers::slowpath_kick(vcpu) };
        }
    }

    /// Halts the calling vCPU while `word` is `value`; may return early. Preemption is off.
    pub fn halt_while(&self, word: &Atomic<u32>, value: u32) {
        let mut off = IrqsOff::new();
        let Some(post) = self.here() else { return };
        if !self.irqs_off && off.were_off() {
            // Nothing that may come would end it.
            return cpu_relax();
        }
        while word.load(Relaxed) == value {
            // Full: whoever sees the count finds the post as it was when this vCPU last woke.
            let others = self.asleep.fetch_add(1, Full);
            if !self.irqs_off || others < self.members.saturating_sub(1) {
                return self.halt(post, word, value, off);
            }
            // The last one awake would find nobody to rescue it: it watches until another wakes.
            self.asleep.fetch_sub(1, Full);
            drop(off);
            self.scan();
            cpu_relax();
            off = IrqsOff::new();
        }
    }

    /// Turns interrupts off, says `ready`, and halts only once `word` is no longer `value`: it must
    /// have been kicked by then, and the kick be waiting. Returns early if not ready, or if `enough`.
    pub fn halt_after_kick(
        &self,
        word: &Atomic<u32>,
        value: u32,
        ready: impl FnOnce() -> bool,
        enough: impl Fn() -> bool,
    ) {
        let off = IrqsOff::new();
        let Some(post) = self.here() else { return };
        if !ready() {
            return;
        }
        while word.load(Relaxed) == value {
            if enough() {
                return;
            }
            cpu_relax();
        }
        self.asleep.fetch_add(1, Full);
        self.halt(post, word, value, off);
    }

    fn halt(&self, post: &Post, word: &Atomic<u32>, value: u32, off: IrqsOff) {
        let vcpu = Vcpu::current().number();
        let heard = heard(vcpu);
        let turn = post.enter(word, value);
        // SAFETY: Interrupts are off; the word is live.
        unsafe {
            match self.irqs_off {
                true => helpers::slowpath_halt_irqs_off(core::ptr::from_ref(word).cast(), value),
                false => helpers::slowpath_halt_irqs_on(),
            }
        }
        post.leave();
        self.asleep.fetch_sub(1, Full);
        drop(off);
        if word.load(Relaxed) == value {
            post.spurious.add(1, Relaxed);
        } else if !self.irqs_off {
            self.judge(post, vcpu, heard, word, value);
        } else if !post.was_rescued(turn) {
            post.kicked.add(1, Relaxed);
        }
    }

    /// After a halt that anything could end, its word having changed: was there a kick?
    fn judge(&self, post: &Post, vcpu: u32, before: u32, word: &Atomic<u32>, value: u32) {
        if heard(vcpu) != before {
            post.kicked.add(1, Relaxed);
            return;
        }
        // The tick came first, so the kick is on its way: whoever changed the word may have lost
        // its CPU before it could kick.
        // It still waits to be kicked, so it counts as asleep.
        self.asleep.fetch_add(1, Full);
        let (mut waited, mut last) = (0u64, now_ns());
        while heard(vcpu) == before && waited <= self.patience_ns() {
            // A tick ends this, too.
            let off = IrqsOff::new();
            if heard(vcpu) == before {
                // SAFETY: Interrupts are off.
                unsafe { helpers::slowpath_halt_irqs_on() };
            }
            drop(off);
            let now = now_ns();
            waited = waited.saturating_add(now.saturating_sub(last).min(GLANCE_NS));
            last = now;
        }
        self.asleep.fetch_sub(1, Full);
        if heard(vcpu) == before {
            self.losses.note(vcpu, value, word.load(Relaxed), waited);
            return;
        }
        post.late.add(1, Relaxed);
        post.kicked.add(1, Relaxed);
    }

    /// Looks for vCPUs that stay halted although their word has changed, and kicks them.
    ///
    /// Whoever waits for something in a run calls this again and again.
    pub fn scan(&self) {
        // Pairs with the release below: one at a time, and each finds what the last one noted.
        if !self.irqs_off || self.looking.xchg(true, Acquire) {
            return;
        }
        let now = now_ns();
        let since = self.looked_ns.load(Relaxed);
        self.looked_ns.store(now, Relaxed);
        let passed = now.saturating_sub(since).min(GLANCE_NS);
        for (vcpu, post) in (0..).zip(&self.posts) {
            if let Some((value, found, waited)) = post.overslept(passed, self.patience_ns()) {
                self.losses.note(vcpu, value, found, waited);
            }
            if post.needs_rescue() {
                self.kick(vcpu);
            }
        }
        self.looking.store(false, Release);
    }

    /// The post of the calling vCPU.
    fn here(&self) -> Option<&Post> {
        self.post(Vcpu::current().number())
    }

    fn post(&self, vcpu: u32) -> Option<&Post> {
        self.posts.get(vcpu as usize).map(|post| &**post)
    }
}

impl Drop for ActiveWatchdog {
    fn drop(&mut self) {
        // SAFETY: Nobody is halted, nor will be, by the contract of the type.
        unsafe { helpers::slowpath_set_halt_hook(None) };
        CURRENT.store(0, Relaxed);
    }
}

/// Reschedule interrupts that `vcpu` has served.
fn heard(vcpu: u32) -> u32 {
    // SAFETY: That is the number of a CPU.
    unsafe { helpers::slowpath_kicks_served(vcpu) }
}

/// # Safety
///
/// `word` is live, and a watchdog is on duty.
unsafe extern "C" fn hook(word: *const c_uint, value: c_uint) {
    // Pairs with the release in `activate`.
    let dog = CURRENT.load(Acquire) as *const Watchdog;
    // SAFETY: `ActiveWatchdog` keeps it for as long as anybody halts; an `Atomic<u32>` is a transparent `u32`.
    let (dog, word) = unsafe { (&*dog, &*word.cast::<Atomic<u32>>()) };
    dog.halt_while(word, value);
}
