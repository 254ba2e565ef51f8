// SPDX-License-Identifier: GPL-2.0

//! The command's output: passed on at once, or held until the outcome is known.
//!
//! Output that was passed on cannot be taken back, so its guest is not retried. In the nested tier some guests
//! exit without reporting, so there the output waits.

use std::io::{self, Write};

use crate::limits::HELD_OUTPUT_BYTES;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    Out,
    Err,
}

#[derive(Debug, Default)]
pub struct Output {
    holds: bool,
    held: Vec<(Stream, Vec<u8>)>,
    bytes: usize,
    passed_on: bool,
}

impl Output {
    pub fn new(holds: bool) -> Output {
        Output {
            holds,
            ..Output::default()
        }
    }

    pub fn take(&mut self, stream: Stream, data: Vec<u8>) -> io::Result<()> {
        self.bytes += data.len();
        self.held.push((stream, data));
        if self.holds && self.bytes <= HELD_OUTPUT_BYTES {
            return Ok(());
        }
        self.holds = false;
        self.pass_on()
    }

    pub fn pass_on(&mut self) -> io::Result<()> {
        for (stream, data) in self.held.drain(..) {
            self.passed_on = true;
            match stream {
                Stream::Out => write(&mut io::stdout().lock(), &data)?,
                Stream::Err => write(&mut io::stderr().lock(), &data)?,
            }
        }
        Ok(())
    }

    pub fn passed_on(&self) -> bool {
        self.passed_on
    }
}

fn write(to: &mut impl Write, data: &[u8]) -> io::Result<()> {
    to.write_all(data)?;
    to.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_held_output_waits_until_it_is_passed_on() {
        for holds in [true, false] {
            let mut output = Output::new(holds);
            output.take(Stream::Err, Vec::new()).expect("taken");
            assert_eq!(output.passed_on(), !holds);
            output.pass_on().expect("passed on");
            assert!(output.passed_on() && output.held.is_empty());
        }
    }

    #[test]
    fn held_output_is_bounded() {
        let mut output = Output::new(true);
        output.bytes = HELD_OUTPUT_BYTES;
        output.take(Stream::Err, b"\n".to_vec()).expect("passed on");
        assert!(output.passed_on());
        output.take(Stream::Err, Vec::new()).expect("passed on");
        assert!(output.held.is_empty(), "holds no more");
    }
}
