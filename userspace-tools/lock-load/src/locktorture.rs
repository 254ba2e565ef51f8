// SPDX-License-Identifier: GPL-2.0

//! Text of one run in the format of the kernel's `locktorture`.
//!
//! The lines are those of `__torture_print_stats()` and `lock_torture_print_module_parms()` in
//! `kernel/locking/locktorture.c`: `???` if one thread did less than half of what another did
//! and no vCPU came or went, `!!!` if the lock did not exclude. `kvm-recheck-lock.sh` reads the
//! first, `parse-console.sh` looks for `FAILURE` and `!!!`.

use results::{LockLoad, Report};

/// The statistics and the end of the test.
pub fn show(report: &LockLoad) -> String {
    let LockLoad { config, sum, .. } = report;
    let fails = sum.lost > 0;
    let end = match (fails, report.torture.refused) {
        (true, _) => "FAILURE",
        (false, 0) => "SUCCESS",
        (false, _) => "LOCK_HOTPLUG",
    };
    let mark = |is_set, mark| if is_set { mark } else { "" };
    let stats = format!(
        "Writes:  Total: {}  Max/Min: {}/{} {}  Fail: {} {}",
        sum.sections,
        sum.max,
        sum.min,
        mark(config.onoff_ms == 0 && sum.max / 2 > sum.min, "???"),
        u8::from(fails),
        mark(fails, "!!!"),
    );
    format!(
        "{stats}\n{}-torture:--- End of test: {end}: {}",
        config.lock,
        report.config(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text of a run of two threads with these sections, updates lost, and settings.
    fn text(least: u64, most: u64, lost: u64, settings: &str) -> String {
        use abi::lock_load::Config;
        use results::Settings;
        let mut config = Config::default();
        config
            .take(&format!("histograms=off {settings}"), 2)
            .unwrap();
        let mut run = results::fixture!(LockLoad, "lock-load.busted");
        run.config = config;
        run.sum.sections = least + most;
        (run.sum.min, run.sum.max, run.sum.lost) = (least, most, lost);
        show(&run)
    }

    #[test]
    fn a_fair_run_is_a_success() {
        let text = text(100, 150, 0, "lock=mcs/spin");
        let (stats, end) = text.split_once('\n').unwrap();
        assert_eq!(stats, "Writes:  Total: 250  Max/Min: 150/100   Fail: 0 ");
        assert!(end.starts_with("mcs/spin-torture:--- End of test: SUCCESS: lock=mcs/spin "));
    }

    #[test]
    fn an_unfair_run_is_flagged_unless_vcpus_came_and_went() {
        assert!(text(100, 201, 0, "").contains("Max/Min: 201/100   Fail"));
        assert!(text(100, 202, 0, "").contains("Max/Min: 202/100 ???  Fail: 0 \n"));
        assert!(text(100, 900, 0, "onoff_ms=50").contains("Max/Min: 900/100   Fail"));
    }

    #[test]
    fn a_broken_exclusion_is_a_failure() {
        let text = text(100, 100, 7, "");
        assert!(text.contains("Fail: 1 !!!\n") && text.contains("End of test: FAILURE"));
    }
}
