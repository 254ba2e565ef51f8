// SPDX-License-Identifier: GPL-2.0

//! Scripted preemption: the guest names a vCPU and a time, and the thread that runs it is stopped so long.
//!
//! A request is two bytes written to QEMU's debug port: the vCPU, then milliseconds. The thread is
//! stopped by `ptrace`, which needs no privilege over one's own child and whose hold ends with its
//! holder, however that ends. A vCPU that asks for itself first gets a moment to leave the port: QEMU
//! holds its big lock there, and whoever stops then stops every vCPU that has an interrupt to take.
//! So the guest waits for the stop, a gap in its clock, where it wants to be stopped.

use std::io::{ErrorKind, Read};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{ensure, Context, Result};
use nix::sys::ptrace;
use nix::sys::wait::{waitpid, WaitPidFlag, WaitStatus};
use nix::unistd::Pid;
use vm_record::Preemptions;

/// The longest stop: a guest must not be taken for dead.
pub const MOST_MS: u8 = 100;
/// The most stops that begin in one second.
const MOST_PER_SECOND: usize = 200;
/// From a request to the stop: how long a vCPU takes to leave the port.
pub const LEAVE_THE_PORT: Duration = Duration::from_micros(200);
/// The same where the host itself is emulated.
pub const LEAVE_THE_PORT_EMULATED: Duration = Duration::from_millis(2);

/// Serves one guest's requests from a thread of its own.
#[derive(Clone, Debug, Default)]
pub struct Stopper {
    state: Arc<Mutex<State>>,
    leave: Duration,
}

#[derive(Debug, Default)]
struct State {
    threads: Vec<i32>,
    stops: Preemptions,
}

/// A thread that is stopped.
struct Stopped {
    vcpu: usize,
    thread: Pid,
    since: Instant,
    until: Instant,
}

impl Stopper {
    /// Listens where QEMU's debug port will connect; a vCPU gets `leave` to leave that.
    pub fn listen(socket: &Path, leave: Duration) -> Result<Stopper> {
        let listener = UnixListener::bind(socket).with_context(|| socket.display().to_string())?;
        let stopper = Stopper {
            leave,
            ..Stopper::default()
        };
        let this = stopper.clone();
        thread::spawn(move || {
            // On a CPU that vCPUs share, a stop that waits its turn comes too late. Only root may.
            let _ = rustix::process::setpriority_process(None, -20);
            if let Ok((stream, _)) = listener.accept() {
                this.serve(stream);
            }
        });
        Ok(stopper)
    }

    /// Names the threads that run the vCPUs, in their order.
    pub fn stops_these(&self, threads: Vec<i32>) {
        self.state().threads = threads;
    }

    /// What became of the requests so far.
    pub fn stops(&self) -> Preemptions {
        self.state().stops
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All stops are made and ended by this one thread: a traced thread obeys no other.
    fn serve(&self, mut stream: UnixStream) {
        let mut stopped: Vec<Stopped> = Vec::new();
        let mut begun: Vec<Instant> = Vec::new();
        let mut request = [0; 2];
        let mut had = 0;
        loop {
            self.resume(&mut stopped);
            let next = stopped.iter().map(|one| one.until).min();
            let patience = next.map(|until| {
                let left = until.saturating_duration_since(Instant::now());
                left.max(Duration::from_micros(100))
            });
            // A socket that takes no timeout would only delay the end of a stop to the next request.
            let _ = stream.set_read_timeout(patience);
            match stream.read(&mut request[had..]) {
                Ok(0) => break,
                Ok(length) => had += length,
                Err(error) if waits(error.kind()) => continue,
                Err(_) => break,
            }
            if had == request.len() {
                had = 0;
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
            state.stops.requested += 1;
            let thread = state.threads.get(vcpu).copied();
            let Some(thread) = thread.filter(|_| (1..=MOST_MS).contains(&ms)) else {
                state.stops.malformed += 1;
                return;
            };
            begun.retain(|at| at.elapsed() < Duration::from_secs(1));
            if begun.len() >= MOST_PER_SECOND || stopped.iter().any(|one| one.vcpu == vcpu) {
                state.stops.refused += 1;
                return;
            }
            Pid::from_raw(thread)
        };
        thread::sleep(self.leave);
        if stop(thread).is_err() {
            self.state().stops.failed += 1;
            return;
        }
        let since = Instant::now();
        let until = since + Duration::from_millis(ms.into());
        begun.push(since);
        stopped.push(Stopped {
            vcpu,
            thread,
            since,
            until,
        });
    }

    /// Ends the stops whose time is over.
    fn resume(&self, stopped: &mut Vec<Stopped>) {
        stopped.retain(|one| {
            let over = Instant::now() >= one.until;
            if over {
                // A thread that is gone needs no resuming.
                let _ = ptrace::detach(one.thread, None);
                let mut state = self.state();
                state.stops.served += 1;
                state.stops.stopped_us += one.since.elapsed().as_micros() as u64;
            }
            !over
        });
    }
}

fn waits(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
    )
}

/// Stops a thread; it is stopped when this returns.
fn stop(thread: Pid) -> Result<()> {
    ptrace::seize(thread, ptrace::Options::empty()).context("PTRACE_SEIZE")?;
    let stopped = ptrace::interrupt(thread)
        .context("PTRACE_INTERRUPT")
        .and_then(|()| {
            match waitpid(thread, Some(WaitPidFlag::__WALL)).context("waitpid")? {
                WaitStatus::PtraceEvent(..) => Ok(true),
                // A signal came first: it is delivered as the thread goes on.
                WaitStatus::Stopped(_, signal) => {
                    ptrace::detach(thread, signal).context("PTRACE_DETACH")?;
                    Ok(false)
                }
                other => {
                    ensure!(false, "{other:?}");
                    Ok(false)
                }
            }
        });
    match stopped {
        Ok(true) => Ok(()),
        Ok(false) => anyhow::bail!("a signal came first"),
        Err(error) => {
            let _ = ptrace::detach(thread, None);
            Err(error)
        }
    }
}

#[cfg(test)]
#[path = "stop_tests.rs"]
mod tests;
