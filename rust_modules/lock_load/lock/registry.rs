// SPDX-License-Identifier: GPL-2.0

//! Registry of locks: the type behind each name of the list in `abi/lock_load/locks.rs`.

use abi::lock_load::Lock as Name;
use algo::{
    lock,
    wait, //
};

use super::{
    tortured::TorturedLock,
    under_test::{
        under_test,
        LockUnderTest, //
    }, //
};
use crate::prelude::*;

macro_rules! registry {
    ($($origin:ident {$(
        $(#[doc = $doc:literal])* $lock:ident = $name:literal: $type:ty [$($fact:ident),*];
    )*})*) => {
        /// Creates the lock that `config` names, taken as `config` wants.
        pub(crate) fn lock_under_test(config: &Config) -> Result<KBox<dyn LockUnderTest>> {
            match config.lock {
                $($(Name::$lock => {
                    const { assert!(<$type>::SLEEPS == Name::$lock.facts().sleeps) };
                    const { assert!(<$type>::DELEGATES == Name::$lock.facts().delegates) };
                    const { assert!(<$type>::SHARES == Name::$lock.facts().shares) };
                    create::<$type>(config)
                })*)*
            }
        }
    };
}
abi::locks!(registry);

/// A frame of its own: those of all locks together overflow the stack.
#[inline(never)]
fn create<L: Lock + Send + 'static>(config: &Config) -> Result<KBox<dyn LockUnderTest>> {
    match TorturedLock::<L>::wanted(config)? {
        Some((tortured, outer)) => under_test(tortured, Some(outer)),
        None => under_test(L::new(), None),
    }
}
