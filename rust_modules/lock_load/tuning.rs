// SPDX-License-Identifier: GPL-2.0

//! Parameters of locks, from the settings of a run.

use rig::tsc_scale;

use crate::prelude::*;

/// Makes the parameters. A timeout is in ticks of the time stamp counter, which has to be a clock then.
pub(crate) fn tuning(config: &Config) -> Result<Tuning, Refused> {
    let timeout_ns = u64::from(config.timeout_us).saturating_mul(1000);
    let timeout = match tsc_scale() {
        Ok(scale) => scale.of_ns(timeout_ns),
        Err(_) if !config.lock.facts().may_fail => u64::MAX,
        Err(_) => {
            let lock = config.lock;
            return Err(Refused::new(
                ENODEV,
                format_args!(
                    "`lock={lock}`: its timeout is read from the time stamp counter, which is no clock here. \
                     Try: a lock that does not fail"
                ),
            ));
        }
    };
    Ok(Tuning {
        threshold: config.threshold,
        backoff: config.backoff,
        overtakes: config.overtakes,
        timeout,
    })
}
