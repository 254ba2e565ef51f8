// SPDX-License-Identifier: GPL-2.0

//! `readahead`: page faults on a file that all threads have mapped.
//!
//! After Andi Kleen and Tim Chen, "Linux kernel scaling", 2011: Exim's processes, which share the
//! open files they were forked with. Most faults find the page that all use in memory; so many
//! of 1000 as `write_permille` says are on another, of `size`, which is not.

use abi::bottleneck::{
    Config,
    Variant, //
};
use algo::bottleneck::readahead::{
    Ifchanged,
    Readahead,
    Split,
    Together,
    WORDS, //
};
use kernel::prelude::*;
use rig::{
    Padded, //
    SingleWriter,
};

use super::{
    Case,
    Who, //
};
use crate::{
    findings::Findings,
    store::filled,
    table::{
        boxed,
        no_such,
        Made, //
    }, //
};

/// What the words of the file are.
const FILE: [u64; WORDS] = [3, 1 << 20, 7, 1 << 40, 5, 1 << 30];

/// A file, and where its users were last.
struct Fault<F> {
    file: Padded<F>,
    last: KVVec<Padded<SingleWriter>>,
    pages: u32,
    missing: u32,
}

pub(crate) fn make(config: &Config) -> Made {
    match config.variant {
        Variant::Together => case(Together::open(FILE), config),
        Variant::Split => case(Split::open(FILE), config),
        Variant::Ifchanged => case(Ifchanged::open(FILE), config),
        _ => no_such(config),
    }
}

fn case<F: Readahead + Send + 'static>(file: F, config: &Config) -> Made {
    let (_, nowhere) = file.track();
    let last = filled(config.threads, |_| Padded(SingleWriter::default()))?;
    last.iter().for_each(|last| last.set(nowhere));
    boxed(Fault {
        file: Padded(file),
        last,
        pages: config.size,
        missing: config.write_permille,
    })
}

impl<F: Readahead + Send> Case for Fault<F> {
    fn burst(&self, who: &Who<'_>, steps: u32) -> u32 {
        let (page, wrong) = hot_faults(&*self.file, who, steps, self.pages, self.missing);
        if let (Some(page), Some(last)) = (page, self.last.get(who.index as usize)) {
            last.set(page);
        }
        for _ in 0..wrong {
            who.found.wrong("words_read_wrong");
        }
        steps
    }

    fn settle(&self, to: &mut Findings) {
        let (misses, page) = self.file.track();
        let is_some_last = self.last.iter().any(|last| last.get() == page);
        to.add("position_is_a_last", is_some_last.into(), 1);
        to.add("misses_beyond_most", (misses > F::MOST).into(), 0);
    }
}

/// The measured loop. Returns the last page, and how often the words were not as they are.
#[inline(never)]
fn hot_faults<F: Readahead>(
    file: &F,
    who: &Who<'_>,
    steps: u32,
    pages: u32,
    missing: u32,
) -> (Option<u64>, u32) {
    let due = FILE
        .iter()
        .fold(0, |sum: u64, word| sum.wrapping_add(*word));
    let (mut last, mut wrong) = (None, 0u32);
    for _ in 0..steps {
        let cached = missing == 0 || !who.random.permille(missing);
        let page = match cached {
            true => 0,
            false => u64::from(who.random.below(pages)).wrapping_add(1),
        };
        if file.fault(page, cached).sum != due {
            wrong = wrong.wrapping_add(1);
        }
        last = Some(page);
    }
    (last, wrong)
}
