// SPDX-License-Identifier: GPL-2.0

//! CPU lists as the kernel writes them, `0-3,6`, and the CPUs that a process may use.

#![forbid(unsafe_code)]

use std::fmt;
use std::str::FromStr;

use anyhow::{bail, ensure, Context, Result};
use rustix::thread::{sched_getaffinity, CpuSet};
use serde::{Deserialize, Serialize};

/// CPUs, each once, in the order in which they were named.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct CpuList(Vec<usize>);

impl CpuList {
    /// The CPUs that this process may use.
    pub fn allowed() -> Result<CpuList> {
        let set = sched_getaffinity(None).context("sched_getaffinity")?;
        Ok(CpuList::from(&set))
    }

    /// The CPUs from 0 on.
    pub fn first(count: usize) -> CpuList {
        CpuList((0..count).collect())
    }

    /// The first `count` CPUs of the list.
    pub fn take(&self, count: usize) -> CpuList {
        CpuList(self.iter().take(count).collect())
    }

    /// The number of CPUs; never 0 in a list that was parsed.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Each CPU.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().copied()
    }

    /// The CPU of the `index`-th vCPU or worker, round robin.
    ///
    /// # Panics
    ///
    /// If the list is empty.
    pub fn round_robin(&self, index: usize) -> usize {
        self.0[index % self.0.len()]
    }

    /// The first CPU of this list that `other` lacks.
    pub fn missing_in(&self, other: &CpuList) -> Option<usize> {
        self.0.iter().copied().find(|cpu| !other.0.contains(cpu))
    }

    /// One CPU alone, as an affinity mask.
    pub fn mask(cpu: usize) -> CpuSet {
        let mut set = CpuSet::new();
        set.set(cpu);
        set
    }
}

impl From<&CpuSet> for CpuList {
    fn from(set: &CpuSet) -> Self {
        let cpus = (0..CpuSet::MAX_CPU).filter(|&cpu| set.is_set(cpu));
        CpuList(cpus.collect())
    }
}

impl FromStr for CpuList {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut cpus = Vec::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = (number(first, text)?, number(last, text)?);
            ensure!(
                first <= last,
                "`{part}` in `{text}` runs backwards. Try: {last}-{first}"
            );
            for cpu in first..=last {
                ensure!(!cpus.contains(&cpu), "CPU {cpu} is named twice in `{text}`");
                cpus.push(cpu);
            }
        }
        Ok(CpuList(cpus))
    }
}

fn number(word: &str, text: &str) -> Result<usize> {
    let largest = CpuSet::MAX_CPU - 1;
    match word.parse() {
        Ok(cpu) if cpu <= largest && !word.starts_with('+') => Ok(cpu),
        _ => {
            bail!("`{word}` in `{text}` is no CPU; allowed: a list such as 0-1,3 of 0..={largest}")
        }
    }
}

impl fmt::Display for CpuList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut comma = "";
        for run in self.0.chunk_by(|a, b| a + 1 == *b) {
            match run {
                [first, .., last] => write!(f, "{comma}{first}-{last}")?,
                [one] => write!(f, "{comma}{one}")?,
                [] => {}
            }
            comma = ",";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> CpuList {
        text.parse().expect(text)
    }

    #[test]
    fn lists_have_a_length_and_read_back_as_they_are_shown() {
        for (text, count) in [
            ("0", 1),
            ("0-1", 2),
            ("0-3,6", 5),
            ("2,0", 2),
            ("5,7,9-11", 5),
        ] {
            assert_eq!(
                (list(text).to_string().as_str(), list(text).count()),
                (text, count)
            );
        }
        assert_eq!(list("0,1,2").to_string(), "0-2");
    }

    #[test]
    fn vcpus_go_round_robin_in_the_order_named() {
        let cpus = list("3,0-1");
        let map: Vec<usize> = (0..5).map(|vcpu| cpus.round_robin(vcpu)).collect();
        assert_eq!(map, [3, 0, 1, 3, 0]);
    }

    #[test]
    fn malformed_lists_are_refused_and_the_word_is_named() {
        for (text, word) in [
            ("", "``"),
            ("0,", "``"),
            ("a", "`a`"),
            ("0-", "``"),
            ("-1", "``"),
            ("+1", "`+1`"),
            ("1.5", "`1.5`"),
            ("2-1", "`2-1`"),
            ("0-1,1", "CPU 1"),
            ("1024", "`1024`"),
            ("0-4294967295", "`4294967295`"),
            ("18446744073709551616", "`18446744073709551616`"),
        ] {
            let error = text.parse::<CpuList>().expect_err(text).to_string();
            assert!(error.contains(word), "{text}: {error}");
        }
    }

    #[test]
    fn missing_cpu_is_found() {
        assert_eq!(list("0-3").missing_in(&list("0-1")), Some(2));
        assert_eq!(list("1").missing_in(&list("0-1")), None);
    }

    #[test]
    fn allowed_cpus_are_those_of_this_process() {
        let allowed = CpuList::allowed().expect("an affinity");
        let parallelism = std::thread::available_parallelism().expect("a number");
        assert_eq!(allowed.count(), parallelism.get());
    }
}
