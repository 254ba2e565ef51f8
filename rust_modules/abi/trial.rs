// SPDX-License-Identifier: GPL-2.0

//! Trials of `lock-load`: what they try, and what came of it.

use core::{
    fmt,
    str::FromStr, //
};

use crate::{
    status::OracleState,
    Malformed, //
};

choice! {
    /// What the threads of a run do.
    Load {
        /// They take turns in a section under the lock.
        Contest = "contest",
        /// Trial: a vCPU is kicked, and only then halts. It must not stay halted.
        KickBeforeHalt = "kick_before_halt",
        /// Trial: a vCPU halts, and then is kicked.
        HaltBeforeKick = "halt_before_kick",
        /// Trial: a vCPU is kicked while it runs; the next halt may end early, no more than that.
        KickRunning = "kick_running",
        /// Trial: a vCPU halts and is woken while all others kick it without end.
        KickStorm = "kick_storm",
        /// Trial: every section of the lock ends only once another thread has halted.
        Halts = "halts",
    }
}

line! {
    /// What a trial came to, beside the lines that every run has.
    Trial = "trial" {
        /// Rounds that were asked for.
        wanted: u64,
        /// Rounds that were completed: halts that a kick ended, or kicks that a running vCPU bore.
        rounds: u64,
        /// Halts that ended by a kick, their word having changed.
        kicked: u64,
        /// Those of them where a timer came first and the kick was waited for.
        late: u64,
        /// Halts that ended while there was nothing to wake up for.
        spurious: u64,
        /// Wake-ups whose kick never came.
        lost: u64,
        /// Kicks given to no purpose but to disturb.
        storm: u64,
        /// From the kick until the waiter saw the word that came with it: the mean, in nanoseconds;
        /// 0 where it was not measured.
        wake_mean_ns: u64,
        /// The longest of them.
        wake_max_ns: u64,
        /// Broken if a wake-up was lost, untested if rounds are missing.
        verdict: OracleState,
    }
}

line! {
    /// A wake-up that was lost; one line for each of the first few.
    Lost = "lost" {
        /// The vCPU that stayed halted, or was woken by its timer alone.
        vcpu: u32,
        /// What its word was when it halted.
        halted_on: u32,
        /// What it was when the watchdog looked.
        found: u32,
        /// For how long it had been so, in microseconds.
        waited_us: u64,
        /// The lock itself at that time.
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
