// SPDX-License-Identifier: GPL-2.0

//! What the modules use of the crate `kernel`, in memory of this process.
//!
//! Memory is aligned to pairs of cache lines, so that which words share a line does not depend on the
//! allocator, and a seed means the same on every host.

#![forbid(unsafe_code)]

pub mod alloc;
mod error;
pub mod sync;
pub mod time;

pub use self::error::Error;

/// Result of what may fail with an errno.
pub type Result<T = (), E = Error> = core::result::Result<T, E>;

/// Names that most files use.
pub mod prelude {
    pub use core::pin::Pin;

    pub use crate::{
        alloc::{KBox, KVVec, Pinned, VVec, GFP_KERNEL},
        error::{Error, ECANCELED, EINVAL, EIO, ENOMEM, ENOSYS, ERANGE, ETIMEDOUT},
        Result,
    };
}
