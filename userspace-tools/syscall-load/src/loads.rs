// SPDX-License-Identifier: GPL-2.0

//! The loads, by the part of the kernel that they exercise.

/// The loads of a module, `name => how to prepare its work` each, under the text of `syscall-load list`:
/// the operation, and the resource of the kernel that it contends for.
macro_rules! loads {
    ($(#[doc = $about:literal] $name:ident => $prepare:expr;)+) => {
        pub const LOADS: &[$crate::load::Load] = &[$($crate::load::Load {
            name: stringify!($name),
            about: $about.trim_ascii_start(),
            prepare: $prepare,
        }),+];
    };
}

mod files;
mod index;
mod kv;
mod locks;
mod mail;
mod memory;
mod processes;
mod sockets;

use crate::load::Load;

/// All loads, in the order of `syscall-load list`.
pub fn all() -> impl Iterator<Item = &'static Load> {
    let small = [files::LOADS, memory::LOADS, processes::LOADS, locks::LOADS];
    let applications = [sockets::LOADS, mail::LOADS, kv::LOADS, index::LOADS];
    small.into_iter().chain(applications).flatten()
}

pub fn named(name: &str) -> Option<&'static Load> {
    all().find(|load| load.name == name)
}
