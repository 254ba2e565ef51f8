// SPDX-License-Identifier: GPL-2.0

//! The load of this module: facts of the machine, and what [`rig`] asks of a run.

use core::fmt::{
    self,
    Write, //
};

use abi::lock_load::{
    KernelLock,
    KickBy,
    Machine,
    Mode,
    ModeWanted, //
};
use rig::{
    hypervisor,
    lost_time_source,
    EventFiles,
    FinishedRun,
    Load,
    PercpuRwsem, //
};

use crate::{
    contention::ARRIVAL_TIMEOUT_MS,
    prelude::*,
    report,
    run::Run,
    thread_counts::events,
    workload::Finished, //
};

/// The machine, as it was found when the module was loaded.
pub(crate) struct LockLoad {
    kernel_lock: KernelLock,
    mode: Mode,
    delay_loop: DelayLoop,
    /// The events of the last finished run.
    events: EventFiles,
}

impl LockLoad {
    pub(crate) fn new() -> Result<Self> {
        let kernel_lock = rig::kernel_lock()?;
        let load = Self {
            kernel_lock,
            mode: rig::mode(kernel_lock),
            delay_loop: DelayLoop::calibrate(),
            events: EventFiles::new(c"events", Events::NAMES)?,
        };
        pr_info!("{}\n", format_args!("{load}"));
        Ok(load)
    }

    /// Refuses a run whose figures would be of another mode than it wants.
    fn check_mode(&self, wanted: ModeWanted) -> Result<(), Refused> {
        if wanted.admits(self.mode) {
            return Ok(());
        }
        Err(Refused::new(
            ENODEV,
            format_args!(
                "`mode={wanted}`: this guest is in mode {}, kernel/raw_spin being {}; allowed: any {}",
                self.mode, self.kernel_lock, self.mode
            ),
        ))
    }

    fn machine(&self, kick: Kick) -> Machine {
        Machine {
            hypervisor: hypervisor(),
            kernel_lock: self.kernel_lock,
            mode: self.mode,
            kick,
            loops_per_us: self.delay_loop.loops_per_us(),
            lost_time: lost_time_source(),
        }
    }
}

impl Drop for LockLoad {
    /// The module goes, and with it the semaphores that runs have left to RCU.
    fn drop(&mut self) {
        PercpuRwsem::settle();
    }
}

impl fmt::Display for LockLoad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let loops = self.delay_loop.loops_per_us();
        let (under, lock, mode) = (hypervisor(), self.kernel_lock, self.mode);
        write!(
            f,
            "hypervisor {under}, kernel lock {lock}, mode {mode}, {loops} loops per us"
        )
    }
}

impl Load for LockLoad {
    type Run = Run;
    const NAME: &'static CStr = c"lock-load";
    const START_TIMEOUT_MS: u32 = 2 * ARRIVAL_TIMEOUT_MS;
    rig::settings!(Config);

    fn length_ms(config: &Config) -> u32 {
        config.run_ms
    }

    fn prepare(&self, config: &Config, limits: &Limits, _: &Preparation) -> Result<Run, Refused> {
        self.check_mode(config.mode)?;
        Run::new(config, self.delay_loop, limits)
    }

    fn about_machine(&self, to: &mut Text) -> fmt::Result {
        let kick = rig::kick(KickBy::Auto).unwrap_or(Kick::Ipi);
        writeln!(to, "{}", self.machine(kick))
    }

    fn threads(run: &Run) -> u32 {
        run.workload.counts().len() as u32
    }

    fn work(run: &Run, worker: &Worker<'_>) {
        if let Some(counts) = run.workload.counts().get(worker.index as usize) {
            run.workload.thread(worker, counts);
        }
    }

    fn control(run: &Run, control: &Control<'_>) -> Result<(), Refused> {
        run.workload.control(control)
    }

    fn change(run: &Run, config: &Config) {
        run.workload.change(config);
    }

    fn report_bytes(run: &Run) -> usize {
        let threads = run.workload.counts().len();
        let bytes = threads.saturating_mul(run.workload.report_bytes_per_thread());
        bytes.saturating_add(4096)
    }

    fn event_files(&self) -> Option<&EventFiles> {
        Some(&self.events)
    }

    fn report(&self, ended: &FinishedRun<'_, Self>, to: &mut Text) -> fmt::Result {
        let workload = &*ended.run.workload;
        self.events
            .set(events(workload.counts()).map(|event| event.count));
        let finished = Finished {
            elapsed_ns: ended.elapsed_ns,
            placements: ended.placements,
        };
        report::head(ended.number, ended.config, to)?;
        report::write(workload, &self.machine(ended.run.kick), &finished, to)
    }
}
