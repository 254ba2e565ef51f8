// SPDX-License-Identifier: GPL-2.0

//! Records of older schemas, completed to the keys of today's.
//!
//! Renamed keys are aliases where they stand. Schema 1 is refused: it has neither the guest's mode nor the times of
//! a job's workers, and no figure is made up for them.

use serde_json::{Map, Value};

use crate::{LockLoad, Report};

/// The oldest schema that can be read.
pub const OLDEST: u32 = 2;

/// Completes a report of `module`, which was written with `schema`.
pub fn complete(schema: u32, module: &str, report: &mut Map<String, Value>) {
    // Schema 2, and schema 3 at first, did not count the time in a run queue, which threads share only while a vCPU
    // is offline.
    if schema <= 3 && module == LockLoad::MODULE {
        let threads = report.get_mut("threads").and_then(Value::as_array_mut);
        let threads = threads.into_iter().flatten();
        for thread in threads.filter_map(Value::as_object_mut) {
            thread.entry("queued_ns").or_insert(0.into());
        }
    }
    // Until schema 6 the hypervisor was not recorded; what KVM reports of itself is no proof of it.
    if schema <= 5 && module == LockLoad::MODULE {
        let machine = report.get_mut("machine").and_then(Value::as_object_mut);
        machine.map(|machine| machine.entry("hypervisor").or_insert("unknown".into()));
    }
}
