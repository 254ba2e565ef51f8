// SPDX-License-Identifier: GPL-2.0

//! NUMA topology of a guest: `--numa` of `vm`, and `numa` of an experiment's guests.

use std::{fmt, ops::RangeInclusive, str::FromStr};

use serde::{Deserialize, Serialize};

/// The most NUMA nodes of a guest.
const MAX_NODES: u32 = 8;

/// Distances that Linux takes for those of two nodes: 10 is that of a node to itself, 255 is out of reach.
const DISTANCES: RangeInclusive<u32> = 11..=254;

/// Memory that a node has at least, in MiB, if it has any.
const MIN_NODE_MIB: u32 = 64;

/// NUMA nodes of a guest. vCPUs are split evenly among all of them, memory among those that have some.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
pub struct Numa {
    /// Number of nodes.
    pub nodes: u32,
    /// Distance of each two, where that of a node to itself is 10.
    pub distance: u32,
    /// How many have no memory: the last ones.
    pub memoryless: u32,
}

/// One node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumaNode {
    /// Its vCPUs.
    pub vcpus: RangeInclusive<u32>,
    /// Its memory, in MiB.
    pub memory_mib: u32,
}

impl Numa {
    /// Linux's distance of two nodes of which the firmware states none, and QEMU's.
    pub const DISTANCE: u32 = 20;

    /// The form of its text.
    pub const FORM: &'static str = "N, or nodes=N[,distance=D][,memoryless=M]";

    /// Refuses a guest of that size.
    ///
    /// # Errors
    ///
    /// Why it cannot be split, and what could be.
    pub fn check(self, vcpus: u32, memory_mib: u32) -> Result<(), String> {
        let nodes = self.nodes;
        if vcpus % nodes != 0 {
            return Err(format!(
                "the vCPUs do not split evenly ({vcpus}; allowed: multiples of {nodes})"
            ));
        }
        let with_memory = nodes - self.memoryless;
        if memory_mib / with_memory < MIN_NODE_MIB {
            return Err(format!(
                "a node has too little memory of {memory_mib} MiB (allowed: {} or more)",
                with_memory * MIN_NODE_MIB
            ));
        }
        Ok(())
    }

    /// Splits a guest that [`check`](Self::check) does not refuse.
    pub fn split(self, vcpus: u32, memory_mib: u32) -> Vec<NumaNode> {
        let (each, with_memory) = (vcpus / self.nodes, self.nodes - self.memoryless);
        let node = |node| NumaNode {
            vcpus: node * each..=(node + 1) * each - 1,
            memory_mib: match node {
                0 => memory_mib / with_memory + memory_mib % with_memory,
                node if node < with_memory => memory_mib / with_memory,
                _ => 0,
            },
        };
        (0..self.nodes).map(node).collect()
    }
}

impl FromStr for Numa {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |what: &str, value: &str, allowed: &str| {
            format!("cannot read the NUMA topology: {what} ({value}; allowed: {allowed})")
        };
        let (mut nodes, mut distance, mut memoryless) = (None, None, None);
        for word in text.split(',') {
            let (key, value) = word.split_once('=').unwrap_or(("nodes", word));
            let slot = match key {
                "nodes" => &mut nodes,
                "distance" => &mut distance,
                "memoryless" => &mut memoryless,
                _ => return Err(wrong("no such key", key, "nodes distance memoryless")),
            };
            let Ok(number) = value.parse::<u32>() else {
                return Err(wrong("no number", word, Self::FORM));
            };
            if slot.replace(number).is_some() {
                return Err(wrong("a key is there twice", key, "once"));
            }
        }
        let within = |key: &str, number: u32, range: RangeInclusive<u32>| {
            let allowed = format!("{}..={}", range.start(), range.end());
            match range.contains(&number) {
                true => Ok(number),
                false => Err(wrong("out of range", &format!("{key}={number}"), &allowed)),
            }
        };
        let Some(nodes) = nodes else {
            return Err(wrong("the number of nodes is missing", text, Self::FORM));
        };
        let nodes = within("nodes", nodes, 1..=MAX_NODES)?;
        Ok(Self {
            nodes,
            distance: within("distance", distance.unwrap_or(Self::DISTANCE), DISTANCES)?,
            // One node at least has memory.
            memoryless: within("memoryless", memoryless.unwrap_or(0), 0..=nodes - 1)?,
        })
    }
}

/// As `--numa` takes it, in short.
impl fmt::Display for Numa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            nodes,
            distance,
            memoryless,
        } = self;
        if (*distance, *memoryless) == (Self::DISTANCE, 0) {
            return write!(f, "{nodes}");
        }
        write!(f, "nodes={nodes}")?;
        if *distance != Self::DISTANCE {
            write!(f, ",distance={distance}")?;
        }
        if *memoryless > 0 {
            write!(f, ",memoryless={memoryless}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topology_is_read_as_it_is_written() {
        for text in [
            "2",
            "nodes=2,distance=40",
            "nodes=4,memoryless=3",
            "nodes=3,distance=11,memoryless=1",
        ] {
            let numa: Numa = text.parse().unwrap();
            assert_eq!(numa.to_string(), text);
        }
        let long: Numa = "memoryless=0,distance=20,nodes=1".parse().unwrap();
        assert_eq!(long.to_string(), "1");
    }

    #[test]
    fn topology_that_is_none_is_refused() {
        for (text, cause) in [
            ("", "no number (; allowed: N, or"),
            ("two", "no number (two;"),
            ("distance=40", "the number of nodes is missing"),
            ("0", "(nodes=0; allowed: 1..=8)"),
            ("9", "(nodes=9; allowed: 1..=8)"),
            ("2,distance=10", "(distance=10; allowed: 11..=254)"),
            ("2,memoryless=2", "(memoryless=2; allowed: 0..=1)"),
            ("2,memory=1", "no such key (memory; allowed: nodes"),
            ("2,nodes=2", "twice (nodes; allowed: once)"),
        ] {
            let why = text.parse::<Numa>().unwrap_err();
            assert!(why.contains(cause), "{why}");
        }
    }

    #[test]
    fn guest_is_split_evenly_and_the_last_nodes_are_memoryless() {
        let numa: Numa = "nodes=3,memoryless=1".parse().unwrap();
        let shares = numa.split(6, 257).into_iter();
        let shares = shares.map(|node| (node.vcpus, node.memory_mib));
        assert_eq!(
            shares.collect::<Vec<_>>(),
            [(0..=1, 129), (2..=3, 128), (4..=5, 0)]
        );
        assert!(numa.check(7, 512).unwrap_err().contains("multiples of 3"));
        let why = numa.check(6, 127).unwrap_err();
        assert!(why.contains("127 MiB (allowed: 128 or more"), "{why}");
        assert_eq!(numa.check(6, 128), Ok(()));
    }
}
