// SPDX-License-Identifier: GPL-2.0

//! `readahead`: page faults on a file that all threads have mapped.
//!
//! After Kleen and Chen, "Linux kernel scaling", 2011: the processes of Exim share open files. Most
//! faults hit one page in memory; `write_permille` of 1000 are on another page, of `size`, that is
//! not in memory.

use algo::bottleneck::readahead::{
    Ifchanged,
    Readahead,
    Split,
    Together,
    WORDS, //
};

use crate::prelude::*;

/// The words of the file that are only read.
const FILE: [u64; WORDS] = [3, 1 << 20, 7, 1 << 40, 5, 1 << 30];

/// A file, and the page of each thread's last fault.
struct Faults<F> {
    file: Padded<F>,
    last: KVVec<Padded<SingleWriter>>,
    pages: u32,
    missing: u32,
}

#[expect(clippy::extra_unused_type_parameters, reason = "all makers have it")]
pub(super) fn make<L>(config: &Config, _: &Limits) -> Made {
    match config.variant {
        Variant::Together => workload(Together::open(FILE), config),
        Variant::Split => workload(Split::open(FILE), config),
        Variant::Ifchanged => workload(Ifchanged::open(FILE), config),
        _ => no_such_variant(config),
    }
}

fn workload<F: Readahead + Send + 'static>(file: F, config: &Config) -> Made {
    let (_, no_page) = file.track();
    let last = filled(config.threads, |_| Padded(SingleWriter::default()))?;
    last.iter().for_each(|last| last.set(no_page));
    boxed(Faults {
        file: Padded(file),
        last,
        pages: config.size,
        missing: config.write_permille,
    })
}

impl<F: Readahead + Send> Workload for Faults<F> {
    fn burst(&self, thread: &Thread<'_>, steps: u32) -> u32 {
        let (page, wrong) = hot_readahead(&*self.file, thread, steps, self.pages, self.missing);
        if let (Some(page), Some(last)) = (page, self.last.get(thread.index as usize)) {
            last.set(page);
        }
        for _ in 0..wrong {
            thread.errors.record("words_read_wrong");
        }
        steps
    }

    fn audit(&self, to: Findings<'_>) {
        let (misses, page) = self.file.track();
        let is_some_last = self.last.iter().any(|last| last.get() == page);
        to("position_is_a_last", is_some_last.into(), 1);
        to("misses_beyond_most", (misses > F::MOST).into(), 0);
    }
}

/// The measured loop. Returns the last page, and how often the words were read wrong.
#[inline(never)]
fn hot_readahead<F: Readahead>(
    file: &F,
    thread: &Thread<'_>,
    steps: u32,
    pages: u32,
    missing: u32,
) -> (Option<u64>, u32) {
    let due = FILE
        .iter()
        .fold(0, |sum: u64, word| sum.wrapping_add(*word));
    let (mut last, mut wrong) = (None, 0u32);
    for _ in 0..steps {
        let cached = missing == 0 || !thread.random.permille(missing);
        let page = match cached {
            true => 0,
            false => u64::from(thread.random.below(pages)).wrapping_add(1),
        };
        if file.fault(page, cached).sum != due {
            wrong = wrong.wrapping_add(1);
        }
        last = Some(page);
    }
    (last, wrong)
}
