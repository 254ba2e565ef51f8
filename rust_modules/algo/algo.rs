// SPDX-License-Identifier: GPL-2.0

//! The algorithms under study, written once.
#![cfg_attr(not(MODULE), no_std)]
