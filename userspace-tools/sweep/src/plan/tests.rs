// SPDX-License-Identifier: GPL-2.0

//! Tests of planning: which runs, in which order, in which guests.

use std::time::Duration;

use super::{BOOT, BOOT_NESTED, OVERHEAD};
use crate::plan::{
    experiment::Experiment,
    runs::{Plan, Run},
    setting::{Pattern, Setting},
};
use results::Kind;

const TEXT: &str = r#"
    name = "t"
    title = "a test"
    repeats = 2
    order = "written"
    guest = { vcpus = 8, cpus = "all", memory = 256, tier = "auto" }
    [[part]]
    name = "locks"
    title = "locks"
    module = "lock-load"
    fixed = { run_ms = 100 }
    axes = { lock = ["ticket", "tas"], threads = [1, 8] }
    [[part]]
    name = "jobs"
    title = "jobs"
    module = "job-runner"
    axes = { policy = ["static"] }
"#;

fn plan(text: &str) -> Result<Plan, String> {
    Plan::new(
        &Experiment::parse(text).unwrap(),
        &cpu_list::CpuList::first(2),
        7,
    )
}

#[test]
fn repeats_are_outermost_so_sides_interleave() {
    let lines = plan(TEXT).unwrap().text();
    let half = "lock-load run_ms=100 lock=ticket threads=1\n\
                lock-load run_ms=100 lock=ticket threads=8\n\
                lock-load run_ms=100 lock=tas threads=1\n\
                lock-load run_ms=100 lock=tas threads=8\n\
                job-runner policy=static\n";
    assert_eq!(lines, format!("{half}{half}"));
}

/// The A/B sides are neighbours, and each comes first as often as the other.
#[test]
fn random_order_is_another_in_each_pair_of_repeats_and_balanced() {
    let text = TEXT
        .replace("\"written\"", "\"random\"")
        .replace("repeats = 2", "repeats = 8");
    let plan = plan(&text).unwrap();
    let runs: Vec<&Run> = plan.runs().collect();
    let repeats: Vec<Vec<String>> = runs
        .chunks(5)
        .map(|repeat| repeat.iter().map(|run| run.line()).collect())
        .collect();
    let (mut orders, mut first) = (std::collections::HashSet::new(), 0);
    for pair in repeats.chunks(2) {
        let turned: Vec<String> = pair[1].iter().rev().cloned().collect();
        assert_eq!(pair[0], turned);
        orders.insert(pair[0].clone());
    }
    assert!(orders.len() > 1, "{orders:?}");
    for repeat in &repeats {
        let at = |lock: &str| {
            let line = format!("lock-load run_ms=100 lock={lock} threads=8");
            repeat.iter().position(|run| *run == line).unwrap()
        };
        let (ticket, tas) = (at("ticket"), at("tas"));
        assert_eq!(ticket.abs_diff(tas), 1, "{repeat:?}");
        first += usize::from(ticket < tas);
    }
    assert_eq!(first, 4);
}

#[test]
fn runs_are_left_out_by_exception() {
    let except = |of: &str| {
        let except = format!("except = [{{ of = {{ {of} }}, leave_out = true }}]\nfixed =");
        plan(&TEXT.replacen("fixed =", &except, 1))
    };
    let text = except("lock = 'tas', threads = 8").unwrap().text();
    let count = |words: &str| text.matches(words).count();
    let two = ["lock=ticket threads=8", "lock=tas threads=1"].map(count);
    assert_eq!((two, count("lock=tas threads=8")), ([2, 2], 0));
    let error = except("threads = 3").unwrap_err();
    assert!(error.contains("leaves no run out"), "{error}");
}

#[test]
fn runs_are_numbered_from_zero_in_order() {
    let plan = plan(TEXT).unwrap();
    let runs: Vec<&Run> = plan.runs().collect();
    assert!(runs.iter().enumerate().all(|(i, run)| run.seq == i));
    assert_eq!((runs[4].repeat, runs[5].repeat), (1, 2));
}

#[test]
fn estimate_includes_every_run_and_the_boot() {
    // 8 lock runs of 100 ms, 2 jobs of 4096 indices of 1 us.
    let runs = Duration::from_millis(8 * 100) + 2 * Duration::from_micros(4096);
    assert_eq!(plan(TEXT).unwrap().estimate(), BOOT + runs + 10 * OVERHEAD);
    // Guests of a guest boot two kernels, and their threads wait for turns.
    let nested = TEXT.replace("\"auto\"", "\"nested\"");
    let turns = 1 + plan(TEXT).unwrap().boots[0].guest.vcpus;
    let estimate = BOOT_NESTED + runs + 10 * turns * OVERHEAD;
    assert_eq!(plan(&nested).unwrap().estimate(), estimate);
}

#[test]
fn setting_out_of_range_is_refused_before_a_guest_boots() {
    let range = "[[part]] `locks`: `threads=9`: out of range; allowed: 1..=8";
    for (from, to, why) in [
        ("[1, 8]", "[1, 9]", range),
        ("\"tas\"", "\"tsa\"", "`lock=tsa`"),
    ] {
        let error = plan(&TEXT.replace(from, to)).unwrap_err();
        assert!(error.contains(why), "{error}");
    }
}

/// What a real run cannot do is refused by the plan, before anything is expanded.
#[test]
fn plan_refuses_what_no_run_can_do() {
    let axes = "axes = { lock = [\"ticket\", \"tas\"], threads = [1, 8] }";
    let many: Vec<String> = (1..=300).map(|n| n.to_string()).collect();
    let many = many.join(", ");
    let product =
        format!("axes = {{ threads = [{many}], hold_ns = [{many}], idle_ns = [{many}] }}");
    for (from, to, why) in [
        (
            axes,
            product.as_str(),
            "too many runs (54000002; allowed: up to 100000)",
        ),
        (
            "run_ms = 100",
            "lock = \"tas\\nthreads=2\"",
            "`lock=tas\\nthreads=2`: allowed: one word",
        ),
        (
            "run_ms = 100",
            "\"run ms\" = 1",
            "`run ms=1`: allowed: one word",
        ),
        (
            "run_ms = 100",
            "threads = 1",
            "axis `threads`: it is set for all runs",
        ),
        ("[1, 8]", "[1, 8, 1]", "axis `threads` has `1` twice"),
        ("[1, 8]", "[1, \"1\"]", "axis `threads` has `1` twice"),
        ("[1, 8]", "[]", "axis `threads` has no values"),
        (
            "vcpus = 8",
            "vcpus = [4, 8], guests = 99",
            "guest.guests = 99: allowed: 2..=16",
        ),
        (
            "memory = 256",
            "memory = 0",
            "guest.memory = 0: allowed: 1..=",
        ),
        (
            "memory = 256",
            "memory = 199",
            "guest.memory = 199: allowed: 200 or more for 8 vCPUs",
        ),
        ("\"auto\"", "\"tcg\", mode = \"pv\"", "no KVM to halt by"),
        (
            "\"auto\"",
            "\"auto\", mode = \"bogus\"",
            "guest.mode = `bogus`: allowed: pv",
        ),
        ("run_ms = 100", "mode = \"bogus\"", "`mode=bogus`"),
    ] {
        assert!(TEXT.contains(from), "{from}");
        let made = Experiment::parse(&TEXT.replacen(from, to, 1))
            .and_then(|experiment| Plan::new(&experiment, &cpu_list::CpuList::first(2), 7));
        let error = made.map(|plan| plan.text()).unwrap_err();
        assert!(error.contains(why), "{why}: {error}");
    }
}

#[test]
fn pattern_that_selects_no_run_is_refused() {
    let more = "expect = [{ of = { lock = \"busted\" }, oracle = \"caught\" }]\n[[part]]";
    let text = TEXT.replace(
        "[[part]]\n    name = \"jobs\"",
        &format!("{more}\nname = \"jobs\""),
    );
    assert!(plan(&text).unwrap_err().contains("selects no run"));
}

#[test]
fn exception_changes_only_the_runs_that_it_selects() {
    let text = TEXT.replacen(
        "axes = { lock",
        "except = [{ of = { threads = 8 }, set = { run_ms = 400 } }]\naxes = { lock",
        1,
    );
    let plan = plan(&text).unwrap();
    let lengths = plan.boots[0].runs[..4]
        .iter()
        .map(|run| run.settings["run_ms"].to_string());
    assert_eq!(lengths.collect::<Vec<_>>(), ["100", "400", "100", "400"]);
}

#[test]
fn values_that_compare_have_the_same_settings() {
    let with = |line: &str, except: &str| {
        let text = format!("{line}\nexcept = [{except}]\naxes = {{ lock");
        Experiment::parse(&TEXT.replacen("axes = { lock", &text, 1)).map(|_| ())
    };
    for key in ["regret", "waits"] {
        let line = format!("{key} = 'lock'");
        let error = with(&line, "{ of = { lock = 'tas' }, set = { run_ms = 400 } }").unwrap_err();
        let why = "sets run_ms=400 for some of its values";
        assert!(error.contains(why), "{error}");
        let even = "{ of = { threads = 8 }, set = { run_ms = 400 } }";
        assert_eq!(with(&line, even), Ok(()));
        let error = with(&format!("{key} = 'x'"), "").unwrap_err();
        assert!(error.contains("no such axis"), "{error}");
    }
}

#[test]
fn duplicate_scenario_name_is_refused() {
    let error = Experiment::parse(&TEXT.replace("\"jobs\"", "\"locks\"")).unwrap_err();
    assert!(error.contains("duplicate name"), "{error}");
}

#[test]
fn order_follows_from_the_seed_and_the_next_is_turned_round() {
    let random = TEXT.replace("\"written\"", "\"random\"");
    let order = |seed: u64| -> Vec<String> {
        let experiment = Experiment::parse(&random).unwrap();
        let plan = Plan::new(&experiment, &cpu_list::CpuList::first(2), seed).unwrap();
        plan.runs().map(Run::line).collect()
    };
    assert_eq!(order(1), order(1));
    assert!((1..20).any(|seed| order(seed) != order(0)));
    let lines = order(3);
    let turned: Vec<&String> = lines[5..].iter().rev().collect();
    assert_eq!(
        lines[..5].iter().collect::<Vec<_>>(),
        turned,
        "A B, then B A"
    );
}

#[test]
fn guests_alternate_and_share_the_repeats() {
    let text = TEXT
        .replace("vcpus = 8,", "ratio = [1, 4],")
        .replace("repeats = 2", "repeats = 3");
    let plan = plan(&text).unwrap();
    let boots = plan.boots.iter().map(|b| (b.number, b.guest.vcpus));
    assert!(boots.eq([(1, 2), (2, 8), (3, 8), (4, 2)]));
    let repeats = |boot: usize| -> Vec<u32> {
        let mut all: Vec<u32> = plan.boots[boot].runs.iter().map(|r| r.repeat).collect();
        all.dedup();
        all
    };
    assert_eq!((repeats(0), repeats(3)), (vec![1], vec![2, 3]));
    // Eight threads do not fit into the guest with two vCPUs: two locks, three repeats.
    assert_eq!(plan.left_out, 6);
}

#[test]
fn warm_up_runs_have_repeat_0() {
    let text = TEXT.replacen("repeats = 2", "repeats = 2\nwarm_up = 1", 1);
    let plan = plan(&text).unwrap();
    let repeats: Vec<u32> = plan.runs().map(|run| run.repeat).step_by(5).collect();
    assert_eq!(repeats, [0, 1, 2]);
}

/// The experiments of `scripts/experiments`, each with its path.
fn shipped() -> Vec<(String, Experiment)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/experiments");
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let all: Vec<_> = paths
        .map(|path| (path.display().to_string(), Experiment::read(&path).unwrap()))
        .collect();
    assert!(all.len() > 20, "only {} experiments were found", all.len());
    all
}

/// What a plan refuses is known only once it is made.
#[test]
fn every_shipped_experiment_has_a_plan() {
    for (path, experiment) in shipped() {
        let cpus = experiment.guest.host_cpus().unwrap();
        let plan = Plan::new(&experiment, &cpus, 7).unwrap_or_else(|why| panic!("{path}: {why}"));
        assert!(plan.runs().count() > 0, "{path}: no run");
    }
}

/// A comparison that states nothing would be labelled by its metric alone.
#[test]
fn every_shipped_comparison_states_its_kind() {
    let mut seen = 0;
    for (path, experiment) in shipped() {
        for scenario in &experiment.scenarios {
            for compare in &scenario.compare {
                let name = format!("{path}: {}", compare.figure);
                let kind = compare.kind.unwrap_or_else(|| panic!("{name}: no kind"));
                let sides = [Some(&compare.of), compare.to.as_ref()];
                let threads = |side: &Pattern| side.get("threads").map(|n| n.all().to_vec());
                let one = Some(vec![Setting::from(1)]);
                let alone = sides.into_iter().flatten().all(|side| threads(side) == one);
                assert!(
                    !(alone && kind > Kind::Emulation),
                    "{name}: one thread waits for none"
                );
                seen += 1;
            }
        }
    }
    assert!(seen > 100, "only {seen} comparisons were found");
}

#[test]
fn kind_that_its_metric_has_not_is_refused() {
    let compare = |kind: &str| {
        let compare = format!(
            "compare = [{{ figure = 'f', text = 'f', quantity = 'jain', kind = '{kind}', of = {{ threads = 8 }} }}]"
        );
        plan(&TEXT.replacen("fixed =", &format!("{compare}\nfixed ="), 1))
    };
    assert!(compare("order").is_ok());
    let error = compare("slice").unwrap_err();
    assert_eq!(
        error,
        "[[part]] `locks`: figure `f`: kind = `slice`: allowed: order"
    );
}

#[test]
fn simulated_guests_run_lock_load_alone() {
    let sim = TEXT.replace("\"auto\"", "\"sim\"");
    let lines = plan(&sim).unwrap().text();
    assert!(lines.contains("lock-load") && !lines.contains("job-runner"));
    let both = plan(&TEXT.replace("\"auto\"", "[\"tcg\", \"sim\"]")).unwrap();
    let jobs = both
        .boots
        .iter()
        .map(|boot| boot.text().contains("job-runner"));
    let tiers = both.boots.iter().map(|boot| boot.guest.tier == "tcg");
    assert!(jobs.eq(tiers), "{}", both.text());
    let expect = "axes = { policy = [\"static\"] }\nexpect = [{ of = { policy = 'static' }, oracle = 'held' }]";
    let pattern = sim.replace("axes = { policy = [\"static\"] }", expect);
    assert!(plan(&pattern).is_ok(), "what is skipped selects no run");
}

#[test]
fn simulated_cpus_and_vcpus_need_not_be_there() {
    let guest = "vcpus = [8, 1024], ratio = 4, cpus = \"0-255\", tier = \"sim\"";
    let text = TEXT.replace(
        "vcpus = 8, cpus = \"all\", memory = 256, tier = \"auto\"",
        guest,
    );
    let experiment = Experiment::parse(&text).unwrap();
    let plan = Plan::new(&experiment, &experiment.guest.host_cpus().unwrap(), 7).unwrap();
    let guests = plan
        .boots
        .iter()
        .map(|boot| (boot.guest.vcpus, boot.guest.cpus.as_str()));
    let expected = [(8, "0-1"), (1024, "0-255"), (1024, "0-255"), (8, "0-1")];
    assert_eq!(guests.collect::<Vec<_>>(), expected);
    let host =
        Experiment::parse(&text.replace("\"sim\"", "[\"sim\", \"tcg\"], memory = 2048")).unwrap();
    let error = host.guest.host_cpus().unwrap_err();
    assert!(error.contains("is not usable here"), "{error}");
}

#[test]
fn figure_of_simulated_and_measured_runs_together_is_refused() {
    let plan = |compare: &str| {
        let compare =
            format!("compare = [{{ figure = 'f', text = 'f', kind = 'slice', {compare} }}]");
        let text = TEXT.replacen("fixed =", &format!("{compare}\nfixed ="), 1);
        plan(&text.replace("\"auto\"", "[\"tcg\", \"sim\"]"))
    };
    let error = plan("of = { lock = 'tas' }").unwrap_err();
    assert!(
        error.contains("selects simulated runs and measured ones"),
        "{error}"
    );
    let sides = "of = { lock = 'tas', tier = 'sim' }, to = { lock = 'tas', tier = 'tcg' }";
    assert!(plan(sides).is_ok(), "a ratio has them on its two sides");
}
