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

mod conduct;
mod desk;
mod files;

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

use self::desk::Desk;
use crate::{
    control::Folder,
    thread::Thread,
    Load, //
};

/// A load and its state.
#[pin_data]
pub(crate) struct Bench<L: Load> {
    load: L,
    #[pin]
    desk: Mutex<Desk<L>>,
    /// There is a run to conduct, or no more will come.
    #[pin]
    work: CondVar,
}

/// A load with its directory and its conductor; dropping it ends whatever is under way.
pub struct Stand<L: Load> {
    // Dropped in this order: first nobody can write any more, then the run is told to stop, and
    // then the conductor is joined.
    _folder: Folder<Bench<L>>,
    _closing: Closing<L>,
    _conductor: Thread,
}

impl<L: Load> Stand<L> {
    /// Puts `load` on a bench.
    pub fn new(load: L) -> Result<Self> {
        let bench = Arc::pin_init(
            pin_init!(Bench {
                load,
                desk <- new_mutex!(Desk::new()),
                work <- new_condvar!(),
            }),
            GFP_KERNEL,
        )?;
        let conducted = bench.clone();
        let mut conductor = Thread::new(L::NAME, 0, None, move || conducted.conduct())?;
        let closing = Closing(bench.clone());
        let folder = files::folder(bench)?;
        conductor.wake();
        Ok(Self {
            _folder: folder,
            _closing: closing,
            _conductor: conductor,
        })
    }
}

/// Ends the work of a bench.
struct Closing<L: Load>(Arc<Bench<L>>);

impl<L: Load> Drop for Closing<L> {
    fn drop(&mut self) {
        let mut desk = self.0.desk.lock();
        desk.close();
        self.0.work.notify_all();
    }
}
