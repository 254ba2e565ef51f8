// SPDX-License-Identifier: GPL-2.0

//! The bench that a load is put on: settings in, a run at a time, a report out.
//!
//! ```text
//!   idle ──start──▶ running ──stop, or time is up──▶ stopping ──last thread left──▶ idle
//! ```
//!
//! Whoever writes `start` makes all that the run needs, and gets the error if that fails; the
//! conductor, one thread for the life of the module, then runs it. One lock guards the desk, and
//! no thread of a run takes it, so that the conductor may wait for them whatever is written.

mod control_thread;
mod files;
mod state;

use kernel::{
    new_condvar,
    new_mutex,
    prelude::*,
    sync::{
        Arc,
        CondVar,
        Mutex, //
    }, //
};

use self::state::RunState;
use crate::{
    control::Folder,
    thread::Thread,
    Load, //
};

/// A load and its state.
#[pin_data]
pub(crate) struct RunnerShared<L: Load> {
    load: L,
    #[pin]
    state: Mutex<RunState<L>>,
    /// There is a run to conduct, or no more will come.
    #[pin]
    work: CondVar,
}

/// A load with its directory and its conductor; dropping it ends whatever is under way.
pub struct Runner<L: Load> {
    // Dropped in this order: first nobody can write any more, then the run is told to stop, and
    // then the conductor is joined.
    _folder: Folder<RunnerShared<L>>,
    _closing: Closing<L>,
    _control_thread: Thread,
}

impl<L: Load> Runner<L> {
    /// Puts `load` on a bench.
    pub fn new(load: L) -> Result<Self> {
        let bench = Arc::pin_init(
            pin_init!(RunnerShared {
                load,
                state <- new_mutex!(RunState::new()),
                work <- new_condvar!(),
            }),
            GFP_KERNEL,
        )?;
        let conducted = bench.clone();
        let mut control_thread = Thread::new(L::NAME, 0, None, move || conducted.control())?;
        let closing = Closing(bench.clone());
        let folder = files::folder(bench)?;
        control_thread.wake();
        Ok(Self {
            _folder: folder,
            _closing: closing,
            _control_thread: control_thread,
        })
    }
}

/// Ends the work of a bench.
struct Closing<L: Load>(Arc<RunnerShared<L>>);

impl<L: Load> Drop for Closing<L> {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        state.close();
        self.0.work.notify_all();
    }
}
