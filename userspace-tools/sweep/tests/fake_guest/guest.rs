// SPDX-License-Identifier: GPL-2.0

//! Sandbox for `sweep`: a small experiment, and a fake `vm` that prints given records.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};

use serde_json::{json, Map, Value};
use tempfile::TempDir;

pub use crate::out::Out;

const EXPERIMENT: &str = r#"
name = "t"
title = "a test"
repeats = 2
order = "written"
guest = { vcpus = 8, cpus = "all", memory = 256, tier = "tcg" }

[[part]]
name = "locks"
title = "Locks"
module = "lock-load"
axes = { lock = ["busted", "ticket", "kernel/raw_spin"], threads = [1, 8] }
expect = [{ of = { lock = "busted", threads = 8 }, oracle = "caught" }]
compare = [{ figure = "storm", text = "the storm", of = { lock = "ticket", threads = 8 }, to = { lock = "kernel/raw_spin", threads = 8 } }]

[[part]]
name = "counters"
title = "Counters"
module = "sloppy-counter"
axes = { counter = ["sloppy"], threads = [2] }

[[part]]
name = "jobs"
title = "Jobs"
module = "job-runner"
axes = { policy = ["padata"], job = ["spin"], max_threads = [1, 2] }
"#;

/// Executes a command whose signals end it: the tests themselves may run under nohup.
pub const SIGNALLED: &[&str] = &["env", "--default-signal=HUP,INT,TERM"];

/// One run of the fake guest: a line of its `batch`.
#[derive(Clone)]
pub struct FakeRun {
    seq: usize,
    module: String,
    pub words: String,
    numbers: BTreeMap<&'static str, u64>,
    pub error: Option<String>,
}

/// A temporary directory with an experiment and a fake `vm`.
pub struct Sandbox(TempDir);

impl FakeRun {
    /// Sets a number of the runs with the settings `words`, one value for each repeat.
    pub fn set(all: &mut [Self], words: &str, name: &'static str, values: &[u64]) {
        let runs = all.iter_mut().filter(|run| run.words.contains(words));
        let runs: Vec<_> = runs.collect();
        assert_eq!(runs.len(), values.len(), "{words}");
        for (run, value) in runs.into_iter().zip(values) {
            run.numbers.insert(name, *value);
        }
    }

    fn json(&self) -> Value {
        let Self { seq, module, .. } = self;
        let mut value = json!({ "schema": abi::SCHEMA, "seq": seq, "module": module, "run": 1 });
        let report = match (&self.error, module.as_str()) {
            (Some(error), _) => json!({ "error": error }),
            (None, "lock-load") => self.lock(),
            (None, "sloppy-counter") => self.counter(),
            (None, _) => self.job(),
        };
        let fields = value.as_object_mut().unwrap();
        fields.extend(report.as_object().unwrap().clone());
        value
    }

    fn number(&self, name: &str, otherwise: u64) -> u64 {
        self.numbers.get(name).copied().unwrap_or(otherwise)
    }

    /// The settings, and that of `key`.
    fn config(&self, key: &str) -> (Map<String, Value>, u64) {
        let words = self.words.split(' ');
        let pairs = words.filter_map(|word| word.split_once('='));
        let config: Map<String, Value> = pairs
            .map(|(k, v)| (k.into(), v.parse::<u64>().map_or(v.into(), Value::from)))
            .collect();
        let value = config[key].as_u64().unwrap();
        (config, value)
    }

    fn lock(&self) -> Value {
        use abi::lock_load::{Sum, Thread, Torture};
        let (mut config, threads) = self.config("threads");
        let sections = self.number("sections", 1000);
        let busted = config["lock"] == "busted" && threads > 1;
        let lost = self.number("lost", if busted { 9 } else { 0 });
        config.insert("histograms".into(), "off".into());
        let steps = match config.get("load") == Some(&"steps".into()) {
            true => self.steps(sections),
            false => Vec::new(),
        };
        let first = sections - (threads - 1);
        let thread = |i: u64| {
            let mine = if i == 0 { first } else { 1 };
            zeros(
                Thread::KEYS,
                json!({ "index": i, "vcpu": i, "sections": mine }),
            )
        };
        let sum = json!({
            "elapsed_ns": 1_000_000, "sections": sections, "min": if threads > 1 { 1 } else { first },
            "mean": sections / threads, "max": first, "lost": lost,
            "exclusion": if lost > 0 { "broken" } else { "held" },
        });
        json!({
            "config": config,
            "sum": zeros(Sum::KEYS, sum),
            "torture": zeros(Torture::KEYS, json!({})),
            "events": [],
            "machine": { "hypervisor": "other", "kernel_lock": "native-qspinlock", "mode": "native", "kick": "ipi", "loops_per_us": 100, "lost_time": "gaps" },
            "threads": (0..threads).map(thread).collect::<Vec<_>>(),
            "steps": steps,
        })
    }

    /// Of `load=steps`: each step takes as much in every round.
    fn steps(&self, rounds: u64) -> Vec<Value> {
        let each = [("lock", 30), ("section", 40), ("unlock", 20)].map(|(of, otherwise)| {
            let each = self.number(of, otherwise);
            json!({ "of": of, "rounds": rounds, "ticks": each * rounds, "least": each, "most": each })
        });
        each.to_vec()
    }

    fn counter(&self) -> Value {
        let (config, _) = self.config("threads");
        let thread = |i: u64| json!({ "index": i, "vcpu": i, "adds": 500, "moved": 0 });
        json!({
            "config": config,
            "sum": {
                "elapsed_ns": 1_000_000, "adds": 1000, "truth": 1000, "sum": self.number("sum", 1000),
                "read": 990, "bound": 128, "total": "held",
            },
            "threads": [thread(0), thread(1)],
        })
    }

    fn job(&self) -> Value {
        use abi::job_runner::{Fault, Oracle, Sum, Timing, Worker};
        let (config, workers) = self.config("max_threads");
        let worker = |i: u64| {
            let numbers = json!({ "index": i, "vcpu": i, "chunks": 2, "items": 4096 / workers, "busy_ns": 900 });
            zeros(Worker::KEYS, numbers)
        };
        let sum = json!({
            "elapsed_ns": 1_000_000 / workers, "workers": workers, "chunks": 2 * workers, "once": 4096,
            "coverage": "held",
        });
        json!({
            "config": config,
            "sum": zeros(Sum::KEYS, sum),
            "timing": zeros(Timing::KEYS, json!({ "ended": "done" })),
            "fault": zeros(Fault::KEYS, json!({})),
            "oracle": zeros(Oracle::KEYS, json!({})),
            "chunks": [],
            "workers": (0..workers).map(worker).collect::<Vec<_>>(),
        })
    }
}

/// A line of a report: 0 for each of `keys`, but for `numbers`.
fn zeros(keys: &[&str], numbers: Value) -> Value {
    let zeros = keys.iter().map(|key| (key.to_string(), json!(0)));
    let mut line: Map<String, Value> = zeros.collect();
    line.extend(numbers.as_object().unwrap().clone());
    line.into()
}

impl Sandbox {
    /// Creates it.
    pub fn new() -> Self {
        let sandbox = Self(tempfile::tempdir().unwrap());
        fs::write(sandbox.path("t.toml"), EXPERIMENT).unwrap();
        sandbox
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Parent of results.
    pub fn root(&self) -> PathBuf {
        self.path("results")
    }

    /// The newest complete result.
    pub fn latest(&self) -> PathBuf {
        self.root().join("latest")
    }

    /// The only result.
    pub fn only(&self) -> PathBuf {
        let mut entries = fs::read_dir(self.root()).unwrap();
        let only = entries.next().unwrap().unwrap().path();
        assert!(entries.next().is_none());
        only
    }

    /// The plan's runs, all passing.
    pub fn passing(&self) -> Vec<FakeRun> {
        let plan = self.sweep(&["run", "--dry-run", "t.toml"]);
        assert_eq!(plan.code, 0, "{}", plan.stderr);
        let lines = plan.stdout.lines().filter(|line| !line.starts_with('#'));
        let runs = lines.enumerate().map(|(seq, line)| {
            let (module, words) = line.split_once(' ').unwrap();
            FakeRun {
                seq,
                module: module.into(),
                words: words.into(),
                numbers: BTreeMap::new(),
                error: None,
            }
        });
        runs.collect()
    }

    /// Makes `vm` answer any plan that it is given.
    pub fn answer(&self) {
        let line = |run: &FakeRun| format!("{} {}\t{}\n", run.module, run.words, run.json());
        let answers: Vec<String> = self.passing().iter().map(line).collect();
        fs::write(self.path("answers"), answers.concat()).unwrap();
        let stuck = format!(
            r#"{{"schema":{},"seq":%s,"module":"lock-load","error":"still stopping"}}\n"#,
            abi::SCHEMA
        );
        self.vm(&format!(
            "n=0\nwhile read -r line; do\n\
             if [ -e limit ] && [ $n -ge \"$(sed -n 1p limit)\" ]; then\n\
             code=$(sed -n 2p limit)\nsed -i 1,2d limit\n[ -s limit ] || rm limit\n\
             if [ $code = 4 ]; then printf '{stuck}' $n; else printf '{{\"schema\":'; fi\nexit $code\nfi\n\
             while [ -e hold ] && [ $n -ge 5 ]; do echo $$ >held.new; mv held.new held; sleep 0.02; done\n\
             grep -F -m1 \"$line\t\" answers | cut -f2 | sed \"s/\\\"seq\\\":[0-9]*/\\\"seq\\\":$n/\"\n\
             n=$((n + 1))\ndone <\"$plan\"\n",
        ));
    }

    /// Makes `vm` wait after five answers, until [`Sandbox::go`].
    pub fn hold(&self) {
        fs::write(self.path("hold"), "").unwrap();
    }

    /// Ends the wait.
    pub fn go(&self) {
        fs::remove_file(self.path("hold")).unwrap();
    }

    /// Builds the guest's image, with `modules` in it.
    pub fn build(&self, modules: &str) {
        fs::create_dir_all(self.path("image")).unwrap();
        fs::write(self.path("image/initramfs.cpio"), modules).unwrap();
    }

    /// Makes `vm` exit with `code`, within the answer after so many: once for each number. With code 4 that answer
    /// is of a run that does not end.
    pub fn end_after(&self, each: &[usize], code: i32) {
        let lines = each.iter().map(|after| format!("{after}\n{code}\n"));
        fs::write(self.path("limit"), lines.collect::<String>()).unwrap();
    }

    /// Edits the experiment.
    pub fn edit(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.path("t.toml")).unwrap();
        assert!(text.contains(from), "{from}");
        fs::write(self.path("t.toml"), text.replace(from, to)).unwrap();
    }

    /// The text of a file.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// From now on vCPUs run so long per preemption, whatever slice is set.
    pub fn run_per_preemption_us(&self, us: u64) {
        fs::write(self.path("ran_us"), us.to_string()).unwrap();
    }

    /// Writes a `vm` that leaves a record and runs `script`, with the plan in `$plan`. Its one vCPU is preempted
    /// at the end of each slice.
    fn vm(&self, script: &str) {
        let record = r#"{"tier": "tcg", "release": "a kernel", "qemu_version": "1", "image": "image", "outcome": {"class": "exited", "status": 0}"#;
        let placement = r#""vcpu": 0, "thread_id": 1, "requested": 0, "observed": "0", "waited_ms": 0, "preemptions": 1000"#;
        let head = format!(
            "#!/bin/sh\nwhile [ $# -gt 0 ]; do\ncase $1 in\n--record) record=$2 ;;\n--stdin) plan=$2 ;;\n\
             --slice-us) slice=$2 ran=$2 ;;\nesac\nshift\ndone\n\
             [ ! -e ran_us ] || ran=$(cat ran_us)\n\
             map=; [ -z \"$slice\" ] || map=', \"map\": [{{{placement}, \"slice_us\": '$slice', \"ran_ms\": '$ran' }}]'\n\
             echo '{record}'\"$map}}\" >\"$record/record.json\"\n"
        );
        let vm = self.path("vm");
        fs::write(&vm, head + script).unwrap();
        fs::set_permissions(&vm, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs the experiment with a `vm` that prints the records of `runs`, those of each boot in turn,
    /// and exits with `code`.
    pub fn run(&self, runs: &[FakeRun], code: i32) -> Out {
        let records = runs.iter().map(|run| run.json().to_string() + "\n");
        fs::write(self.path("records"), records.collect::<String>()).unwrap();
        let records = self.path("records");
        let records = records.display();
        let print = match self.read("t.toml").contains("boots = ") {
            false => format!("cat {records}"),
            // `batch` counts the records of each boot from 0.
            true => format!(
                "had=$(cat had 2>/dev/null || echo 0)\nn=$(wc -l <\"$plan\")\necho $((had + n)) >had\n\
                 awk -v had=$had -v n=$n 'NR > had && NR <= had + n {{ \
                 sub(/\"seq\":[0-9]+/, \"\\\"seq\\\":\" NR - had - 1); print }}' {records}"
            ),
        };
        self.vm(&format!("{print}\nexit {code}\n"));
        let _ = fs::remove_file(self.path("had"));
        self.sweep(&["run", "t.toml"])
    }

    /// Runs `sweep` in the sandbox.
    pub fn sweep(&self, args: &[&str]) -> Out {
        self.command(args).output().unwrap().into()
    }

    /// `sweep` in the sandbox.
    pub fn command(&self, args: &[&str]) -> Command {
        let exe = Path::new(env!("CARGO_BIN_EXE_sweep"));
        let mut command = Command::new(exe);
        command
            .current_dir(self.0.path())
            .args(args)
            .env("SLOWPATH_VM", self.path("vm"));
        if (args[0] == "run" && !args.contains(&"--resume"))
            || ["merge", "rerun", "costs"].contains(&args[0])
        {
            command.args(["--results", "results"]);
        }
        command
    }

    /// Number of runs recorded in the only result.
    fn recorded(&self) -> Option<usize> {
        let dir = fs::read_dir(self.root()).ok()?.next()?.ok()?.path();
        let text = fs::read_to_string(dir.join("runs.jsonl")).ok()?;
        Some(text.lines().count())
    }

    /// Starts the experiment, and waits until `n` runs are recorded.
    pub fn spawn(&self, n: usize) -> Child {
        self.spawn_by(n, SIGNALLED)
    }

    /// The same by the command `by`, which executes it.
    pub fn spawn_by(&self, n: usize, by: &[&str]) -> Child {
        let child = self.start(by, &["run", "t.toml"]);
        for _ in 0..1000 {
            if self.recorded() == Some(n) {
                break;
            }
            sleep(Duration::from_millis(10));
        }
        assert_eq!(self.recorded(), Some(n), "after ten seconds");
        child
    }

    /// Starts `sweep` by the command `by`, which executes it.
    pub fn start(&self, by: &[&str], args: &[&str]) -> Child {
        let sweep = self.command(args);
        let mut command = Command::new(by[0]);
        command.args(&by[1..]);
        command.arg(sweep.get_program()).args(sweep.get_args());
        command.current_dir(self.0.path());
        command.env("SLOWPATH_VM", self.path("vm"));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// Names of all files and directories in the sandbox.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect()
    }
}
