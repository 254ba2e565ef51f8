// SPDX-License-Identifier: GPL-2.0

//! Refused write: the errno for its writer, and the reason for `status`.

use core::fmt;

use abi::{
    Errno,
    Refusal,
    Why, //
};
use kernel::{
    alloc::AllocError,
    prelude::*, //
};

use crate::ErrorText;

/// Why a write was refused.
pub struct Refused {
    /// Errno for the writer.
    pub errno: Error,
    /// Reason; none without memory for it.
    reason: Option<KBox<ErrorText>>,
}

impl Refused {
    /// Refuses with `errno`, for `reason`.
    pub fn new(errno: Error, reason: fmt::Arguments<'_>) -> Self {
        Self {
            errno,
            reason: KBox::new(ErrorText::new(reason), GFP_KERNEL).ok(),
        }
    }

    /// Refuses `wanted` threads, of which each needs a vCPU of its own.
    pub fn too_few_vcpus(wanted: u32, online: u32) -> Self {
        Self::new(
            ERANGE,
            format_args!("{wanted} threads, but {online} vCPUs are online"),
        )
    }

    /// Returns the text for `status`: the errno, the file, and the reason.
    pub(crate) fn error(&self, file: &str) -> ErrorText {
        let reason = match &self.reason {
            Some(text) => text.as_str(),
            None => "not enough memory for the reason",
        };
        ErrorText::new(format_args!("{} {file}: {reason}", errno(self.errno)))
    }
}

/// Returns the errno of an error, which shows its name.
pub(crate) fn errno(error: Error) -> Errno {
    Errno(error.to_errno().wrapping_neg())
}

impl From<Refusal<'_>> for Refused {
    fn from(refusal: Refusal<'_>) -> Self {
        let errno = match refusal.why {
            Why::NoSuchKey(_) | Why::Malformed => EINVAL,
            Why::Range => ERANGE,
            Why::Running => EBUSY,
        };
        Self::new(errno, format_args!("{refusal}"))
    }
}

impl From<Error> for Refused {
    fn from(errno: Error) -> Self {
        let reason = match errno == ENOMEM {
            true => "not enough memory",
            false => "the kernel refused",
        };
        Self::new(errno, format_args!("{reason}"))
    }
}

impl From<AllocError> for Refused {
    fn from(_: AllocError) -> Self {
        ENOMEM.into()
    }
}
