// SPDX-License-Identifier: GPL-2.0

//! Events to come, in the order of their time; those of one time in the order in which they were made.

use std::{cmp::Ordering, collections::BinaryHeap};

use crate::{CpuId, Ns, VcpuId};

/// What happens. A `generation` makes an event void once its CPU or vCPU has gone on without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// The vCPU goes on with its code.
    Resume { vcpu: VcpuId, generation: u32 },
    /// The hypervisor looks whether the vCPU on a CPU must go.
    Check { cpu: CpuId, generation: u32 },
    /// A kick arrives.
    Kick(VcpuId),
    /// A kick is halfway: the hypervisor sees it if it polls for the vCPU, or if that comes to halt.
    KickSeen(VcpuId),
    /// The timer that the vCPU set goes off.
    Timer(VcpuId),
    /// The guest's periodic tick.
    Tick(VcpuId),
    /// The host polls no longer for a kick of the halted vCPU.
    PollEnd { vcpu: VcpuId, generation: u32 },
    /// The stop of that number in the plan begins.
    Stop(usize),
    /// The vCPU of that number in the plan is spared preemptions from then on.
    Spare(usize),
}

/// Something that happens at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) at: Ns,
    number: u64,
    pub(crate) what: What,
}

impl Ord for Event {
    // The heap gives the greatest first.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}

impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// All events to come.
#[derive(Default)]
pub(crate) struct Events {
    heap: BinaryHeap<Event>,
    made: u64,
}

impl Events {
    #[inline]
    pub(crate) fn push(&mut self, at: Ns, what: What) {
        self.made += 1;
        let number = self.made;
        self.heap.push(Event { at, number, what });
    }

    #[inline]
    pub(crate) fn pop(&mut self) -> Option<Event> {
        self.heap.pop()
    }

    /// Returns the time of the next event; nothing earlier can happen but by the vCPU that runs now.
    #[inline(always)]
    pub(crate) fn horizon(&self) -> Ns {
        self.heap.peek().map_or(Ns::MAX, |event| event.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earliest_comes_first_and_the_first_made_of_one_time() {
        let mut events = Events::default();
        for (at, vcpu) in [(5, 0), (3, 1), (5, 2), (3, 3)] {
            events.push(at, What::Kick(VcpuId(vcpu)));
        }
        assert_eq!(events.horizon(), 3);
        let order = std::iter::from_fn(|| match events.pop()?.what {
            What::Kick(vcpu) => Some(vcpu.0),
            _ => None,
        });
        assert_eq!(order.collect::<Vec<_>>(), [1, 3, 0, 2]);
        assert_eq!(events.horizon(), Ns::MAX);
    }
}
