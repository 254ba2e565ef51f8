// SPDX-License-Identifier: GPL-2.0

//! Two locks, whose sections and pauses between them are of 200 ns.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use machine::{
    words::{self, compute, exact_time, look_until},
    Ns,
};

use crate::{common::Load, word::Word};

/// How a lock is taken.
#[derive(Clone, Copy)]
pub enum Kind {
    Ticket,
    TestAndSet,
}

/// A lock.
pub struct Lock {
    kind: Kind,
    next: Word,
    /// The ticket that is served, or whether the lock is held.
    word: Word,
    released: Cell<Ns>,
    hand_offs: RefCell<Vec<Ns>>,
}

impl Lock {
    pub fn new(kind: Kind) -> Rc<Self> {
        Rc::new(Self {
            kind,
            next: Word::default(),
            word: Word::default(),
            released: Cell::default(),
            hand_offs: RefCell::default(),
        })
    }

    /// The code of a vCPU that takes the lock again and again.
    pub fn load(self: &Rc<Self>, guest: u32) -> Load {
        let lock = self.clone();
        let code = move || loop {
            let ticket = lock.acquire();
            words::in_section(true);
            let took = exact_time() - lock.released.get();
            lock.hand_offs.borrow_mut().push(took);
            compute(200);
            lock.released.set(exact_time());
            lock.word.store(ticket);
            words::in_section(false);
            compute(200);
        };
        (guest, Box::new(code))
    }

    /// Returns what is stored on release.
    fn acquire(&self) -> u64 {
        let mine = match self.kind {
            Kind::Ticket => self.next.add(1),
            Kind::TestAndSet if self.word.swap(1) == 0 => return 0,
            Kind::TestAndSet => 0,
        };
        loop {
            while look_until(u32::MAX, || self.word.load() == mine, || ()).is_none() {}
            match self.kind {
                Kind::Ticket => return mine + 1,
                Kind::TestAndSet if self.word.swap(1) == 0 => return 0,
                Kind::TestAndSet => {}
            }
        }
    }

    /// How long each hand-off took, from release to acquisition.
    pub fn hand_offs(&self) -> Vec<Ns> {
        let all = self.hand_offs.take();
        assert!(all.len() > 20, "{} hand-offs", all.len());
        all
    }
}
