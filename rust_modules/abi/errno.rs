// SPDX-License-Identifier: GPL-2.0

//! Errnos of the control files, with their names: a kernel without `CONFIG_SYMBOLIC_ERRNAME` has none.

use core::fmt;

/// An errno, shown by its name if modules may return it, else by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(pub i32);

macro_rules! errnos {
    ($($name:ident = $number:literal, $meaning:literal;)*) => {
        impl Errno {
            $(#[doc = $meaning] pub const $name: Self = Self($number);)*

            /// The errnos that modules may return, in ascending order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its name, if modules may return it.
            pub fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$name => Some(stringify!($name)),)*
                    _ => None,
                }
            }
        }
    };
}

errnos! {
    EPERM = 1, "The kernel does not take that vCPU offline, or locks debugfs down.";
    EINTR = 4, "A signal came.";
    EIO = 5, "The kernel refused to bring a vCPU online, or the module is being removed.";
    EAGAIN = 11, "The kernel has no room for one more thread.";
    ENOMEM = 12, "Not enough memory.";
    EFAULT = 14, "The caller's buffer is invalid.";
    EBUSY = 16, "A run is under way.";
    ENODEV = 19, "The machine lacks what a setting needs.";
    EINVAL = 22, "Malformed, unknown, or in conflict with another setting.";
    ERANGE = 34, "A number out of range.";
    ETIMEDOUT = 110, "Threads did not arrive at the start in time.";
    ESTALE = 116, "The text that a read began is no longer kept.";
    ECANCELED = 125, "A run was stopped while it was being prepared.";
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "errno {}", self.0),
        }
    }
}
