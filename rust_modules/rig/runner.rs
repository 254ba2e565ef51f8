// SPDX-License-Identifier: GPL-2.0

//! Runner: the control files of a load, one run at a time, and its report.
//!
//! ```text
//!   idle ──start──▶ running ──stop, or time is up──▶ stopping ──last thread left──▶ idle
//! ```
//!
//! A write of `start` allocates all that the run needs, and gets the error if that fails; the control
//! thread, one for the life of the module, then runs it. One lock guards the run state. It is held for
//! no longer than some settings are parsed or a text is copied, and no thread of a run takes it, so
//! that the control thread may wait for them whatever is written.

mod control_thread;
mod files;
mod shared;
mod state;

use self::shared::RunnerShared;
use crate::{
    folder::Folder,
    prelude::*,
    thread::Thread,
    Load, //
};

/// A load with its directory and its control thread; dropping it ends the run under way.
pub struct Runner<L: Load> {
    // Dropped in this order: first the run is stopped, also one that a writer is preparing; then the
    // files go, once no call is under way; and then the control thread is joined.
    _closing: Closing<L>,
    _folder: Folder<RunnerShared<L>>,
    _control_thread: Thread,
}

impl<L: Load> Runner<L> {
    /// Creates the directory and the control thread of `load`.
    pub fn new(load: L) -> Result<Self> {
        let shared = RunnerShared::new(load)?;
        let controlled = shared.clone();
        let mut control_thread = Thread::new(L::NAME, 0, None, move || controlled.control())?;
        let closing = Closing(shared.clone());
        let folder = files::folder(shared)?;
        control_thread.wake();
        Ok(Self {
            _closing: closing,
            _folder: folder,
            _control_thread: control_thread,
        })
    }
}

/// Declares `Module`, the type of a kernel module: the runner of a load, which `$new` makes.
#[macro_export]
macro_rules! module_of {
    ($load:ty, $new:expr) => {
        struct Module {
            _runner: $crate::Runner<$load>,
        }

        impl ::kernel::Module for Module {
            fn init(_: &'static ::kernel::ThisModule) -> ::kernel::error::Result<Self> {
                let _runner = $crate::Runner::new($new)?;
                Ok(Self { _runner })
            }
        }
    };
}

/// Guard that stops the run and the control thread when it is dropped.
struct Closing<L: Load>(Arc<RunnerShared<L>>);

impl<L: Load> Drop for Closing<L> {
    fn drop(&mut self) {
        self.0.state.lock().close();
        self.0.work.notify_all();
    }
}
