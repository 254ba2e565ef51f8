// SPDX-License-Identifier: GPL-2.0

//! Drives lock-load.ko: every lock, any number of threads.

#![forbid(unsafe_code)]

mod compare;
mod locktorture;
mod seen;
mod show;
mod validate;

use std::process::ExitCode;

use abi::lock_load::Lock;
use debugfs::{tool::Form, tool::Tool};
use results::{table::grid, Cell, LockLoad};

enum LockLoadTool {}

impl Tool for LockLoadTool {
    type Report = LockLoad;
    type Own = validate::Own;
    const ABOUT: &'static str = env!("CARGO_PKG_DESCRIPTION");
    const EXAMPLES: &'static str = "  \
  lock-load run --lock ticket --threads 8
  lock-load sweep --lock ticket,mcs/halt,kernel/raw_spin --threads 1,2,4,8 --repeat 3
  lock-load run --lock tas --hold-ns 0 --json
  lock-load sweep --lock mcs/spin --threads 1 --hold-ns 500 --idle-ns 0 --histograms off,on
  lock-load run --lock mcs/halt --threads 4 --run-ms 2000 --onoff-ms 100 --shuffle-ms 20 --nested 4";
    const MEANINGS: &'static [&'static str] = &[
        "The lock under test",
        "Threads; thread i is bound to the i-th online vCPU",
        "Length of the critical section, in ns of an undisturbed vCPU",
        "Length of the pause between two sections of a thread, likewise",
        "Length of the run, in ms",
        "How a halted vCPU is woken; one that the machine lacks is refused (ENODEV)",
        "The paravirt mode without which the run is refused (ENODEV); SLOWPATH_MODE is its default",
        "What the threads do: take turns under the lock, or a trial of halts and kicks",
        "Rounds of a trial, which ends once they are done",
        "All threads pause for so many ms, go on for as long, and so on; 0: never",
        "Every so many ms all threads move one vCPU on; 0: never",
        "Every so many ms a thread's vCPU goes offline or comes back; 0: never",
        "A thread holds the lock for so many ms now and then; 0: never",
        "How often that is, in ms",
        "Locks of the kind; a thread takes some in their order, and always the last",
        "Whether a thread waits for the lock, or tries until it gets it",
        "Interrupts while a thread waits and holds",
        "Every so many ms a thread is real-time for half that time, 10 ms at most; 0: never",
        "Looks at the lock before a waiter halts; may change during a run",
        "The longest pause of tas and ttas between two attempts, in rounds of `pause`",
        "How many sections may begin past the first waiter of pv_queued",
        "Whether waits, holds and hand-offs are timed, and long waits explained",
        "A wait of so many us is long; a quarter of it is a gap that no running vCPU has",
        "Whose vCPU the host is asked to stop (vm run --preempt WHO); SLOWPATH_PREEMPT is its default",
        "For how long, in ms",
        "How often, in ms",
    ];

    fn forms() -> Vec<Form<LockLoad>> {
        vec![Form {
            name: "locktorture",
            help: "Print the run as the kernel's locktorture tells it",
            show: locktorture::show,
        }]
    }

    fn notes() -> String {
        let mut locks = grid(&["lock", "what it is"]);
        let meanings = Lock::NAMES.iter().zip(Lock::MEANINGS);
        locks.add_rows(meanings.map(|(name, meaning)| [name, meaning.trim()]));
        locks.trim_fmt()
    }

    fn show(report: &LockLoad) -> String {
        show::show(report)
    }

    fn compare(points: &[Cell<LockLoad>]) -> String {
        compare::compare(points)
    }
}

fn main() -> ExitCode {
    debugfs::tool::main::<LockLoadTool>()
}

#[cfg(test)]
mod tests {
    #[test]
    fn man_page_and_completions_are_written() {
        cli_docs::write(debugfs::tool::command::<super::LockLoadTool>());
    }
}
