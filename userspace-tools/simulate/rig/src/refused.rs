// SPDX-License-Identifier: GPL-2.0

//! Refused run, and the reason.

use core::{convert::Infallible, fmt};

use kernel::{alloc::AllocError, prelude::*};

/// Why a run was refused.
#[derive(Debug)]
pub struct Refused(String);

impl Refused {
    /// Refuses with a reason.
    pub fn new(_: Error, reason: fmt::Arguments<'_>) -> Self {
        Self(reason.to_string())
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self(error.to_string())
    }
}

impl From<AllocError> for Refused {
    fn from(error: AllocError) -> Self {
        Error::from(error).into()
    }
}

impl From<Infallible> for Refused {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
