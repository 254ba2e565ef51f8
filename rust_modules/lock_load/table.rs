// SPDX-License-Identifier: GPL-2.0

//! The locks under test: each name, and the type behind it.

use abi::lock_load::Lock as Name;
use algo::{
    lock::{
        Busted,
        Clh,
        Empty,
        Lock,
        Mcs,
        PreemptableTicket,
        PvByte,
        PvQueued,
        PvTicket,
        Tas,
        Ticket,
        Ttas, //
    },
    wait::{
        self,
        Halt,
        Spin,
        SpinThenHalt,
        Yield, //
    }, //
};
use kernel::{
    prelude::*,
    sync::Arc, //
};
use rig::{
    Mutex,
    PercpuRwsem,
    RawSpin,
    RwLock,
    Rwsem, //
};

use crate::{
    arena::{
        arena,
        Arena, //
    },
    disturb::{
        How,
        Levels,
        Rough, //
    }, //
};

/// Makes an arena of a lock.
type Make = fn() -> Result<KBox<dyn Arena>>;
/// Makes one of a lock taken the hard way.
type MakeRough = fn(How, &Arc<Levels>) -> Result<KBox<dyn Arena>>;

/// How to run a lock.
pub(crate) struct Entry {
    /// Makes its arena.
    pub(crate) make: Make,
    /// Makes one of it taken the hard way.
    pub(crate) make_rough: MakeRough,
    /// Whether it promises to exclude.
    pub(crate) excludes: bool,
    /// Whether it promises to serve in order of arrival.
    pub(crate) fifo: bool,
    /// Whether it tells who has to wait.
    pub(crate) tells: bool,
    /// Whether its trylock ever takes it.
    pub(crate) tries: bool,
    /// Whether its waiters sleep, which needs preemption to be on.
    pub(crate) sleeps: bool,
}

/// Returns the entry of a name.
pub(crate) fn entry(name: Name) -> Entry {
    match name {
        Name::Empty => of::<Empty>(),
        Name::Busted => of::<Busted>(),
        Name::Tas => of::<Tas>(),
        Name::Ttas => of::<Ttas>(),
        Name::Ticket => of::<Ticket>(),
        Name::McsSpin => of::<Mcs<Spin>>(),
        Name::McsHalt => of::<Mcs<Halt>>(),
        Name::McsSpinThenHalt => of::<Mcs<SpinThenHalt>>(),
        Name::McsYield => of::<Mcs<Yield>>(),
        Name::McsBusted => of::<Mcs<wait::Busted>>(),
        Name::ClhSpin => of::<Clh<Spin>>(),
        Name::ClhHalt => of::<Clh<Halt>>(),
        Name::ClhSpinThenHalt => of::<Clh<SpinThenHalt>>(),
        Name::PvByte => of::<PvByte>(),
        Name::PvTicket => of::<PvTicket>(),
        Name::PreemptableTicket => of::<PreemptableTicket>(),
        Name::PvQueued => of::<PvQueued>(),
        Name::KernelRwLock => of::<RwLock>(),
        Name::KernelMutex => of::<Mutex>(),
        Name::KernelRwsem => of::<Rwsem>(),
        Name::KernelPercpuRwsem => of::<PercpuRwsem>(),
        Name::KernelRawSpin => of::<RawSpin>(),
    }
}

fn of<L: Lock + Send + 'static>() -> Entry {
    Entry {
        make: || arena(L::new()),
        make_rough: |how, levels| arena(Rough::<L>::taken(how, levels)?),
        excludes: L::EXCLUDES,
        fifo: L::FIFO,
        tells: L::REPORTS_CONTENTION,
        tries: L::TRIES,
        sleeps: L::SLEEPS,
    }
}
