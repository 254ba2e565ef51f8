// SPDX-License-Identifier: GPL-2.0

//! Sections that a sampler leaves untimed, because reading the clock costs more than they last.
//!
//! The sampler allows a number of sections to be skipped; each uncontended section takes one. A
//! wait [stops](SampleSkipping::stop) the skipping at once. The sampler then takes the number that
//! were skipped, once, and weights a timed section by it.

use core::cell::Cell;

/// Skipping state of one thread.
#[derive(Default)]
pub(crate) struct SampleSkipping {
    /// Sections that were allowed to be skipped.
    allowed: Cell<u32>,
    /// Those that are left.
    left: Cell<u32>,
    /// Those that were left when skipping stopped.
    unused: Cell<u32>,
}

impl SampleSkipping {
    /// Allows the next `sections` to be skipped.
    pub(crate) fn allow(&self, sections: u32) {
        self.allowed.set(sections);
        self.left.set(sections);
        self.unused.set(0);
    }

    /// Returns whether the section that begins is skipped, and counts it if so.
    #[inline(always)]
    pub(crate) fn next(&self) -> bool {
        let left = self.left.get();
        let skip = left != 0;
        if skip {
            self.left.set(left.wrapping_sub(1));
        }
        skip
    }

    /// Stops skipping.
    pub(crate) fn stop(&self) {
        match self.left.replace(0) {
            0 => {}
            left => self.unused.set(left),
        }
    }

    /// Stops skipping; returns the number of skipped sections, each once.
    pub(crate) fn take(&self) -> u32 {
        self.stop();
        let skipped = self.allowed.get().wrapping_sub(self.unused.get());
        self.allow(0);
        skipped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_skipped_until_stopped_and_counted_once() {
        let skipping = SampleSkipping::default();
        let skip = |n: u32| (0..n).filter(|_| skipping.next()).count();
        assert_eq!((skip(2), skipping.take()), (0, 0));
        skipping.allow(3);
        assert_eq!((skip(5), skipping.take(), skipping.take()), (3, 3, 0));
        skipping.allow(3);
        assert_eq!(skip(1), 1);
        skipping.stop();
        skipping.stop();
        assert_eq!((skip(1), skipping.take()), (0, 1), "stopped twice");
        skipping.allow(3);
        assert_eq!((skip(2), skipping.take(), skip(1)), (2, 2, 0));
    }
}
