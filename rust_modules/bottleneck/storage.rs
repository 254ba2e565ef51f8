// SPDX-License-Identifier: GPL-2.0

//! Memory for what a case is made of.

use kernel::prelude::*;

/// Makes `n` of something.
pub(crate) fn many<T>(n: usize, mut new: impl FnMut() -> T) -> Result<KVVec<T>> {
    let mut all = KVVec::with_capacity(n, GFP_KERNEL)?;
    for _ in 0..n {
        all.push(new(), GFP_KERNEL)?;
    }
    Ok(all)
}
