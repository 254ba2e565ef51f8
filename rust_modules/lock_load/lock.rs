// SPDX-License-Identifier: GPL-2.0

//! The lock under test: how it is taken, the measured loops, and what the lock protects.

mod hot_sections;
mod hot_shared;
mod outer_words;
mod protected_words;
mod registry;
mod step_times;
mod tortured;
mod under_test;

pub(crate) use self::{
    hot_sections::Pattern,
    registry::lock_under_test,
    step_times::StepTimes,
    tortured::keeps_order,
    under_test::{
        Contender,
        LockUnderTest, //
    }, //
};
