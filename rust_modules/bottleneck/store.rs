// SPDX-License-Identifier: GPL-2.0

//! Memory for the algorithms, which are given theirs.

use algo::{
    bottleneck::brlock::Lane,
    lock::Lock, //
};
use kernel::{
    alloc::AllocError,
    prelude::*, //
};

/// Takes memory for `len` of what `new` makes, of each number from 0 on.
pub(crate) fn filled<T>(len: u32, new: impl Fn(u32) -> T) -> Result<KVVec<T>, AllocError> {
    let mut all = KVVec::with_capacity(len as usize, GFP_KERNEL)?;
    for number in 0..len {
        all.push(new(number), GFP_KERNEL)?;
    }
    Ok(all)
}

/// The most lanes: who takes the locks of all nests as deep, on a kernel's stack.
const LANES: u32 = 32;

/// Takes memory for a lock for each vCPU, if these are not too many.
pub(crate) fn locks<L: Lock>() -> Result<KVVec<Lane<L>>, AllocError> {
    filled(rig::possible_vcpus().min(LANES), |_| Lane::new())
}

/// How many bytes these take.
pub(crate) fn lock_bytes<L: Lock>() -> usize {
    size_of::<Lane<L>>().saturating_mul(rig::possible_vcpus().min(LANES) as usize)
}
