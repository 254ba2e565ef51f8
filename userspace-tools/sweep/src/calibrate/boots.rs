// SPDX-License-Identifier: GPL-2.0

//! The primitives that each guest boot timed, and how its vCPUs are kicked.

use abi::{lock_load::Kick, primitive::PrimitiveCost};
use anyhow::{bail, Context};
use results::AnyReport;

use crate::store::record::Record;

/// The primitives by boot, and the way of kicking.
pub struct Timed {
    pub boots: Vec<Vec<PrimitiveCost>>,
    pub kick: Kick,
}

impl Timed {
    /// Those of the records of a result; the last repeat of a boot, if it has several.
    pub fn of(records: &[Record]) -> anyhow::Result<Self> {
        let (mut boots, mut kick) = (Vec::<(usize, Vec<PrimitiveCost>)>::new(), None);
        for record in records {
            let Some(AnyReport::LockLoad(report)) = record.counted() else {
                continue;
            };
            if report.primitives.is_empty() {
                continue;
            }
            if kick.is_some_and(|kick| kick != report.machine.kick) {
                bail!("cannot calibrate: guests of one result kick in different ways");
            }
            kick = Some(report.machine.kick);
            boots.retain(|(number, _)| *number != record.boot);
            boots.push((record.boot, report.primitives.clone()));
        }
        let why = "cannot calibrate: no run has load=primitives. Try: sweep calibrate --tier tcg";
        Ok(Self {
            boots: boots.into_iter().map(|(_, timed)| timed).collect(),
            kick: kick.context(why)?,
        })
    }
}
