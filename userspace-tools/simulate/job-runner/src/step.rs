// SPDX-License-Identifier: GPL-2.0

//! Steps: what a job does at each index, by name; those that only take time.

/// Declares a module whose source is the kernel module's. (A macro, so that `rustfmt` formats it there.)
macro_rules! shared {
    ($path:literal $module:ident) => {
        #[path = $path]
        mod $module;
    };
}
shared!("../../../../rust_modules/job_runner/step/busy_loop.rs" busy_loop);

use abi::job_runner::{Config, JobFunction as Name};
use rig::prelude::*;

use crate::task::{task_of, Task};

/// Makes the task of a job. A loop is a nanosecond.
pub(crate) fn task(config: &Config) -> Result<KBox<dyn Task>, Refused> {
    let loops = config.work_ns.into();
    match config.job {
        Name::Spin => Ok(task_of(busy_loop::Spin { loops })?),
        Name::Uneven => Ok(task_of(busy_loop::Uneven::new(
            config.start,
            config.size,
            loops,
        ))?),
        Name::Fault => Ok(task_of(busy_loop::Fault {
            loops,
            at: config.start.saturating_add(config.fail_at),
        })?),
        other => Err(Refused::new(
            EINVAL,
            format_args!("a guest is needed for {other}"),
        )),
    }
}
