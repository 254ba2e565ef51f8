// SPDX-License-Identifier: GPL-2.0

//! A write that was refused: the errno for its writer, and the reason for `status`.

use core::fmt;

use abi::{
    Refusal,
    Why, //
};
use kernel::{
    alloc::AllocError,
    prelude::*, //
};

use crate::Line;

/// Why a write was refused.
pub struct Refused {
    /// What the writer gets.
    pub errno: Error,
    /// What `status` says; none where there was no memory even for that.
    why: Option<KBox<Line>>,
}

impl Refused {
    /// Refuses with `errno`, saying `why`.
    pub fn new(errno: Error, why: fmt::Arguments<'_>) -> Self {
        Self {
            errno,
            why: KBox::new(Line::say(why), GFP_KERNEL).ok(),
        }
    }

    /// Returns what `status` says.
    pub(crate) fn why(&self) -> &str {
        match &self.why {
            Some(line) => line.as_str(),
            None => "not enough memory to say why",
        }
    }
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
        let what = if errno == ENOMEM {
            "not enough memory"
        } else {
            "the kernel would not"
        };
        Self::new(errno, format_args!("{what}"))
    }
}

impl From<AllocError> for Refused {
    fn from(_: AllocError) -> Self {
        ENOMEM.into()
    }
}
