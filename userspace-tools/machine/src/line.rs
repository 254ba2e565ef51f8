// SPDX-License-Identifier: GPL-2.0

//! Cache lines: which CPU may write one, which have a copy, and what it takes to get it.
//!
//! ```text
//!   owned by one ──read by another──▶ shared ──written──▶ owned by the writer, other copies gone
//! ```
//!
//! Requests for a line are served one after another. Caches have room for everything.
//!
//! The words on a vCPU's stack are on one line: where a compiler places variables differs between builds, and a
//! run must not.

use std::{collections::BTreeMap, ops::Range};

use rustc_hash::FxHashMap;

use crate::{
    topology::{Distance, Topology},
    CpuId, Ns, VcpuId,
};

/// A line, by the order of first use: the same in each run, unlike its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LineId(pub(crate) u32);

/// Costs of getting a line.
#[derive(Clone, Copy)]
pub(crate) struct Transfers {
    pub(crate) hit: Ns,
    pub(crate) sibling: Ns,
    pub(crate) near: Ns,
    pub(crate) far: Ns,
    pub(crate) memory: Ns,
    pub(crate) occupancy: Ns,
}

struct Line {
    /// The CPU that may write it.
    owner: Option<CpuId>,
    /// When it has served the last request.
    free_at: Ns,
    /// CPUs with a copy, a bit each, and their sockets.
    copies: Box<[u64]>,
    sockets: u64,
    /// vCPUs whose spin loops wait for it to be written.
    watchers: Vec<VcpuId>,
}

/// All lines.
pub(crate) struct Lines {
    topology: Topology,
    /// Words of a set of CPUs.
    words: usize,
    costs: Transfers,
    lines: Vec<Line>,
    by_address: FxHashMap<usize, LineId>,
    /// Stacks by the address of their end: that of their begin, and their line once it is used.
    stacks: BTreeMap<usize, (usize, Option<LineId>)>,
    pub(crate) transfers: u64,
}

/// log2 of a line's length.
const LINE_SHIFT: u32 = 6;

impl Lines {
    /// `spare` CPUs come after those of the topology.
    pub(crate) fn new(topology: Topology, spare: usize, costs: Transfers) -> Self {
        Self {
            words: (topology.cpus as usize + spare).div_ceil(u64::BITS as usize),
            topology,
            costs,
            lines: Vec::new(),
            by_address: FxHashMap::default(),
            stacks: BTreeMap::new(),
            transfers: 0,
        }
    }

    /// Makes a line without an address: the hypervisor's.
    pub(crate) fn anonymous(&mut self) -> LineId {
        self.lines.push(Line {
            owner: None,
            free_at: 0,
            copies: vec![0; self.words].into(),
            sockets: 0,
            watchers: Vec::new(),
        });
        LineId(self.lines.len() as u32 - 1)
    }

    #[inline]
    pub(crate) fn at(&mut self, address: usize) -> LineId {
        let key = address >> LINE_SHIFT;
        if let Some(&line) = self.by_address.get(&key) {
            return line;
        }
        let used = self.stack_at(address).and_then(|(_, line)| *line);
        let line = used.unwrap_or_else(|| self.anonymous());
        if let Some((_, of_stack)) = self.stack_at(address) {
            *of_stack = Some(line);
        }
        self.by_address.insert(key, line);
        line
    }

    /// The words at these addresses are on a stack.
    pub(crate) fn add_stack(&mut self, at: Range<usize>) {
        self.stacks.insert(at.end, (at.start, None));
    }

    fn stack_at(&mut self, address: usize) -> Option<&mut (usize, Option<LineId>)> {
        let (_, stack) = self.stacks.range_mut(address + 1..).next()?;
        (stack.0 <= address).then_some(stack)
    }

    #[inline(always)]
    fn line(&mut self, line: LineId) -> &mut Line {
        &mut self.lines[line.0 as usize]
    }

    /// Whether `cpu` can read the line without a transfer.
    #[inline]
    pub(crate) fn has(&self, line: LineId, cpu: CpuId) -> bool {
        self.lines[line.0 as usize].has(cpu)
    }

    /// `cpu` reads the line at `t`; returns what that takes.
    #[inline]
    pub(crate) fn read(&mut self, line: LineId, cpu: CpuId, t: Ns) -> Ns {
        if self.has(line, cpu) {
            return self.costs.hit;
        }
        let takes = self.distance(line, cpu);
        let (socket, occupancy) = (self.topology.socket(cpu), self.costs.occupancy);
        self.transfers += 1;
        let line = self.line(line);
        let from = t.max(line.free_at);
        line.owner = None;
        line.add(cpu, socket);
        line.free_at = from + occupancy;
        from - t + takes
    }

    /// `cpu` takes the line at `t` to write it; returns when it has it.
    #[inline]
    pub(crate) fn own(&mut self, line: LineId, cpu: CpuId, t: Ns) -> Ns {
        if self.lines[line.0 as usize].owner == Some(cpu) {
            return t + self.costs.hit;
        }
        let takes = self.distance(line, cpu);
        self.transfers += u64::from(takes > self.costs.hit);
        let socket = self.topology.socket(cpu);
        let line = self.line(line);
        let done = t.max(line.free_at) + takes;
        line.own(cpu, socket);
        line.free_at = done;
        done
    }

    /// The line serves no other request before `t`.
    #[inline]
    pub(crate) fn busy_until(&mut self, line: LineId, t: Ns) {
        self.line(line).free_at = t;
    }

    /// The hypervisor on `cpu` writes the line at `t`.
    pub(crate) fn written_by_host(&mut self, line: LineId, cpu: CpuId, t: Ns) {
        let socket = self.topology.socket(cpu);
        let line = self.line(line);
        line.own(cpu, socket);
        line.free_at = line.free_at.max(t);
    }

    /// What it takes from the farthest copy of another CPU; from memory if there is none.
    fn distance(&self, line: LineId, cpu: CpuId) -> Ns {
        let (line, costs) = (&self.lines[line.0 as usize], &self.costs);
        let cost = |distance| match distance {
            Distance::Sibling => costs.sibling,
            Distance::Near => costs.near,
            Distance::Far => costs.far,
        };
        if let Some(owner) = line.owner {
            return cost(self.topology.distance(owner, cpu));
        }
        let mine = 1u64 << self.topology.socket(cpu);
        match line.sockets {
            0 => costs.memory,
            sockets if sockets & !mine != 0 => costs.far,
            _ => self.nearby(line, cpu).map_or(costs.hit, cost),
        }
    }

    /// The farthest of the other copies, all of this socket; nothing if there are none.
    fn nearby(&self, line: &Line, cpu: CpuId) -> Option<Distance> {
        let per_socket = self.topology.per_socket;
        let first = self.topology.socket(cpu) * per_socket;
        let last = (first + per_socket).min(self.topology.cpus);
        let others = (first..last).map(CpuId).filter(|&other| other != cpu);
        let copies = others.filter(|&other| line.has(other));
        let mut distances = copies.map(|other| self.topology.distance(other, cpu));
        // Near is the farthest that there is within a socket.
        let first = distances.next()?;
        Some(match first {
            Distance::Sibling => distances.find(|&of| of > first).unwrap_or(first),
            farthest => farthest,
        })
    }

    /// Has `vcpu` woken by the next write to the line.
    pub(crate) fn watch(&mut self, line: LineId, vcpu: VcpuId) {
        self.line(line).watchers.push(vcpu);
    }

    /// Undoes it.
    pub(crate) fn unwatch(&mut self, line: LineId, vcpu: VcpuId) {
        let watchers = &mut self.line(line).watchers;
        if let Some(at) = watchers.iter().position(|&other| other == vcpu) {
            watchers.remove(at);
        }
    }

    /// Returns whether a spin loop waits for a write to the line.
    #[inline]
    pub(crate) fn is_watched(&self, line: LineId) -> bool {
        !self.lines[line.0 as usize].watchers.is_empty()
    }

    /// Takes the vCPUs that wait for a write to the line, in the order in which they came.
    pub(crate) fn take_watchers(&mut self, line: LineId) -> Vec<VcpuId> {
        std::mem::take(&mut self.line(line).watchers)
    }

    /// Gives the memory of a list of watchers back.
    pub(crate) fn recycle(&mut self, line: LineId, mut list: Vec<VcpuId>) {
        list.clear();
        let watchers = &mut self.line(line).watchers;
        if watchers.is_empty() {
            *watchers = list;
        }
    }
}

impl Line {
    #[inline(always)]
    fn has(&self, cpu: CpuId) -> bool {
        (self.copies[cpu.index() / 64] >> (cpu.0 % 64)) & 1 != 0
    }

    fn add(&mut self, cpu: CpuId, socket: u32) {
        self.copies[cpu.index() / 64] |= 1 << (cpu.0 % 64);
        self.sockets |= 1 << socket;
    }

    fn own(&mut self, cpu: CpuId, socket: u32) {
        self.copies.fill(0);
        self.sockets = 0;
        self.owner = Some(cpu);
        self.add(cpu, socket);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COSTS: Transfers = Transfers {
        hit: 1,
        sibling: 20,
        near: 50,
        far: 120,
        memory: 80,
        occupancy: 12,
    };

    fn lines() -> (Lines, LineId) {
        let topology = Topology {
            cpus: 8,
            per_core: 2,
            per_socket: 4,
        };
        let mut lines = Lines::new(topology, 0, COSTS);
        let line = lines.at(0x1000);
        (lines, line)
    }

    #[test]
    fn words_of_one_line_share_it() {
        let (mut lines, line) = lines();
        assert_eq!(lines.at(0x103f), line);
        assert_ne!(lines.at(0x1040), line);
    }

    #[test]
    fn line_comes_from_memory_once_then_from_the_last_writer() {
        let (mut lines, line) = lines();
        assert_eq!(lines.read(line, CpuId(0), 0), 80);
        assert_eq!(lines.read(line, CpuId(0), 200), 1, "a copy is a hit");
        assert_eq!(lines.own(line, CpuId(0), 200), 201, "no other copy");
        assert_eq!(lines.read(line, CpuId(1), 300), 20, "the same core");
        assert_eq!(lines.read(line, CpuId(2), 400), 50, "the same socket");
        assert_eq!(lines.own(line, CpuId(4), 500), 620, "another socket");
        assert!(!lines.has(line, CpuId(0)), "a write takes all copies");
        assert_eq!(lines.transfers, 4);
    }

    #[test]
    fn requests_are_served_one_after_another() {
        let (mut lines, line) = lines();
        lines.own(line, CpuId(0), 0);
        let since = 1000;
        let waits: Vec<Ns> = (4..8)
            .map(|cpu| lines.read(line, CpuId(cpu), since))
            .collect();
        assert!(waits.windows(2).all(|two| two[0] < two[1]), "{waits:?}");
    }

    #[test]
    fn watchers_leave_in_the_order_they_came() {
        let (mut lines, line) = lines();
        (0..3).for_each(|vcpu| lines.watch(line, VcpuId(vcpu)));
        lines.unwatch(line, VcpuId(1));
        assert!(lines.is_watched(line));
        assert_eq!(lines.take_watchers(line), [VcpuId(0), VcpuId(2)]);
        assert!(!lines.is_watched(line));
    }
}
