// SPDX-License-Identifier: GPL-2.0

//! Sandbox for `sweep`: a small experiment, and a fake `vm` that prints given records.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{json, Value};
use tempfile::TempDir;

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

/// One run of the fake guest: a line of its `batch`.
#[derive(Clone)]
pub struct FakeRun {
    seq: usize,
    module: String,
    pub words: String,
    numbers: BTreeMap<&'static str, u64>,
    pub error: Option<String>,
}

/// Outcome of a command.
#[derive(Debug)]
pub struct Out {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Out {
    /// Asserts the exit code and texts on stdout.
    #[track_caller]
    pub fn is(self, code: i32, stdout: &[&str]) -> Self {
        assert_eq!(self.code, code, "{}{}", self.stdout, self.stderr);
        for text in stdout {
            assert!(
                self.stdout.contains(text),
                "no `{text}` in:\n{}",
                self.stdout
            );
        }
        self
    }

    /// Asserts the exit code and texts on stderr.
    #[track_caller]
    pub fn fails(self, code: i32, stderr: &[&str]) -> Self {
        assert_eq!(self.code, code, "{}{}", self.stdout, self.stderr);
        for text in stderr {
            assert!(
                self.stderr.contains(text),
                "no `{text}` in:\n{}",
                self.stderr
            );
        }
        self
    }
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
        if let Some(error) = &self.error {
            return json!({ "schema": abi::SCHEMA, "seq": seq, "module": module, "error": error });
        }
        let pairs = self
            .words
            .split(' ')
            .filter_map(|word| word.split_once('='));
        let mut config: serde_json::Map<String, Value> = pairs
            .map(|(k, v)| {
                (
                    k.to_string(),
                    v.parse::<u64>().map_or_else(|_| json!(v), |n| json!(n)),
                )
            })
            .collect();
        let mut value = match module.as_str() {
            "lock-load" => self.lock(&config),
            "sloppy-counter" => self.counter(),
            _ => self.job(&config),
        };
        value["run"] = json!(1);
        if module == "lock-load" {
            config.insert("histograms".into(), json!("off"));
        }
        value["schema"] = json!(abi::SCHEMA);
        value["seq"] = json!(seq);
        value["module"] = json!(module);
        value["config"] = json!(config);
        value
    }

    fn number(&self, name: &str, otherwise: u64) -> u64 {
        self.numbers.get(name).copied().unwrap_or(otherwise)
    }

    fn lock(&self, config: &serde_json::Map<String, Value>) -> Value {
        let (threads, sections) = (
            config["threads"].as_u64().unwrap(),
            self.number("sections", 1000),
        );
        let busted = config["lock"] == "busted" && threads > 1;
        let lost = self.number("lost", if busted { 9 } else { 0 });
        let exclusion = if lost > 0 { "broken" } else { "held" };
        let thread = |i: u64| {
            let mine = if i == 0 { sections - (threads - 1) } else { 1 };
            json!({ "index": i, "vcpu": i, "sections": mine, "halts": 0, "kicks": 0, "moved": 0, "queued_ns": 0 })
        };
        let min = if threads > 1 { 1 } else { sections };
        json!({
            "sum": {
                "elapsed_ns": 1_000_000, "sections": sections, "min": min,
                "mean": sections / threads, "max": sections - (threads - 1),
                "halts": 0, "kicks": 0, "exclusion": exclusion, "lost": lost,
            },
            "torture": { "pauses": 0, "paused_ns": 0, "shuffles": 0, "offline": 0, "refused": 0, "long_holds": 0, "boosts": 0 },
            "events": [],
            "machine": { "kernel_lock": "native-qspinlock", "mode": "native", "kick": "ipi", "loops_per_us": 100, "lost_time": "gaps" },
            "threads": (0..threads).map(thread).collect::<Vec<_>>(),
        })
    }

    fn counter(&self) -> Value {
        let sum = self.number("sum", 1000);
        let thread = |i: u64| json!({ "index": i, "vcpu": i, "adds": 500, "moved": 0 });
        json!({
            "sum": {
                "elapsed_ns": 1_000_000, "adds": 1000, "truth": 1000, "sum": sum, "read": 990,
                "bound": 128, "total": "held",
            },
            "threads": [thread(0), thread(1)],
        })
    }

    fn job(&self, config: &serde_json::Map<String, Value>) -> Value {
        let workers = config["max_threads"].as_u64().unwrap();
        let worker = |i: u64| {
            json!({
                "index": i, "vcpu": i, "node": 0, "chunks": 2, "items": 4096 / workers, "start_ns": 9,
                "busy_ns": 900, "handout_ns": 9, "take_ns": 8, "look_ns": 7, "stalls": 0,
                "stalled_ns": 0, "idle_ns": 9, "asleep_ns": 0, "lost_ns": 0,
                "cpu_ns": 900, "steals": 0, "moved": 0, "absent": 0,
            })
        };
        json!({
            "sum": {
                "elapsed_ns": 1_000_000 / workers, "workers": workers, "chunks": 2 * workers,
                "once": 4096, "missed": 0, "repeated": 0, "cut_short": 0,
                "coverage": "held",
            },
            "timing": {
                "ended": "done", "first_ns": 9, "last_ns": 9, "tail_ns": 0, "wanted": 1, "helpers": 1,
                "most_helpers": 1, "undone": 0, "disorder": 0, "undo_ns": 9, "total": 0, "expected": 0, "plain_ns": 0,
            },
            "fault": { "errno": 0, "index": 0, "chunk_start": 0, "chunk_end": 0, "worker": 0 },
            "oracle": { "jobs": 0, "sound": 0, "failed": 0, "cancelled": 0, "late": 0, "undid": 0 },
            "chunks": [],
            "workers": (0..workers).map(worker).collect::<Vec<_>>(),
        })
    }
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
        self.vm(
            "n=0\nwhile read -r line; do\n\
             [ ! -e limit ] || [ $n -lt \"$(sed -n 1p limit)\" ] || { code=$(sed -n 2p limit); rm limit; exit $code; }\n\
             grep -F -m1 \"$line\t\" answers | cut -f2 | sed \"s/\\\"seq\\\":[0-9]*/\\\"seq\\\":$n/\"\n\
             n=$((n + 1))\ndone <\"$plan\"\n",
        );
    }

    /// Makes `vm` exit with `code` once, after so many answers.
    pub fn end_once(&self, after: usize, code: i32) {
        fs::write(self.path("limit"), format!("{after}\n{code}\n")).unwrap();
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

    /// Writes a `vm` that leaves a record and runs `script`, with the plan in `$plan`.
    fn vm(&self, script: &str) {
        let record = r#"{"tier": "tcg", "release": "a kernel", "qemu_version": "1", "outcome": {"class": "exited", "status": 0}}"#;
        let head = format!(
            "#!/bin/sh\nwhile [ $# -gt 0 ]; do\ncase $1 in\n--record) record=$2 ;;\n--stdin) plan=$2 ;;\nesac\nshift\ndone\n\
             echo '{record}' >\"$record/record.json\"\n"
        );
        let vm = self.path("vm");
        fs::write(&vm, head + script).unwrap();
        fs::set_permissions(&vm, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs the experiment with a `vm` that prints the records of `runs` and exits with `code`.
    pub fn run(&self, runs: &[FakeRun], code: i32) -> Out {
        let records = runs.iter().map(|run| run.json().to_string() + "\n");
        fs::write(self.path("records"), records.collect::<String>()).unwrap();
        let records = self.path("records");
        self.vm(&format!("cat {}\nexit {code}\n", records.display()));
        self.sweep(&["run", "t.toml"])
    }

    /// Runs `sweep` in the sandbox.
    pub fn sweep(&self, args: &[&str]) -> Out {
        let exe = Path::new(env!("CARGO_BIN_EXE_sweep"));
        let mut command = Command::new(exe);
        command
            .current_dir(self.0.path())
            .args(args)
            .env("SLOWPATH_VM", self.path("vm"));
        if (args[0] == "run" && !args.contains(&"--resume")) || args[0] == "merge" {
            command.args(["--results", "results"]);
        }
        let out = command.output().unwrap();
        Out {
            code: out.status.code().unwrap(),
            stdout: String::from_utf8(out.stdout).unwrap(),
            stderr: String::from_utf8(out.stderr).unwrap(),
        }
    }
}
