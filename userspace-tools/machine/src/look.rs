// SPDX-License-Identifier: GPL-2.0

//! Spin loops without events: a vCPU that looks at words which nothing writes is parked.
//!
//! A look is a sequence of loads. If it finds nothing, the next comes a fixed time later, and finds the same
//! until one of the lines it read is written:
//!
//! ```text
//!   look, pause ── parked ───────────────────────────────▶ look
//!                  ·    ·    ·    ·    ·   written ▲   ·  the first look after that
//!                  └ looks that cost no event
//! ```
//!
//! It is unparked by a write, at the end of its looks, at the end of its pause-loop window, by an
//! interrupt, and when it loses its CPU. The result is what it would be with each look done.

mod park;

use crate::{line::LineId, Ns};

/// The most lines that a look may read for it to be parked.
const LINES: usize = 4;
/// The most time between two readings of the clock by a vCPU whose looks cost no event.
const STAMPS_APART: Ns = 5_000;

/// What a look that is under way has done.
#[derive(Clone, Copy, Default)]
pub(crate) struct Look {
    lines: [Option<LineId>; LINES],
    loads: u32,
    /// It did more than load from a few lines.
    pub(crate) is_complex: bool,
}

impl Look {
    #[inline]
    pub(crate) fn loads(&mut self, line: LineId) {
        self.loads += 1;
        for slot in &mut self.lines {
            match slot {
                Some(other) if *other == line => return,
                Some(_) => {}
                None => {
                    *slot = Some(line);
                    return;
                }
            }
        }
        self.is_complex = true;
    }

    #[inline]
    pub(crate) fn does_more(&mut self) {
        self.is_complex = true;
    }

    fn lines(&self) -> impl Iterator<Item = LineId> {
        self.lines.into_iter().flatten()
    }
}

/// A vCPU that looks in vain.
#[derive(Clone, Copy)]
pub(crate) struct Parked {
    look: Look,
    /// When the first look since begins, and how long after one the next does.
    first: Ns,
    period: Ns,
    /// The most looks.
    most: u32,
    /// Once it is unparked: looks done, and the time of the last pause.
    pub(crate) done: Option<(u32, Ns)>,
}

impl Parked {
    pub(crate) fn is_under_way(&self) -> bool {
        self.done.is_none()
    }

    /// Times after looks that cost no event, the last among them: a vCPU that reads the clock in its loop was
    /// not away between two of them.
    pub(crate) fn stamps(self) -> impl Iterator<Item = Ns> {
        let last = self.done.map_or(self.first, |(_, last)| last);
        let stride = self.period * (STAMPS_APART / self.period.max(1)).max(1);
        let between = (1..).map(move |n| self.first + n * stride);
        let between = between.take_while(move |at| *at < last);
        between.chain([last])
    }
}
