// SPDX-License-Identifier: GPL-2.0

//! Walk that validates sequence counts, and takes no lock but the file's.
//!
//! `__d_lookup_rcu()` and `try_to_unlazy()` in the kernel, from Piggin's work in 2.6.38.
//!
//! ```text
//!   lockless ──rename seen, or lock required──▶ counts its directory ──▶ locked from there
//!                                                  │ which was renamed itself
//!                                                  └──▶ locked, from the top
//! ```
//! A step is valid if the child was below the directory when the child's count was read, and the
//! directory itself has not moved since the walk reached it. Nothing is freed here, so there is no
//! grace period; the kernel frees directories after one.

use super::{
    locked::{
        from_top,
        go_on, //
    },
    Dentry,
    How,
    Path,
    Trail,
    Tree,
    Walk, //
};
use crate::bottleneck::prelude::*;

/// Validates components, and gets a reference to the file only.
pub struct Rcu<L, S>(Tree<L, S>);

/// A directory that a walk has reached, as it was then.
#[derive(Clone, Copy)]
struct At {
    id: u32,
    seq: u32,
    /// The level of its child.
    level: u32,
}

/// Why a lockless walk ended before the file.
enum Ended {
    /// It may continue with locks from here.
    Here(At),
    /// The directory it was in was renamed.
    Lost,
}

impl<L: Lock, S: Storage<Item = Dentry<L>>> Rcu<L, S> {
    /// Creates the way to walk `tree`.
    pub fn new(tree: Tree<L, S>) -> Self {
        Self(tree)
    }

    /// Walks without locks.
    #[inline]
    fn lockless(&self, path: Path, trail: &mut Trail, me: &Waiter) -> Result<u32, Ended> {
        let id = path.from & 1;
        let seq = self.0.get(id).and_then(Dentry::begin).ok_or(Ended::Lost)?;
        let level = 1;
        let mut at = At { id, seq, level };
        if path.drops_out {
            return Err(Ended::Here(at));
        }
        while at.level < self.0.depth() {
            at = self.step(at, trail)?;
        }
        self.open(at, path, me).ok_or(Ended::Lost)
    }

    /// Descends one level.
    #[inline]
    fn step(&self, at: At, trail: &mut Trail) -> Result<At, Ended> {
        let here = self.0.get(at.id).ok_or(Ended::Lost)?;
        let id = here.child();
        let child = self.0.get(id).ok_or(Ended::Lost)?;
        let seq = child.begin().ok_or(Ended::Here(at))?;
        let (parent, moves) = child.place();
        if parent != at.id || !child.still(seq) {
            return Err(Ended::Here(at));
        }
        // Only then was it the child of the directory that the walk has reached.
        if !here.still(at.seq) {
            return Err(Ended::Lost);
        }
        trail.note(at.id, id, moves);
        let level = at.level.wrapping_add(1);
        Ok(At { id, seq, level })
    }

    /// Gets a reference to the file, if it is still below the directory that the walk has reached.
    #[inline]
    fn open(&self, at: At, path: Path, me: &Waiter) -> Option<u32> {
        let id = self.0.file(at.id, path.file);
        let (here, file) = (self.0.get(at.id)?, self.0.get(id)?);
        file.with(me, || {
            here.still(at.seq).then(|| {
                file.count(1);
                id
            })
        })
    }

    /// Gets a reference to the directory that the walk has reached, unless it was moved.
    fn count(&self, at: At, me: &Waiter) -> Option<()> {
        let here = self.0.get(at.id)?;
        here.with(me, || here.still(at.seq).then(|| here.count(1)))
    }

    #[inline(never)]
    fn drop_out(
        &self,
        ended: Ended,
        path: Path,
        trail: &mut Trail,
        me: &Waiter,
    ) -> Option<(u32, How)> {
        if let Ended::Here(at) = ended {
            if self.count(at, me).is_some() {
                let file = go_on(&self.0, at.id, at.level, path, trail, me)?;
                return Some((file, How::DroppedOut));
            }
        }
        Some((from_top(&self.0, path, trail, me)?, How::Locked))
    }
}

impl<L: Lock, S: Storage<Item = Dentry<L>>> Walk for Rcu<L, S> {
    type Lock = L;

    fn tree(&self) -> &Tree<L, impl Storage<Item = Dentry<L>>> {
        &self.0
    }

    #[inline]
    fn walk(&self, path: Path, trail: &mut Trail, me: &Waiter) -> Option<(u32, How)> {
        match self.lockless(path, trail, me) {
            Ok(file) => Some((file, How::Lockless)),
            Err(ended) => self.drop_out(ended, path, trail, me),
        }
    }
}
