// SPDX-License-Identifier: GPL-2.0

//! Flag that ends a run, raised by a timer or by a caller.
//!
//! The timer's interrupt raises it, not a thread: under a load that keeps preemption off, a
//! thread that is to end the run would wait for the threads that it is to end. So it is in hard
//! interrupt context, also on PREEMPT_RT.

use kernel::{
    impl_has_hr_timer,
    sync::ArcBorrow,
    time::{
        hrtimer::{
            ArcHrTimerHandle,
            HrTimer,
            HrTimerCallback,
            HrTimerCallbackContext,
            HrTimerPointer,
            HrTimerRestart,
            RelativeHardMode, //
        },
        Delta,
        Monotonic, //
    }, //
};

use crate::prelude::*;

/// A flag that goes up once.
#[pin_data]
pub struct StopFlag {
    #[pin]
    timer: HrTimer<Self>,
    is_raised: Padded<Atomic<bool>>,
}

impl StopFlag {
    pub(crate) fn new() -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Self {
                timer <- HrTimer::new(),
                is_raised: Padded(Atomic::new(false)),
            }),
            GFP_KERNEL,
        )
    }

    /// Raises the flag in `ms`, unless the handle is dropped before.
    pub(crate) fn raise_in(self: &Arc<Self>, ms: u32) -> ArcHrTimerHandle<Self> {
        self.clone().start(Delta::from_millis(i64::from(ms)))
    }

    /// Raises the flag now.
    pub fn raise(&self) {
        // It publishes nothing: a thread that sees it leaves, and is joined.
        self.is_raised.store(true, Relaxed);
    }

    /// Returns whether the flag is up.
    #[inline(always)]
    pub fn is_raised(&self) -> bool {
        self.is_raised.load(Relaxed)
    }
}

impl HrTimerCallback for StopFlag {
    type Pointer<'a> = Arc<Self>;

    fn run(this: ArcBorrow<'_, Self>, _: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
        this.raise();
        HrTimerRestart::NoRestart
    }
}

impl_has_hr_timer! {
    impl HasHrTimer<Self> for StopFlag {
        mode: RelativeHardMode<Monotonic>, field: self.timer
    }
}
