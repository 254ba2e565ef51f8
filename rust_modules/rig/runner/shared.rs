// SPDX-License-Identifier: GPL-2.0

//! What the files and the control thread of a runner share.

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

use super::state::RunState;
use crate::Load;

/// A load and its run state.
#[pin_data]
pub(crate) struct RunnerShared<L: Load> {
    pub(super) load: L,
    #[pin]
    pub(super) state: Mutex<RunState<L>>,
    /// Signalled when a run is requested, or the runner is closed.
    #[pin]
    pub(super) work: CondVar,
}

impl<L: Load> RunnerShared<L> {
    pub(super) fn new(load: L) -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Self {
                load,
                state <- new_mutex!(RunState::new()),
                work <- new_condvar!(),
            }),
            GFP_KERNEL,
        )
    }
}
