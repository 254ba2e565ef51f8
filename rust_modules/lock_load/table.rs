// SPDX-License-Identifier: GPL-2.0

//! Registry of locks: the type behind each name of the list in `abi/lock_load/locks.rs`.

use abi::lock_load::Lock as Name;
use algo::{
    lock::{
        self,
        Lock, //
    },
    wait, //
};
use kernel::{
    prelude::*,
    sync::Arc, //
};

use crate::{
    arena::{
        arena,
        Arena, //
    },
    disturb::{
        How,
        Levels,
        Rough, //
    }, //
};

/// Makes an arena of a lock.
type Make = fn() -> Result<KBox<dyn Arena>>;
/// Makes one of a lock taken under torture options.
type MakeRough = fn(How, &Arc<Levels>) -> Result<KBox<dyn Arena>>;

/// Constructors of one lock, and the one fact that stands with its code.
pub(crate) struct Entry {
    /// Makes its arena.
    pub(crate) make: Make,
    /// Makes one of it taken under torture options.
    pub(crate) make_rough: MakeRough,
    /// Whether it reports contention, [`Lock::REPORTS_CONTENTION`].
    pub(crate) reports_contention: bool,
}

macro_rules! registry {
    ($($origin:ident {$(
        $(#[doc = $doc:literal])* $lock:ident = $name:literal: $type:ty [$($fact:ident),*];
    )*})*) => {
        /// Returns the entry of a name.
        pub(crate) fn entry(name: Name) -> Entry {
            match name {
                $($(Name::$lock => {
                    const { assert!(<$type>::SLEEPS == Name::$lock.facts().sleeps) };
                    of::<$type>()
                })*)*
            }
        }
    };
}
abi::locks!(registry);

fn of<L: Lock + Send + 'static>() -> Entry {
    Entry {
        make: || arena(L::new()),
        make_rough: |how, levels| arena(Rough::<L>::taken(how, levels)?),
        reports_contention: L::REPORTS_CONTENTION,
    }
}
