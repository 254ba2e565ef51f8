// SPDX-License-Identifier: GPL-2.0

//! What bindgen reads in `helpers.h`.

#![allow(
    dead_code,
    missing_docs,
    non_camel_case_types,
    non_upper_case_globals,
    unreachable_pub,
    clippy::all,
    reason = "generated"
)]

include!(env!("SLOWPATH_HELPERS"));
