// SPDX-License-Identifier: GPL-2.0

//! Command line of bottleneck.ko: scalability bottlenecks of the kernel, baseline and fixes.

#![forbid(unsafe_code)]

mod check;
mod compare;
mod fix;
mod onion;
mod show;
mod table;

use std::path::Path;

use abi::bottleneck::Facts;
use clap::Subcommand;
use debugfs::{tool::Own, tool::Tool};
use results::{table::grid, Bottleneck, Cell, Verdict};

/// Commands besides the common ones.
#[derive(Subcommand)]
enum Command {
    /// Compare the variants of a bottleneck in alternating runs
    Compare(compare::Compare),
    /// Validate all variants of all bottlenecks, and that the oracles catch `busted`
    Check(check::Check),
    /// Apply the fixes of a mail server's bottlenecks one after the other
    Onion(onion::Onion),
}

impl Own for Command {
    fn obey(self, root: &Path) -> anyhow::Result<Verdict> {
        match self {
            Self::Compare(compare) => compare.obey::<BottleneckTool>(root),
            Self::Check(check) => check.obey(root),
            Self::Onion(onion) => onion.obey::<BottleneckTool>(root),
        }
    }
}

enum BottleneckTool {}

impl Tool for BottleneckTool {
    type Report = Bottleneck;
    type Own = Command;
    const SHOW: fn(&Self::Report) -> String = show::show;
    const COMPARE: fn(&[Cell<Self::Report>]) -> String = table::table;
    const ABOUT: &'static str = env!("CARGO_PKG_DESCRIPTION");
    const EXAMPLES: &'static str = "  \
  bottleneck list
  bottleneck run --case mount_lookup --variant spinlock --threads 8
  bottleneck compare mount_lookup --threads 2,8 --repeat 5
  bottleneck compare mount_lookup --lock pv_queued --set write_permille=10
  bottleneck check --only ids,mount_count
  bottleneck onion --threads 2
  bottleneck sweep --case stats --variant exact,percpu --threads 1,2,4,8 --repeat 5";

    fn notes() -> String {
        let mut bottlenecks = grid(&["case", "variants", "contended resource", "source"]);
        for facts in Facts::all() {
            let names = facts.variants.iter().map(|variant| variant.name());
            let variants = names.collect::<Vec<_>>().join("\n");
            bottlenecks.add_row([facts.kind.name(), &variants, facts.resource, facts.source]);
        }
        bottlenecks.trim_fmt()
    }
}

debugfs::tool_main!(BottleneckTool);
