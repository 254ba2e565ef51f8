// SPDX-License-Identifier: GPL-2.0

//! What every load needs of the kernel: threads on vCPUs that start together and are told to
//! stop, control files, memory, and the kernel's own locks and counters to compare with.
//!
//! This is the one safe door to `kernel::bindings`; the modules themselves write no `unsafe`.

mod alarm;
mod bench;
mod bursts;
mod clock;
mod control;
mod cpu;
mod crew;
mod delay;
mod gate;
mod grace;
mod helpers;
mod host;
mod hotplug;
mod irqs;
mod kernel_lock;
mod kernel_locks;
mod kernel_refs;
mod kick;
mod line;
mod line_up;
mod load;
mod memory;
mod mode;
mod nap;
mod number;
mod on_death;
mod padded;
mod percpu_counter;
mod pool;
mod preempt;
mod random;
mod raw_spin;
mod refused;
mod rwlock;
mod sleeping;
mod stage;
mod steal;
mod tallies;
mod task;
mod text;
mod thread;
mod ticks;
mod times;
mod urgency;
mod vcpus;
mod watchdog;

pub use self::{
    alarm::Alarm,
    bench::Stand,
    bursts::{
        Burst,
        Bursts, //
    },
    clock::{
        now_ns,
        steal_ns, //
    },
    cpu::{
        nth_online,
        online_vcpus,
        possible_vcpus, //
    },
    crew::{
        Place,
        Worker, //
    },
    delay::{
        burn,
        Pace, //
    },
    grace::wait_for_grace,
    host::{
        ask_to_stop,
        can_ask_host, //
    },
    hotplug::{
        bring_online,
        is_online,
        may_go_offline,
        take_offline, //
    },
    irqs::IrqsOff,
    kernel_lock::kernel_lock,
    kernel_refs::{
        KernelRefcount,
        PercpuRef, //
    },
    kick::{
        kick,
        kick_by, //
    },
    line::Line,
    line_up::{
        LineUp,
        Until,
        LINE_UP_MS, //
    },
    load::{
        Ended,
        Load, //
    },
    memory::{
        Descriptor,
        HugePage,
        Page,
        Span, //
    },
    mode::mode,
    nap::{
        nap_soundly_until,
        nap_until, //
    },
    number::Number,
    on_death::{
        Mourns,
        OnDeath, //
    },
    padded::Padded,
    percpu_counter::PercpuCounter,
    pool::{
        Crew,
        Pool,
        Seat,
        Start, //
    },
    preempt::{
        breathe,
        Preempt, //
    },
    random::Random,
    raw_spin::RawSpin,
    refused::Refused,
    rwlock::RwLock,
    sleeping::{
        Mutex,
        PercpuRwsem,
        Rwsem, //
    },
    stage::Stage,
    steal::{
        has_steal_clock,
        StealClock, //
    },
    tallies::Tallies,
    task::{
        cpu_time_now_ns,
        cpu_time_ns,
        is_preempted,
        may_run_on,
        node_of,
        online, //
    },
    text::Text,
    ticks::Ticks,
    times::Times,
    urgency::{
        go_first,
        go_last, //
    },
    vcpus::Vcpus,
    watchdog::{
        OnDuty,
        Region,
        Watchdog, //
    }, //
};
