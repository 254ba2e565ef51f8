// SPDX-License-Identifier: GPL-2.0

//! What a load is: a name, what it asks of the kernel, and how one worker does it over and over.

use std::path::Path;

use anyhow::Result;

/// One load.
pub struct Load {
    /// Its name.
    pub name: &'static str,
    /// What one operation is, and which resource of the kernel it goes for.
    pub about: &'static str,
    /// Makes a worker's own part of it.
    pub make: fn(&Place<'_>) -> Result<Box<dyn Work>>,
}

/// Where a worker works.
pub struct Place<'a> {
    /// Its number, from 0.
    pub worker: u32,
    /// A folder that all workers share.
    pub shared: &'a Path,
    /// A folder of the worker's own.
    pub own: &'a Path,
}

/// A worker's part of a load.
pub trait Work {
    /// Does the operation `times` times.
    fn batch(&mut self, times: u32) -> Result<()>;
}

/// Makes work of a closure, so that the loop around it is compiled together with it.
pub fn work<F: FnMut() -> Result<()> + 'static>(operation: F) -> Result<Box<dyn Work>> {
    struct Loop<F>(F);
    impl<F: FnMut() -> Result<()>> Work for Loop<F> {
        fn batch(&mut self, times: u32) -> Result<()> {
            (0..times).try_for_each(|_| (self.0)())
        }
    }
    Ok(Box::new(Loop(operation)))
}
