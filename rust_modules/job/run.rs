// SPDX-License-Identifier: GPL-2.0

//! Running a job from the call to the return.

use abi::job_runner::JobEnd;
use algo::chunk::Plan;
use kernel::{
    new_mutex,
    prelude::*, //
};
use rig::{
    now_ns,
    Helpers,
    Pool, //
};

use crate::{
    done::Done,
    floor::{
        floors,
        Floor, //
    },
    log,
    seats::Seats,
    shift::Shift,
    slot::Slots,
    Job,
    Ticket,
    Work, //
};

impl Job<'_> {
    /// Does the job: returns when every index is done, or as soon as one failed, the job was
    /// cancelled or its time was up, and all workers have left.
    ///
    /// The caller takes part, and does everything if no helpers can be had. May sleep. A part may
    /// itself run a job on the same pool.
    pub fn run(&self, pool: &Pool, work: &dyn Work, ticket: &Ticket) -> Done {
        let called_ns = now_ns();
        ticket.begin(self.size, called_ns);
        let plan = self.plan();
        let seats = Seats::look(self);
        let room = seats.helpers.len() as u32;
        let wanted = plan.workers.saturating_sub(1).min(room);
        let borrowed = self.helpers(pool, &seats, wanted);
        let (slots, floors) = self.furnish(&borrowed, &seats);
        let helpers = slots.len().saturating_sub(1);
        pin_init::stack_pin_init!(let logs = new_mutex!(KVVec::<log::Log>::new()));
        let shift = Shift::new(self, work, ticket, &slots, &floors, &logs, called_ns);
        match floors.is_empty() {
            true => shift.worker(0, false),
            false => borrowed.run(self.begin, &|n, absent| shift.worker(n, absent)),
        }
        drop(borrowed);
        let returned_ns = now_ns();
        let (ended, fault) = shift.ended();
        let undone = match self.undo && ended != JobEnd::Done {
            true => log::undo(&mut logs.lock(), work),
            false => log::Undone::default(),
        };
        ticket.end(returned_ns);
        Done {
            ended,
            fault,
            called_ns,
            returned_ns,
            wanted,
            helpers,
            undone: undone.indices,
            disorder: undone.disorder,
            undo_ns: now_ns().saturating_sub(returned_ns),
            slots,
        }
    }

    /// Borrows helpers: `wanted` of them at most.
    fn helpers<'p>(&self, pool: &'p Pool, seats: &Seats, wanted: u32) -> Helpers<'p> {
        let had = wanted.saturating_sub(self.deny) as usize;
        pool.borrow(
            seats.helpers.get(..had).unwrap_or_default(),
            self.nice,
            share(self.helpers, seats.vcpus),
            |node| share(self.helpers, seats.on_node(node)),
        )
    }

    /// Makes slots and floors. One worker needs no coordination, hence no floors; and without memory
    /// for them there is one worker.
    fn furnish(&self, helpers: &Helpers<'_>, seats: &Seats) -> (Slots, KVVec<Floor>) {
        let mut slots = Slots::alone(seats.caller, self.trace);
        let floors = match helpers.is_empty() {
            true => Ok(KVVec::new()),
            false => slots
                .extend(helpers.slots(), self.trace)
                .map_err(Error::from)
                .and_then(|()| floors(self, seats.nodes, &slots)),
        };
        let floors = floors.unwrap_or_else(|_| {
            slots.clear_helpers();
            KVVec::new()
        });
        (slots, floors)
    }

    fn plan(&self) -> Plan {
        Plan::padata(
            self.start,
            self.size,
            self.align,
            self.min_chunk,
            self.max_threads,
        )
    }
}

/// Returns `percent` of `vcpus`, but at least one if it is not nothing.
fn share(percent: u32, vcpus: u32) -> u32 {
    match percent {
        0 => 0,
        _ => (percent.saturating_mul(vcpus) / 100).max(1),
    }
}
