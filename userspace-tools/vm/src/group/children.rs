// SPDX-License-Identifier: GPL-2.0

//! Child processes of a group: a signal to the group ends them.

use std::process::Child;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use rustix::process::Signal;

use crate::qemu::process::Pidfd;
use crate::signals::on_signal;

/// The children, and the signal that ended the group.
#[derive(Clone, Default)]
pub struct Children(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    signal: Option<i32>,
    children: Vec<Pidfd>,
}

impl Children {
    pub fn new() -> Result<Children> {
        let children = Children::default();
        let this = children.clone();
        on_signal(move |signal| {
            this.state().signal.get_or_insert(signal);
            this.end();
        })?;
        Ok(children)
    }

    pub fn add(&self, child: &Child) -> Result<()> {
        let mut state = self.state();
        state.children.push(Pidfd::of(child)?);
        if state.signal.is_some() {
            drop(state);
            self.end();
        }
        Ok(())
    }

    pub fn end(&self) {
        for child in &self.state().children {
            child.signal(Signal::TERM);
        }
    }

    pub fn signal(&self) -> Option<i32> {
        self.state().signal
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
