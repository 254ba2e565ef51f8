// SPDX-License-Identifier: GPL-2.0

//! Words: what the code of a vCPU may do. Outside of a simulation they do nothing.
//!
//! The memory itself is the caller's, ordinary memory of the process: a word says which address the vCPU
//! accesses and when it may, and the caller accesses it right after that returns.

use crate::{
    coroutine,
    look::{Look, Parked},
    simulation::Simulation,
    suspend::Suspend,
    truth::Entry,
    vcpu::State,
    CpuId, Ns, VcpuId,
};

/// Calls `f` with the vCPU whose code this is; `None` outside of one.
#[inline]
fn update<R>(f: impl FnOnce(&mut Simulation, VcpuId) -> R) -> Option<R> {
    coroutine::with(|simulation| {
        let mut simulation = simulation.borrow_mut();
        let me = simulation.running?;
        Some(f(&mut simulation, me))
    })?
}

/// Calls `f` once nothing is left to happen before the vCPU's clock, and returns when the vCPU runs.
#[inline]
fn turn<R>(f: impl FnOnce(&mut Simulation, VcpuId) -> R) -> Option<R> {
    loop {
        let early = update(|simulation, me| {
            let clock = simulation.vcpu(me).clock;
            // At the time of its own event it is its turn, whatever else has that time.
            if clock <= simulation.now || clock < simulation.events.horizon() {
                return None;
            }
            simulation.resume_at(me, clock);
            simulation.vcpu(me).suspend
        })?;
        match early {
            None => break,
            Some(suspend) => wait(suspend),
        }
    }
    let done = update(|simulation, me| {
        let r = f(simulation, me);
        let of = simulation.vcpu(me);
        let goes = (of.state != State::Runs).then_some(of.suspend).flatten();
        (r, goes)
    });
    let (r, goes) = done?;
    if let Some(suspend) = goes {
        wait(suspend);
    }
    Some(r)
}

/// Suspends the code until its vCPU's next event.
#[inline]
fn wait(suspend: Suspend) {
    suspend.suspend();
}

/// Calls `f`, and waits if that parked the vCPU; returns how that ended.
fn update_and_wait(f: impl FnOnce(&mut Simulation, VcpuId)) -> Option<Parked> {
    let suspend = update(|simulation, me| {
        f(simulation, me);
        let of = simulation.vcpu(me);
        of.parked.is_some().then_some(of.suspend).flatten()
    })?;
    wait(suspend?);
    update(|simulation, me| simulation.vcpu(me).parked.take())?
}

/// Returns the vCPU's clock, and how often it has got a CPU.
fn clock_and_stint() -> (Ns, u32) {
    let both = update(|simulation, me| {
        let of = simulation.vcpu(me);
        (of.clock, of.stints)
    });
    both.unwrap_or((0, 0))
}

/// Calls `f`, during which [`stamp`] returns `at` and costs nothing.
fn with_stamp(at: Ns, f: impl Fn()) {
    update(|simulation, me| simulation.vcpu(me).stamp = Some(at));
    f();
    update(|simulation, me| simulation.vcpu(me).stamp = None);
}

/// A load from the word at `address`.
#[inline]
pub fn load(address: usize) {
    turn(|simulation, me| {
        let line = simulation.lines.at(address);
        let of = &mut simulation.vcpus[me.index()];
        of.look.loads(line);
        let (t, cpu) = (of.clock, of.cpu);
        of.clock += simulation.lines.read(line, cpu, t);
        simulation.truth.word(1, line.0, t);
    });
}

/// A store to the word at `address`.
///
/// It goes into the store buffer: the vCPU goes on before it has the line.
#[inline]
pub fn store(address: usize) {
    turn(|simulation, me| {
        let line = simulation.lines.at(address);
        let hit = simulation.plan.costs.hit;
        let of = &mut simulation.vcpus[me.index()];
        of.look.does_more();
        let t = of.clock;
        let done = simulation.lines.own(line, of.cpu, t);
        of.drained = of.drained.max(done);
        of.clock += hit;
        simulation.truth.word(2, line.0, t);
        simulation.written(line, t);
    });
}

/// An atomic read-modify-write of the word at `address`, with full ordering.
#[inline]
pub fn rmw(address: usize) {
    turn(|simulation, me| {
        let line = simulation.lines.at(address);
        let of = &mut simulation.vcpus[me.index()];
        of.look.does_more();
        let (t, from) = (of.clock, of.clock.max(of.drained));
        let done = simulation.lines.own(line, of.cpu, from) + simulation.plan.costs.rmw;
        of.clock = done;
        simulation.lines.busy_until(line, done);
        simulation.truth.word(3, line.0, t);
        simulation.written(line, t);
    });
}

/// A full fence: the store buffer is empty after it.
#[inline]
pub fn fence() {
    let fence = |simulation: &mut Simulation, me: VcpuId| {
        let takes = simulation.plan.costs.fence;
        let of = simulation.vcpu(me);
        of.look.does_more();
        of.clock = of.clock.max(of.drained) + takes;
    };
    update(fence);
}

/// A pause in a spin loop.
#[inline]
pub fn relax() {
    if update(|simulation, me| simulation.exits_at_pause(me)) == Some(true) {
        turn(|simulation, me| simulation.pause_loop_exit(me));
    }
    update(|simulation, me| simulation.pause(me));
}

/// Looks up to `looks` times, with a pause after each look that is in vain. Returns how many looks were left
/// when one was not; `None` if all were. `look` may load from a few words; `sample` is called after each
/// pause, and may read the clock once.
///
/// Looks that find the words as they were cost no event.
#[inline]
pub fn look_until(looks: u32, look: impl Fn() -> bool, sample: impl Fn()) -> Option<u32> {
    let mut left = looks;
    while left > 0 {
        left -= 1;
        update(|simulation, me| simulation.vcpu(me).look = Look::default());
        if look() {
            return Some(left);
        }
        let done = update(|simulation, me| simulation.vcpu(me).look).unwrap_or_default();
        let (from, stint) = clock_and_stint();
        relax();
        sample();
        let (until, same) = clock_and_stint();
        if left == 0 || done.is_complex || stint != same {
            continue;
        }
        let parked = update_and_wait(|simulation, me| {
            simulation.park(me, done, until - from, left);
        });
        if let Some((parked, looks)) = parked.and_then(|parked| Some((parked, parked.done?.0))) {
            left -= looks;
            parked.stamps().for_each(|at| with_stamp(at, &sample));
        }
    }
    None
}

/// Reads the time stamp counter.
#[inline]
pub fn stamp() -> Ns {
    if let Some(at) = update(|simulation, me| simulation.vcpu(me).stamp).flatten() {
        return at;
    }
    let now = turn(|simulation, me| {
        let takes = simulation.plan.costs.stamp;
        let of = simulation.vcpu(me);
        of.clock += takes;
        of.clock
    });
    now.unwrap_or(1)
}

/// Works for `ns` on nothing that is shared.
#[inline]
pub fn compute(ns: Ns) {
    update(|simulation, me| {
        let of = simulation.vcpu(me);
        of.look.does_more();
        of.clock += ns;
    });
}

/// Returns the vCPU whose code this is; the first one outside of a simulation.
#[inline]
pub fn current() -> VcpuId {
    update(|_, me| me).unwrap_or(VcpuId(0))
}

/// Returns the number of vCPUs of all guests.
#[inline]
pub fn vcpus() -> u32 {
    update(|simulation, _| simulation.vcpus.len() as u32).unwrap_or(0)
}

/// Halts if `stays` returns true, which it may find out by loads; a kick between the two is not lost.
pub fn halt_while(stays: impl FnOnce() -> bool) {
    if turn(|simulation, me| simulation.vcpu(me).halts_soon = true).is_none() {
        return;
    }
    let halts = stays();
    update(|simulation, me| {
        let takes = simulation.random.draw(&simulation.plan.costs.halt);
        let of = simulation.vcpu(me);
        of.look.does_more();
        of.halts_soon = halts;
        if halts {
            of.clock += takes;
        }
    });
    if halts {
        turn(|simulation, me| simulation.halt(me));
    }
}

/// Ends a halt of `vcpu`.
pub fn kick(vcpu: VcpuId) {
    let yields = turn(|simulation, me| {
        simulation.vcpu(me).look.does_more();
        simulation.kick(me, vcpu);
        simulation.plan.kick_yields
    });
    if yields == Some(true) {
        turn(|simulation, me| simulation.yield_after_kick(me, vcpu));
    }
}

/// Gives the CPU to `vcpu` if that waits for one.
pub fn yield_to(vcpu: VcpuId) {
    update(|simulation, me| {
        let takes = simulation.random.draw(&simulation.plan.costs.exit);
        let of = simulation.vcpu(me);
        of.look.does_more();
        of.clock += takes;
    });
    turn(|simulation, me| {
        if vcpu.index() < simulation.vcpus.len() && vcpu != me {
            simulation.yield_to(me, vcpu);
        }
    });
}

/// Whether the hypervisor's record of `vcpu` says that it does not run: it waits for a CPU, or halts.
pub fn is_preempted(vcpu: VcpuId) -> bool {
    let answer = turn(|simulation, me| {
        let Some(other) = simulation.vcpus.get(vcpu.index()) else {
            return false;
        };
        let (record, state, since) = (other.record, other.state, other.since);
        let of = &mut simulation.vcpus[me.index()];
        of.look.loads(record);
        let t = of.clock;
        of.clock += simulation.lines.read(record, of.cpu, t);
        simulation.truth.word(4, record.0, t);
        // One that is being switched to does not run yet.
        state != State::Runs && state != State::Polls || since > t
    });
    answer.unwrap_or(false)
}

/// Returns the NUMA node of `vcpu`: the socket of the CPU that it begins on. A guest that is placed so
/// sees that, and a vCPU that migrates keeps it.
#[inline]
pub fn node(vcpu: VcpuId) -> u32 {
    let socket = |simulation: &mut Simulation| simulation.plan.topology.socket(CpuId(vcpu.0));
    update(|simulation, _| socket(simulation)).unwrap_or(0)
}

/// Sleeps for `ns`, as a task whose vCPU has nothing else to run.
pub fn sleep(ns: Ns) {
    turn(|simulation, me| {
        simulation.vcpu(me).look.does_more();
        simulation.sleep(me, ns);
    });
}

/// Reports to the hypervisor that the vCPU is in a critical section from now on, or no longer.
pub fn in_section(inside: bool) {
    if update(|simulation, _| simulation.plan.hints_sections) == Some(true) {
        turn(|simulation, me| simulation.in_section(me, inside));
    }
}

/// Writes a mark into the log, if the plan keeps that, at no cost.
#[inline]
pub fn mark(kind: u32, number: u64) {
    if update(|simulation, _| simulation.plan.keeps_log) == Some(true) {
        turn(|simulation, me| {
            let t = simulation.vcpu(me).clock;
            simulation.note(t, Entry::Mark(me, kind, number));
        });
    }
}

/// Returns the vCPU's own clock, at no cost: exact unless it is to lose its CPU before.
#[inline]
pub fn clock() -> Ns {
    update(|simulation, me| simulation.vcpu(me).clock).unwrap_or(0)
}

/// Returns the exact time, at no cost: no guest can see it.
pub fn exact_time() -> Ns {
    turn(|simulation, me| simulation.vcpu(me).clock).unwrap_or(0)
}

/// Returns for how long `vcpu` has been without a CPU though it could have run, so far: what its steal clock
/// shows.
pub fn stolen(vcpu: VcpuId) -> Ns {
    let stolen = turn(|simulation, me| {
        let t = simulation.vcpu(me).clock;
        simulation
            .vcpus
            .get(vcpu.index())
            .map_or(0, |of| of.stolen_until(t))
    });
    stolen.unwrap_or(0)
}
