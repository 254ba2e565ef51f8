// SPDX-License-Identifier: GPL-2.0

//! `sweep` from end to end, with a fake `vm` in place of guests.

mod archive;
mod costs;
mod full_disk;
mod gate;
mod guest;
mod nothing;
mod out;
mod owner;
mod plan;
mod run;
mod signals;
