// SPDX-License-Identifier: GPL-2.0

//! Registry of the workloads: a module for each entry of [`abi::bottlenecks`].

use abi::bottleneck::{
    Kind,
    Lock as LockName, //
};
use algo::lock::{
    PvQueued,
    Ticket, //
};

use crate::{
    prelude::*,
    timed::Timed, //
};

/// Makes the workload that `config` names, with the spinlock that it names.
pub(crate) fn make(config: &Config, limits: &Limits) -> Made {
    match config.lock {
        LockName::Ticket => with_lock::<Timed<Ticket>>(config, limits),
        LockName::PvQueued => with_lock::<Timed<PvQueued>>(config, limits),
    }
}

macro_rules! registry {
    ($(
        #[doc = $doc:literal]
        $kind:ident = $name:literal: $module:ident, $source:ident, variants $variants:tt,
            locked $locked:tt, check $check:literal, compare $compare:literal;
    )*) => {
        $(mod $module;)*

        fn with_lock<L: Lock + Send + 'static>(config: &Config, limits: &Limits) -> Made {
            match config.case {
                $(Kind::$kind => $module::make::<L>(config, limits),)*
            }
        }
    };
}
abi::bottlenecks!(registry);
