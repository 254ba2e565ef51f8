// SPDX-License-Identifier: GPL-2.0

//! `sweep run --dry-run`: the plan as text.

use crate::{
    console::{numbers::seconds, stdout::print_line},
    judge::verdict::Verdict,
    plan::{runs::Plan, setting::words},
};

/// Prints the plan: the lines that `batch` reads, and comments.
pub fn dry_run(plan: &Plan) -> anyhow::Result<Verdict> {
    let mut text = String::new();
    for boot in &plan.boots {
        if plan.boots.len() > 1 {
            let (number, guest) = (boot.number, words(&boot.guest.point()));
            let about = seconds(boot.estimate);
            text += &format!("# guest boot {number}: {guest}, about {about}\n");
        }
        text += &boot.text();
    }
    if plan.left_out > 0 {
        text += &format!(
            "# {} runs left out: more threads than vCPUs\n",
            plan.left_out
        );
    }
    print_line(format_args!(
        "{text}# {} runs in {}, about {} on an idle host; seed {}, shard {}",
        plan.runs().count(),
        plan.boot_count(),
        seconds(plan.estimate()),
        plan.seed,
        plan.shard,
    ))?;
    Ok(Verdict::Pass)
}
