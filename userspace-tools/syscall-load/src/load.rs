// SPDX-License-Identifier: GPL-2.0

//! A load: one operation of the kernel, and how a worker repeats it.

use std::path::Path;

use anyhow::Result;

pub struct Load {
    pub name: &'static str,
    /// The operation, and the resource of the kernel that it contends for.
    pub about: &'static str,
    pub prepare: fn(&Place<'_>) -> Result<Box<dyn Work>>,
}

pub struct Place<'a> {
    /// Its number, from 0.
    pub worker: u32,
    pub shared: &'a Path,
    pub own: &'a Path,
}

pub trait Work {
    fn batch(&mut self, times: u32) -> Result<()>;
}

/// Work of a closure, compiled together with the loop around it. What an operation returns is dropped at once:
/// a file is closed, a mapping unmapped.
pub fn repeat<T, E, F>(operation: F) -> Result<Box<dyn Work>>
where
    E: Into<anyhow::Error>,
    F: FnMut() -> Result<T, E> + 'static,
{
    struct Repeat<F>(F);
    impl<T, E: Into<anyhow::Error>, F: FnMut() -> Result<T, E>> Work for Repeat<F> {
        fn batch(&mut self, times: u32) -> Result<()> {
            (0..times).try_for_each(|_| (self.0)().map(drop).map_err(E::into))
        }
    }
    Ok(Box::new(Repeat(operation)))
}
