// SPDX-License-Identifier: GPL-2.0

//! Maps memory, touches every page of it, and unmaps it. One operation is one page.
//!
//! Kleen and Chen, "Linux kernel scaling", 2011: clearing pages, counting them, and, for files in
//! memory, read-ahead marks that were written with every fault. Run threads against processes: the
//! former share one address space and its lock.

use anyhow::Result;

use crate::{
    load::{Load, Place, Work},
    sys::Mapping,
};

/// Pages of one mapping.
const PAGES: usize = 256;

/// Anonymous and private.
pub const PRIVATE: Load = Load {
    name: "page_fault",
    about:
        "touch pages of private anonymous memory: page clearing, memory counters, the address space",
    make: |_| faults(|| Mapping::private(PAGES)),
};

/// Anonymous and shared.
pub const SHARED: Load = Load {
    name: "page_fault_shared",
    about: "the same with shared anonymous memory: a file in memory behind it",
    make: |_| faults(|| Mapping::shared(PAGES)),
};

/// Of a file that all map.
pub const FILE: Load = Load {
    name: "page_fault_file",
    about: "touch the pages of one file that all map: page counts, read-ahead state of the file",
    make: |place: &Place<'_>| {
        let path = place.shared.join("map");
        std::fs::write(&path, vec![1; PAGES * Mapping::PAGE])?;
        let file = std::fs::File::open(&path)?;
        faults(move || Mapping::file(PAGES, &file))
    },
};

fn faults<M: Fn() -> Result<Mapping> + 'static>(map: M) -> Result<Box<dyn Work>> {
    Ok(Box::new(Faults { map, left: None }))
}

struct Faults<M> {
    map: M,
    left: Option<(Mapping, usize)>,
}

impl<M: Fn() -> Result<Mapping>> Work for Faults<M> {
    fn batch(&mut self, times: u32) -> Result<()> {
        for _ in 0..times {
            let (mapping, next) = match self.left.take() {
                Some((mapping, next)) if next < PAGES => (mapping, next),
                _ => ((self.map)()?, 0),
            };
            mapping.touch(next);
            self.left = Some((mapping, next + 1));
        }
        Ok(())
    }
}
