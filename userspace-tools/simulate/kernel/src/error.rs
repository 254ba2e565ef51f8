// SPDX-License-Identifier: GPL-2.0

//! An errno.

use core::{convert::Infallible, fmt};

use crate::alloc::AllocError;

/// An errno.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error(i32);

macro_rules! errors {
    ($($(#[$doc:meta])* $name:ident = $errno:literal;)*) => {
        $($(#[$doc])* pub const $name: Error = Error(-$errno);)*

        impl fmt::Display for Error {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match *self {
                    $($name => stringify!($name),)*
                    _ => "an unknown error",
                })
            }
        }
    };
}
errors! {
    /// Input or output failed.
    EIO = 5;
    /// There is no memory.
    ENOMEM = 12;
    /// A setting is wrong.
    EINVAL = 22;
    /// A setting is out of bounds.
    ERANGE = 34;
    /// It is not there.
    ENOSYS = 38;
    /// It took too long.
    ETIMEDOUT = 110;
    /// It was cancelled.
    ECANCELED = 125;
}

impl Error {
    /// Returns the number, which is negative.
    pub fn to_errno(self) -> i32 {
        self.0
    }
}

impl From<AllocError> for Error {
    fn from(_: AllocError) -> Self {
        ENOMEM
    }
}

impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
