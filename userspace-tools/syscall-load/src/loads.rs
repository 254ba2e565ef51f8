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

mod devices;
mod files;
mod index;
mod kv;
mod locks;
mod mail;
mod memory;
mod processes;
mod sockets;

use crate::load::Load;

/// All loads that run anywhere, in the order of `syscall-load list`.
pub fn all() -> impl Iterator<Item = &'static Load> {
    let small = [files::LOADS, memory::LOADS, processes::LOADS, locks::LOADS];
    let applications = [sockets::LOADS, mail::LOADS, kv::LOADS, index::LOADS];
    small.into_iter().chain(applications).flatten()
}

/// Loads of devices that have to be made first.
pub fn of_devices() -> impl Iterator<Item = &'static Load> {
    devices::LOADS.iter()
}

pub fn named(name: &str) -> Option<&'static Load> {
    all().chain(of_devices()).find(|load| load.name == name)
}
