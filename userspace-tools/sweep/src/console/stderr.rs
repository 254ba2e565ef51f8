// SPDX-License-Identifier: GPL-2.0

//! Standard error, which may be a terminal that was closed: then a message is lost, and nothing else.

use std::{
    fmt::Display,
    io::{stderr, Write},
};

/// Prints a text and a newline.
pub fn print_line(text: impl Display) {
    let _ = writeln!(stderr(), "{text}");
}
