// SPDX-License-Identifier: GPL-2.0

//! Memory for the algorithms.

use algo::{
    bottleneck::Guarded,
    lock::Lock, //
};
use kernel::prelude::*;

/// Allocates `len` elements; `new` makes each from its index.
pub(crate) fn try_filled<T>(len: u32, new: impl Fn(u32) -> Result<T>) -> Result<KVVec<T>> {
    let mut all = KVVec::with_capacity(len as usize, rig::may_fail())?;
    for index in 0..len {
        all.push(new(index)?, GFP_KERNEL)?;
    }
    Ok(all)
}

/// Allocates `len` elements; `new` makes each from its index and cannot fail.
pub(crate) fn filled<T>(len: u32, new: impl Fn(u32) -> T) -> Result<KVVec<T>> {
    try_filled(len, |index| Ok(new(index)))
}

/// Allocates `len` elements of their default value.
pub(crate) fn defaults<T: Default>(len: u32) -> Result<KVVec<T>> {
    filled(len, |_| T::default())
}

/// The most per-vCPU locks: to take all nests as deep on a kernel stack.
const MAX_LANES: u32 = 32;

fn lanes_count() -> u32 {
    rig::possible_vcpus().min(MAX_LANES)
}

/// Allocates a lock, with its data, per vCPU; beyond a limit vCPUs share.
pub(crate) fn lanes<L: Lock, T: Default>() -> Result<KVVec<Guarded<L, T>>> {
    defaults(lanes_count())
}

/// Returns how many bytes [`lanes`] without data allocates.
pub(crate) fn lanes_bytes<L: Lock>() -> usize {
    size_of::<Guarded<L>>().saturating_mul(lanes_count() as usize)
}
