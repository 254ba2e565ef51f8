// SPDX-License-Identifier: GPL-2.0

//! Virtual time.

/// A length of time, in nanoseconds.
pub struct Delta(i64);

impl Delta {
    /// So many nanoseconds.
    pub fn from_nanos(ns: i64) -> Self {
        Self(ns)
    }
}

/// Sleeps.
pub mod delay {
    use machine::words;

    use super::Delta;

    /// Sleeps for `delta`.
    pub fn fsleep(delta: Delta) {
        words::sleep(delta.0.unsigned_abs());
    }
}
