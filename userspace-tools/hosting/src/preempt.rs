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
use vm_record::Preemptions;

/// The longest preemption: well below what `vm` takes for a hang.
const MAX_MS: u8 = 100;
/// The most preemptions that begin in one second.
const MAX_PER_SECOND: usize = 200;
/// From a request to the stop: how long a vCPU takes to leave the port.
pub const PORT_EXIT_DELAY: Duration = Duration::from_micros(200);
/// The same where the host itself is emulated.
pub const PORT_EXIT_DELAY_EMULATED: Duration = Duration::from_millis(2);
/// The shortest wait for the next request while a thread is stopped.
const MIN_READ_TIMEOUT: Duration = Duration::from_micros(100);

/// Serves one guest's requests in a thread of its own.
#[derive(Clone, Debug, Default)]
pub struct Preempter {
    state: Arc<Mutex<State>>,
    port_exit_delay: Duration,
}

#[derive(Debug, Default)]
struct State {
    threads: Vec<i32>,
    counts: Preemptions,
}

struct Stopped {
    vcpu: usize,
    thread: Pid,
    since: Instant,
    until: Instant,
}

impl Preempter {
    /// Listens where QEMU's debug port will connect.
    pub fn listen(socket: &Path, port_exit_delay: Duration) -> Result<Preempter> {
        let listener = UnixListener::bind(socket).with_context(|| socket.display().to_string())?;
        let preempter = Preempter {
            port_exit_delay,
            ..Preempter::default()
        };
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

    pub fn counts(&self) -> Preemptions {
        self.state().counts
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
        let vcpu = usize::from(vcpu);
        let thread = {
            let mut state = self.state();
            state.counts.requested += 1;
            let thread = state.threads.get(vcpu).copied();
            let Some(thread) = thread.filter(|_| (1..=MAX_MS).contains(&ms)) else {
                state.counts.malformed += 1;
                return;
            };
            begun.retain(|at| at.elapsed() < Duration::from_secs(1));
            if begun.len() >= MAX_PER_SECOND || stopped.iter().any(|one| one.vcpu == vcpu) {
                state.counts.refused += 1;
                return;
            }
            Pid::from_raw(thread)
        };
        thread::sleep(self.port_exit_delay);
        if stop(thread).is_err() {
            self.state().counts.failed += 1;
            return;
        }
        let since = Instant::now();
        begun.push(since);
        stopped.push(Stopped {
            vcpu,
            thread,
            since,
            until: since + Duration::from_millis(ms.into()),
        });
    }

    fn resume(&self, stopped: &mut Vec<Stopped>) {
        stopped.retain(|one| {
            let over = Instant::now() >= one.until;
            if over {
                // A thread that has ended needs no resuming.
                let _ = ptrace::detach(one.thread, None);
                let counts = &mut self.state().counts;
                counts.served += 1;
                counts.stopped_us += one.since.elapsed().as_micros() as u64;
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
