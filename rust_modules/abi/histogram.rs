// SPDX-License-Identifier: GPL-2.0

//! A histogram on one line: `histogram of=… …`, then `buckets=LOW:COUNT,…`, none of them empty.
//!
//! A bucket is named by its smallest value, from which its width follows. So the text can be read,
//! and histograms can be added up, without other knowledge.

use core::fmt;

use crate::Malformed;

/// Each power of two has `1 << SUB_BITS` buckets.
pub const SUB_BITS: u32 = 5;

choice! {
    /// Kind of time.
    Of {
        /// From when a thread found the lock taken, and had its position if there is a queue, until
        /// the first step of its section; 0 for an uncontended acquisition.
        Wait = "wait",
        /// From the first step to the last within the critical section.
        Hold = "hold",
        /// From the last step of a section to the first of the next, if the next thread waited by
        /// then.
        HandOff = "handoff",
        /// The wait for a shared section, in a run with readers.
        ReadWait = "read_wait",
        /// The wait for an exclusive section, in a run with readers.
        WriteWait = "write_wait",
    }
}

impl Of {
    /// Kinds of a run whose sections are all exclusive.
    pub const EXCLUSIVE: [Self; 3] = [Self::Wait, Self::Hold, Self::HandOff];
    /// Kinds of a run with readers.
    pub const SHARED: [Self; 2] = [Self::ReadWait, Self::WriteWait];
}

line! {
    /// Times of one thread, before the buckets.
    Head = "histogram" {
        /// Kind of time.
        of: Of,
        /// Number of the thread.
        index: u32,
        /// vCPU that it was bound to.
        vcpu: u32,
        /// Samples.
        count: u64,
        /// Longest time, exactly.
        longest_ns: u64,
    }
}

const BUCKETS: &str = " buckets=";

/// Writes a line without its end.
pub fn write(
    head: &Head,
    buckets: impl Iterator<Item = (u64, u64)>,
    to: &mut impl fmt::Write,
) -> fmt::Result {
    write!(to, "{head}{BUCKETS}")?;
    let mut gap = "";
    for (low, count) in buckets {
        write!(to, "{gap}{low}:{count}")?;
        gap = ",";
    }
    Ok(())
}

/// Reads what [`write`] wrote: the head, and each bucket in turn.
pub fn read(line: &str) -> Result<(Head, impl Iterator<Item = Bucket> + '_), Malformed> {
    let (head, buckets) = line
        .split_once(BUCKETS)
        .ok_or(Malformed("histogram buckets"))?;
    let words = buckets.split(',').filter(|word| !word.is_empty());
    Ok((head.parse()?, words.map(bucket)))
}

/// The smallest value of a bucket, and how many samples are in it.
pub type Bucket = Result<(u64, u64), Malformed>;

fn bucket(word: &str) -> Bucket {
    let numbers = word
        .split_once(':')
        .and_then(|(low, count)| Some((low.parse().ok()?, count.parse().ok()?)));
    numbers.ok_or(Malformed("histogram buckets"))
}

/// Returns the largest value that belongs to the bucket whose smallest is `low`.
pub fn high(low: u64) -> u64 {
    let octave = (low | (1 << SUB_BITS)).ilog2().saturating_sub(SUB_BITS);
    low.saturating_add(1u64.wrapping_shl(octave).wrapping_sub(1))
}
