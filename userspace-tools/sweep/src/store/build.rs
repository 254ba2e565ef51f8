// SPDX-License-Identifier: GPL-2.0

//! Build that runs are of: the commit, and the modules and tools in the guest's image.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use crate::store::provenance::{Git, Provenance};

/// The part of an image that holds the modules and the tools.
const INITRAMFS: &str = "initramfs.cpio";

/// FNV-1a hash of the modules and tools in `image`; none if they cannot be read.
pub fn hash(image: &Path) -> Option<String> {
    let mut file = BufReader::with_capacity(1 << 20, File::open(image.join(INITRAMFS)).ok()?);
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    loop {
        let bytes = file.fill_buf().ok()?;
        if bytes.is_empty() {
            return Some(format!("{hash:016x}"));
        }
        let with = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        hash = bytes.iter().fold(hash, with);
        let n = bytes.len();
        file.consume(n);
    }
}

/// Why runs from now on are of another build than those recorded.
pub fn changed(recorded: &Provenance) -> Option<String> {
    let (then, now) = (&recorded.git.commit, Git::here().commit);
    if *then != now {
        let name = |commit: &Option<String>| commit.clone().unwrap_or("no commit".into());
        let (then, now) = (name(then), name(&now));
        return Some(format!("its runs are of {then}, and this is {now}"));
    }
    recorded.boots.iter().find_map(|boot| {
        let (image, then) = (&boot.vm.as_ref()?.image, boot.image.as_ref()?);
        let is_same = hash(Path::new(image)).as_ref() == Some(then);
        (!is_same).then(|| format!("{image} was built again since guest boot {}", boot.number))
    })
}
