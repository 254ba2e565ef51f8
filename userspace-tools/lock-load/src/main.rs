// SPDX-License-Identifier: GPL-2.0

//! `lock-load`: the tool of lock-load.ko.

#![forbid(unsafe_code)]

mod advise;
mod compare;
mod latency;
mod locktorture;
mod own;
mod show;
mod validate;

use abi::lock_load::Lock;
use debugfs::{tool::Form, tool::Tool};
use results::{table::grid, Cell, LockLoad};

enum LockLoadTool {}

impl Tool for LockLoadTool {
    type Report = LockLoad;
    type Own = own::Own;
    const SHOW: fn(&Self::Report) -> String = show::show;
    const COMPARE: fn(&[Cell<Self::Report>]) -> String = compare::compare;
    const ABOUT: &'static str = env!("CARGO_PKG_DESCRIPTION");
    const EXAMPLES: &'static str = "  \
  lock-load run --lock ticket --threads 8
  lock-load sweep --lock ticket,mcs/halt,kernel/raw_spin --threads 1,2,4,8 --repeat 3
  lock-load advise --seconds 30
  lock-load run --lock tas --hold-ns 0 --json
  lock-load sweep --lock mcs/spin --threads 1 --hold-ns 500 --idle-ns 0 --histograms off,on
  lock-load run --lock mcs/halt --threads 4 --run-ms 2000 --onoff-ms 100 --shuffle-ms 20 --nested 4";

    fn forms() -> Vec<Form<LockLoad>> {
        vec![Form {
            name: "locktorture",
            help: "Print the run as the kernel's locktorture does",
            show: locktorture::show,
        }]
    }

    fn notes() -> String {
        let mut locks = grid(&["lock", "what it is"]);
        let meanings = Lock::NAMES.iter().zip(Lock::MEANINGS);
        locks.add_rows(meanings.map(|(name, meaning)| [name, meaning.trim()]));
        locks.trim_fmt()
    }
}

debugfs::tool_main!(LockLoadTool);
