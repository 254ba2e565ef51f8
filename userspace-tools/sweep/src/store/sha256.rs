// SPDX-License-Identifier: GPL-2.0

//! SHA-256 of files and texts, in hexadecimal.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::Path,
};

use anyhow::Context;
use sha2::{Digest, Sha256};

/// The hash of all that `from` holds.
pub fn of(from: impl Read) -> std::io::Result<String> {
    let mut from = BufReader::with_capacity(1 << 20, from);
    let mut hash = Sha256::new();
    loop {
        let bytes = from.fill_buf()?;
        if bytes.is_empty() {
            return Ok(format!("{:x}", hash.finalize()));
        }
        hash.update(bytes);
        let n = bytes.len();
        from.consume(n);
    }
}

/// The hash of a file.
pub fn of_file(path: &Path) -> anyhow::Result<String> {
    let hash = File::open(path).and_then(of);
    hash.with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of FIPS 180-4.
    #[test]
    fn hashes_are_those_of_the_standard() {
        let hash = |text: &str| of(text.as_bytes()).unwrap();
        assert!(hash("").starts_with("e3b0c44298fc1c14"));
        assert!(hash("abc").starts_with("ba7816bf8f01cfea"));
    }
}
