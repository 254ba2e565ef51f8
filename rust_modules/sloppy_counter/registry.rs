// SPDX-License-Identifier: GPL-2.0

//! Registry of counters: the type behind each name of the list in `abi/sloppy_counter/counters.rs`.

use abi::sloppy_counter::{
    Config,
    Counter as Name, //
};
use algo::counter;
use rig::prelude::*;

use crate::subject::{
    Measured,
    Promise,
    Subject, //
};

macro_rules! registry {
    ($(
        $(#[doc = $doc:literal])* $counter:ident = $name:literal: $type:ty [$($fact:ident),*];
    )*) => {
        /// Makes the counter that `config` names.
        pub(crate) fn counter(config: &Config) -> Result<KBox<dyn Subject>> {
            match config.counter {
                $(Name::$counter => boxed::<$type, { Name::$counter.facts().refs }>(config),)*
            }
        }
    };
}
abi::counters!(registry);

fn boxed<P: Promise, const REFS: bool>(config: &Config) -> Result<KBox<dyn Subject>> {
    let counter = Measured::<P, REFS>(Padded(P::new(config)?));
    Ok(rig::boxed(counter)?)
}
