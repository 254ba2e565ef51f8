// SPDX-License-Identifier: GPL-2.0

//! Steps: what a job does at each index, by name.

mod busy_loop;
mod memory;

use abi::job_runner::{
    Config,
    JobFunction as Name, //
};
use rig::{
    prelude::*,
    DelayLoop,
    Page, //
};

use crate::task::{
    task_of,
    Task, //
};

/// Makes the task of a job.
pub(crate) fn task(
    config: &Config,
    delay_loop: DelayLoop,
    preparation: &Preparation,
) -> Result<KBox<dyn Task>> {
    let (first, count) = (config.start, config.size as usize);
    let loops = delay_loop.loops(config.work_ns);
    match config.job {
        Name::Spin => task_of(busy_loop::Spin { loops }),
        Name::Uneven => task_of(busy_loop::Uneven::new(first, config.size, loops)),
        Name::Fault => task_of(busy_loop::Fault {
            loops,
            at: first.saturating_add(config.fail_at),
        }),
        Name::ClearPages => task_of(memory::Clear::new(first, count)?),
        Name::ClearHuge => task_of(memory::ClearHuge::new(first, count, preparation)?),
        Name::PageInit => task_of(memory::PageInit::new(first, count)?),
        Name::Checksum => {
            let crc32c = |page: &Page| u64::from(page.crc32c());
            task_of(memory::Digest::new(first, count, crc32c, preparation)?)
        }
        Name::Sum => task_of(memory::Digest::new(first, count, Page::sum, preparation)?),
    }
}
