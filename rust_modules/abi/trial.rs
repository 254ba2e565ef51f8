// SPDX-License-Identifier: GPL-2.0

//! Trials of `lock-load`, and the steps that it times: kinds and report lines.

use core::{
    fmt,
    str::FromStr, //
};

use crate::{
    status::OracleState,
    Malformed, //
};

choice! {
    /// Work of the threads of a run.
    Load {
        /// They contend for critical sections under the lock.
        Contest = "contest",
        /// Trial: a vCPU is kicked before it halts. It must not stay halted.
        KickBeforeHalt = "kick_before_halt",
        /// Trial: a vCPU is kicked after it halted.
        HaltBeforeKick = "halt_before_kick",
        /// Trial: a vCPU is kicked while it runs, which may end the next halt early, no more.
        KickRunning = "kick_running",
        /// Trial: a vCPU halts and is woken while all others kick it all the time.
        KickStorm = "kick_storm",
        /// Trial: every section of the lock ends only once another thread has halted.
        Halts = "halts",
        /// Trial: two threads of a lock that may fail run into deadlocks, which it has to report.
        Deadlocks = "deadlocks",
        /// One thread times acquisition, section and release of the lock by the TSC.
        Steps = "steps",
        /// Two threads time the primitives of which algorithms consist.
        Primitives = "primitives",
    }
}

impl Load {
    /// Whether threads halt, whatever the lock.
    pub const fn halts(self) -> bool {
        !matches!(self, Self::Contest | Self::Steps | Self::Deadlocks)
    }

    /// Whether threads halt and are kicked, so that wake-ups may be lost.
    pub const fn is_trial(self) -> bool {
        !matches!(
            self,
            Self::Contest | Self::Steps | Self::Deadlocks | Self::Primitives
        )
    }
}

choice! {
    /// Step of a thread through a critical section.
    Step {
        /// Acquisition of a free lock.
        Lock = "lock",
        /// The section, which is empty.
        Section = "section",
        /// Release of a lock that no other thread waits for.
        Unlock = "unlock",
    }
}

line! {
    /// Length of one step in `load=steps`, with one clock reading; one line for each step.
    Steps = "steps" {
        /// Step.
        of: Step,
        /// Rounds that were timed.
        rounds: u64,
        /// Sum over them, in ticks of the TSC; in the tier `count` a tick is an instruction.
        ticks: u64,
        /// Least ticks of a round.
        least: u64,
        /// Most ticks of a round.
        most: u64,
    }
}

line! {
    /// Result of a trial.
    Trial = "trial" {
        /// Rounds to be completed.
        wanted: u64,
        /// Completed rounds: halts that a kick ended, kicks of a running vCPU, or deadlocks that were reported.
        rounds: u64,
        /// Halts that a kick ended, after their word had changed.
        kicked: u64,
        /// Those of them where a timer came before the kick.
        late: u64,
        /// Halts that ended before their word had changed.
        spurious: u64,
        /// Wake-ups whose kick never came, or deadlocks AA that were not reported.
        lost: u64,
        /// Kicks by the threads of a kick storm.
        storm: u64,
        /// Mean time from the kick until the waiter saw its word changed, in nanoseconds; 0 if not
        /// measured.
        wake_mean_ns: u64,
        /// Longest such time.
        wake_max_ns: u64,
        /// Broken if one was lost, untested if rounds are missing.
        verdict: OracleState,
    }
}

line! {
    /// Lost wake-up; one line for each of the first few.
    Lost = "lost" {
        /// vCPU that stayed halted, or was woken by its timer alone.
        vcpu: u32,
        /// Value of its word when it halted.
        halted_on: u32,
        /// Value when the watchdog found it.
        found: u32,
        /// Time since the word had changed, in microseconds.
        waited_us: u64,
        /// Words of the lock at that time.
        lock: Words,
    }
}

/// Words of memory, in hexadecimal; `-` if there are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    words: [u32; Self::MOST],
    count: usize,
}

impl Words {
    /// The most that are shown.
    pub const MOST: usize = 16;

    /// Takes the first of `words`.
    pub fn new(words: impl IntoIterator<Item = u32>) -> Self {
        let mut all = Self {
            words: [0; Self::MOST],
            count: 0,
        };
        for (to, word) in all.words.iter_mut().zip(words) {
            *to = word;
            all.count = all.count.wrapping_add(1);
        }
        all
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.count == 0 {
            return f.write_str("-");
        }
        let words = self.words.iter().take(self.count).enumerate();
        words.into_iter().try_for_each(|(i, word)| {
            let gap = if i == 0 { "" } else { "," };
            write!(f, "{gap}{word:08x}")
        })
    }
}

impl FromStr for Words {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let malformed = Malformed("Words");
        if text == "-" {
            return Ok(Self::new([]));
        }
        let mut all = Self::new([]);
        for word in text.split(',') {
            let to = all.words.get_mut(all.count).ok_or(malformed)?;
            *to = u32::from_str_radix(word, 16).map_err(|_| malformed)?;
            all.count = all.count.wrapping_add(1);
        }
        match word_for_word(&all, text) {
            true => Ok(all),
            false => Err(malformed),
        }
    }
}

/// Whether `words` reads as `text`: `from_str_radix` takes a sign and fewer digits.
fn word_for_word(words: &Words, text: &str) -> bool {
    let digits = |c: char| c == ',' || c.is_ascii_digit() || ('a'..='f').contains(&c);
    text.len() == words.count.wrapping_mul(9).wrapping_sub(1) && text.chars().all(digits)
}

#[cfg(feature = "serde")]
text_in_json!(Words, "{:08}");
