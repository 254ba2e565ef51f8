// SPDX-License-Identifier: GPL-2.0

//! Injected preemption: the guest names a vCPU and a time, and the host stops the vCPU's thread that long.
//!
//! A request is two bytes written to QEMU's debug port: the vCPU, then milliseconds. `ptrace` stops the
//! thread: it needs no privilege over a child, and its hold ends with the tracer, however that ends. A vCPU
//! that requests its own preemption first gets a moment to leave the port, where QEMU holds its big lock:
//! a vCPU stopped there would stop every vCPU that has an interrupt to take. So the guest waits for the
//! preemption, a gap in its clock, where it wants to be stopped.

use std::io::{ErrorKind, Read};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{bail, Context, Result};
use nix::sys::ptrace;
use nix::sys::wait::{waitpid, WaitPidFlag, WaitStatus};
use nix::unistd::Pid;
use vm_record::{InjectedPreemption, PreemptionOutcome};

/// The longest preemption: well below what `vm` takes for a hang.
const MAX_MS: u8 = 200;
/// The most preemptions that begin in one second.
const MAX_PER_SECOND: usize = 200;
/// From a request to the stop: how long a vCPU takes to leave the port.
pub const PORT_EXIT_DELAY: Duration = Duration::from_micros(200);
/// The same where the host itself is emulated.
pub const PORT_EXIT_DELAY_EMULATED: Duration = Duration::from_millis(2);
/// The shortest wait for the next request while a thread is stopped.
const MIN_READ_TIMEOUT: Duration = Duration::from_micros(100);

/// Serves one guest's requests in a thread of its own.
#[derive(Clone, Debug)]
pub struct Preempter {
    state: Arc<Mutex<State>>,
    port_exit_delay: Duration,
    /// When it began to listen: the log counts from here.
    began: Instant,
}

#[derive(Debug, Default)]
struct State {
    threads: Vec<i32>,
    log: Vec<InjectedPreemption>,
}

struct Stopped {
    /// Its entry in the log.
    entry: usize,
    vcpu: usize,
    thread: Pid,
    until: Instant,
}

impl Preempter {
    fn new(port_exit_delay: Duration) -> Preempter {
        Preempter {
            state: Arc::default(),
            port_exit_delay,
            began: Instant::now(),
        }
    }

    /// Listens where QEMU's debug port will connect.
    pub fn listen(socket: &Path, port_exit_delay: Duration) -> Result<Preempter> {
        let listener = UnixListener::bind(socket).with_context(|| socket.display().to_string())?;
        let preempter = Preempter::new(port_exit_delay);
        let this = preempter.clone();
        thread::spawn(move || {
            // On a CPU that vCPUs share, a stop that waits its turn comes too late. Only root may.
            let _ = rustix::process::setpriority_process(None, -20);
            if let Ok((stream, _)) = listener.accept() {
                this.serve(stream);
            }
        });
        Ok(preempter)
    }

    /// Names the threads that run the vCPUs, by vCPU.
    pub fn set_threads(&self, threads: Vec<i32>) {
        self.state().threads = threads;
    }

    /// All requests so far, in their order.
    pub fn log(&self) -> Vec<InjectedPreemption> {
        self.state().log.clone()
    }

    fn now_us(&self) -> u64 {
        self.began.elapsed().as_micros() as u64
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// This one thread begins and ends all stops: a traced thread obeys no other.
    fn serve(&self, mut stream: UnixStream) {
        let mut stopped: Vec<Stopped> = Vec::new();
        let mut begun: Vec<Instant> = Vec::new();
        let mut request = [0; 2];
        let mut read = 0;
        loop {
            self.resume(&mut stopped);
            let next = stopped.iter().map(|one| one.until).min();
            let timeout = next.map(|until| {
                let left = until.saturating_duration_since(Instant::now());
                left.max(MIN_READ_TIMEOUT)
            });
            // A socket that takes no timeout only delays the end of a stop to the next request.
            let _ = stream.set_read_timeout(timeout);
            match stream.read(&mut request[read..]) {
                Ok(0) => break,
                Ok(length) => read += length,
                Err(error) if is_timeout(error.kind()) => continue,
                Err(_) => break,
            }
            if read == request.len() {
                read = 0;
                self.on(request, &mut stopped, &mut begun);
            }
        }
        for one in stopped {
            let _ = ptrace::detach(one.thread, None);
        }
    }

    fn on(&self, [vcpu, ms]: [u8; 2], stopped: &mut Vec<Stopped>, begun: &mut Vec<Instant>) {
        let requested_us = self.now_us();
        let (vcpu, length) = (usize::from(vcpu), Duration::from_millis(ms.into()));
        let thread = self.state().threads.get(vcpu).copied();
        begun.retain(|at| at.elapsed() < Duration::from_secs(1));
        let outcome = match thread.filter(|_| (1..=MAX_MS).contains(&ms)) {
            None => PreemptionOutcome::Malformed,
            Some(_) if begun.len() >= MAX_PER_SECOND => PreemptionOutcome::Refused,
            Some(_) if stopped.iter().any(|one| one.vcpu == vcpu) => PreemptionOutcome::Refused,
            Some(thread) => {
                thread::sleep(self.port_exit_delay);
                self.stop(Pid::from_raw(thread), vcpu, length, stopped)
            }
        };
        if matches!(outcome, PreemptionOutcome::Stopped { .. }) {
            begun.push(Instant::now());
        }
        self.state().log.push(InjectedPreemption {
            vcpu,
            ms: ms.into(),
            requested_us,
            outcome,
        });
    }

    /// Stops the vCPU of the next entry in the log.
    fn stop(
        &self,
        thread: Pid,
        vcpu: usize,
        length: Duration,
        stopped: &mut Vec<Stopped>,
    ) -> PreemptionOutcome {
        if stop(thread).is_err() {
            return PreemptionOutcome::Failed;
        }
        let until = Instant::now() + length;
        let began_us = self.now_us();
        stopped.push(Stopped {
            entry: self.state().log.len(),
            vcpu,
            thread,
            until,
        });
        PreemptionOutcome::Stopped { began_us }
    }

    fn resume(&self, stopped: &mut Vec<Stopped>) {
        stopped.retain(|one| {
            let over = Instant::now() >= one.until;
            if over {
                // The stop lasts until the thread is resumed, not until it should have been.
                let ended_us = self.now_us();
                // A thread that has ended needs no resuming.
                let _ = ptrace::detach(one.thread, None);
                if let Some(entry) = self.state().log.get_mut(one.entry) {
                    if let PreemptionOutcome::Stopped { began_us } = entry.outcome {
                        entry.outcome = PreemptionOutcome::Served { began_us, ended_us };
                    }
                }
            }
            !over
        });
    }
}

fn is_timeout(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
    )
}

/// Stops a thread; it is stopped when this returns.
fn stop(thread: Pid) -> Result<()> {
    ptrace::seize(thread, ptrace::Options::empty()).context("PTRACE_SEIZE")?;
    interrupt(thread).inspect_err(|_| {
        // A signal that came first has detached it already.
        let _ = ptrace::detach(thread, None);
    })
}

fn interrupt(thread: Pid) -> Result<()> {
    ptrace::interrupt(thread).context("PTRACE_INTERRUPT")?;
    match waitpid(thread, Some(WaitPidFlag::__WALL)).context("waitpid")? {
        WaitStatus::PtraceEvent(..) => Ok(()),
        // Delivered as the thread goes on.
        WaitStatus::Stopped(_, signal) => {
            ptrace::detach(thread, signal).context("PTRACE_DETACH")?;
            bail!("{signal} came first")
        }
        other => bail!("{other:?}"),
    }
}

#[cfg(test)]
#[path = "preempt_tests.rs"]
mod tests;
