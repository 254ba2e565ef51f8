// SPDX-License-Identifier: GPL-2.0

//! Kernel services for every load: threads on vCPUs that start and stop together, control files,
//! memory, and the kernel's own locks and counters to compare with.
//!
//! This is the only safe interface to `kernel::bindings`; the modules themselves write no `unsafe`.

mod bursts;
mod clock;
mod cpu;
mod cpu_dead;
mod delay_loop;
mod error_text;
mod event_files;
mod filled;
mod folder;
mod gate;
mod halt_limit;
mod helpers;
mod hotplug;
mod hypervisor;
mod irqs;
mod kernel_lock;
mod kernel_locks;
mod kernel_refs;
mod kernel_word;
mod kick;
mod latency_histogram;
mod load;
mod memory;
mod mode;
mod percpu_counter;
mod pool;
mod preempt;
mod preemption_request;
pub mod prelude;
mod preparation;
mod priority;
mod random;
mod rcu;
mod refused;
mod run_control;
mod runner;
mod sleep;
mod slices;
mod start_barrier;
mod steal;
mod stop_flag;
mod task;
mod text;
mod thread;
mod tsc;
mod vcpu_set;
mod vcpus;
mod watchdog;
mod worker;
mod workers;

use self::error_text::ErrorText;
pub use self::{
    bursts::{
        BurstTimes,
        BurstTotals, //
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
    cpu_dead::{
        CpuDeadCallback,
        OnCpuDead, //
    },
    delay_loop::{
        busy_loop,
        DelayLoop, //
    },
    event_files::EventFiles,
    filled::{
        filled,
        zeros,
        PerThread, //
    },
    halt_limit::HaltLimit,
    hotplug::{
        bring_online,
        is_online,
        may_go_offline,
        restore_online,
        take_offline, //
    },
    hypervisor::hypervisor,
    irqs::IrqsOff,
    kernel_lock::kernel_lock,
    kernel_locks::{
        BitSpin,
        Mutex,
        PercpuRwsem,
        RawSpin,
        Rqspinlock,
        RtMutex,
        RwLock,
        Rwsem, //
    },
    kernel_refs::{
        KernelRefcount,
        PercpuRef, //
    },
    kick::{
        halt_after_kick,
        halt_end,
        kick,
        kick_by,
        HaltEnd, //
    },
    latency_histogram::{
        latency_histogram,
        LatencyHistogram, //
    },
    load::{
        FinishedRun,
        Load, //
    },
    memory::{
        boxed,
        may_fail,
        must_fit,
        Descriptor,
        HugePage,
        Page,
        Span, //
    },
    mode::mode,
    percpu_counter::PercpuCounter,
    pool::{
        HelperSlot,
        Helpers,
        Pool,
        Start, //
    },
    preempt::{
        cond_resched,
        need_resched,
        Preempt, //
    },
    preemption_request::{
        can_inject_preemption,
        inject_preemption, //
    },
    preparation::Preparation,
    priority::{
        set_fifo,
        set_lowest_priority, //
    },
    random::Random,
    rcu::synchronize_rcu,
    refused::Refused,
    run_control::Control,
    runner::Runner,
    sleep::{
        sleep_until,
        sleep_until_stop, //
    },
    slices::{
        Slices,
        Stretch, //
    },
    start_barrier::{
        StartBarrier,
        Until,
        START_TIMEOUT_MS, //
    },
    steal::{
        has_steal_clock,
        lost_time_source,
        StealClock, //
    },
    stop_flag::StopFlag,
    task::{
        cpu_time_now_ns,
        cpu_time_ns,
        is_preempted,
        may_run_on,
        node_of, //
    },
    text::Text,
    tsc::{
        tsc_is_stable,
        tsc_scale, //
    },
    vcpu_set::VcpuSet,
    vcpus::Vcpus,
    watchdog::{
        ActiveWatchdog,
        Region,
        Watchdog, //
    },
    worker::{
        Placement,
        Worker, //
    }, //
};
