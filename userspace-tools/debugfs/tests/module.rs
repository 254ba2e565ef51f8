// SPDX-License-Identifier: GPL-2.0

//! Runs through a directory of ordinary files, in which a thread plays the module.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        atomic::{AtomicBool, Ordering},
        Arc,
    },
    thread::{self, sleep, JoinHandle},
    time::{Duration, Instant},
};

use abi::lock_load::{Config, Lock, Switch};
use debugfs::{Dir, Error, Interrupt, Module};
use results::{LockLoad, Outcome, Report};

fn config() -> Config {
    Config {
        lock: Lock::Tas,
        run_ms: 20,
        histograms: Switch::Off,
        ..Config::default()
    }
}

fn report(run: u64) -> String {
    format!(
        "lock-load schema=6 run={run}\nconfig {}\n\
         sum elapsed_ns=20000000 sections=30 min=10 mean=15 max=20 halts=1 kicks=2 \
         exclusion=held lost=0\n\
         machine hypervisor=other kernel_lock=test-and-set mode=tas kick=ipi loops_per_us=100 lost_time=gaps\n\
         torture pauses=0 paused_ns=0 shuffles=0 offline=0 refused=0 long_holds=0 boosts=0\n\
         thread index=0 vcpu=0 sections=10 halts=0 kicks=2 moved=0 queued_ns=0\n\
         thread index=1 vcpu=1 sections=20 halts=1 kicks=0 moved=0 queued_ns=0\n",
        config()
    )
}

/// A debugfs root with a fake module.
struct FakeModule {
    root: tempfile::TempDir,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl FakeModule {
    /// A module that ends its run with `report`; without one, it runs until `stop`.
    fn new(report: Option<String>) -> Self {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("lock-load");
        fs::create_dir(&dir).unwrap();
        for file in ["config", "run", "report", "reset"] {
            fs::write(dir.join(file), "").unwrap();
        }
        fs::write(dir.join("abi"), "abi schema=6\n").unwrap();
        // A real module runs before the write of `start` returns; this one's thread may see it much later.
        status(&dir, "running", 0);
        let over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&over);
        let thread = Some(thread::spawn(move || act(&dir, report, &ends)));
        Self { root, over, thread }
    }

    fn module(&self) -> Module<LockLoad> {
        Module::open(self.root.path()).unwrap()
    }

    /// Ends its thread, which writes no file from then on.
    fn end(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(JoinHandle::join);
    }

    fn file(&self, name: &str) -> PathBuf {
        self.root.path().join("lock-load").join(name)
    }
}

impl Drop for FakeModule {
    fn drop(&mut self) {
        self.end();
    }
}

/// Replaces a file atomically, as a reader of debugfs sees it.
fn put(dir: &Path, file: &str, text: &str) {
    let new = dir.join("new");
    fs::write(&new, text).unwrap();
    fs::rename(new, dir.join(file)).unwrap();
}

fn status(dir: &Path, state: &str, runs: u64) {
    let text = format!("status state={state} runs={runs} elapsed_ns=0\nerror=\n");
    put(dir, "status", &text);
}

/// Waits until `word` is written to `run`; returns whether it was.
fn is_written(dir: &Path, word: &str, over: &AtomicBool) -> bool {
    while fs::read_to_string(dir.join("run")).unwrap() != word {
        if over.load(Ordering::Relaxed) {
            return false;
        }
        sleep(Duration::from_millis(1));
    }
    true
}

fn act(dir: &Path, text: Option<String>, over: &AtomicBool) {
    let ends = is_written(dir, "start", over)
        && match text {
            Some(_) => {
                sleep(Duration::from_millis(40));
                true
            }
            None => is_written(dir, "stop", over),
        };
    if ends {
        put(dir, "report", &text.unwrap_or_else(|| report(1)));
        status(dir, "idle", 1);
    }
}

#[test]
fn run_writes_its_settings_and_returns_its_report() {
    let fake = FakeModule::new(Some(report(1)));
    let report = fake.module().run(&config(), &Interrupt::default()).unwrap();
    assert_eq!(report.outcome(), Outcome::Pass);
    assert_eq!((report.run, report.threads.len()), (1, 2));
    assert_eq!(report.rate(), 1500.0);
    assert!((report.fairness().unwrap() - 0.9).abs() < 1e-9);
    // Half as many sections in half the time is a fair share.
    let mut shared = report.clone();
    shared.threads[0].queued_ns = shared.sum.elapsed_ns / 2;
    assert!((shared.fairness().unwrap() - 1.0).abs() < 1e-9);
    let written = fs::read_to_string(fake.file("config")).unwrap();
    assert_eq!(written, config().to_string());
}

#[test]
fn run_is_stopped_at_its_time_limit() {
    let fake = FakeModule::new(None);
    let limit = Duration::from_millis(60);
    let began = Instant::now();
    let error = fake
        .module()
        .run_within(&config(), &Interrupt::default(), limit)
        .unwrap_err();
    assert!(matches!(error, Error::TimedOut { .. }), "{error}");
    assert!(error.to_string().contains("still running after"), "{error}");
    assert!(began.elapsed() >= limit);
    assert_eq!(fs::read_to_string(fake.file("run")).unwrap(), "stop");
}

#[test]
fn interrupt_stops_the_run() {
    let fake = FakeModule::new(None);
    let interrupt = Interrupt::default();
    let raised = interrupt.clone();
    let later = thread::spawn(move || {
        sleep(Duration::from_millis(30));
        raised.raise(2);
    });
    let error = fake.module().run(&config(), &interrupt).unwrap_err();
    later.join().unwrap();
    assert!(matches!(error, Error::Interrupted { signal: 2, .. }));
    assert_eq!(fs::read_to_string(fake.file("run")).unwrap(), "stop");
}

#[test]
fn report_of_another_run_is_refused() {
    let fake = FakeModule::new(Some(report(2)));
    let run = fake.module().run(&config(), &Interrupt::default());
    let error = run.unwrap_err().to_string();
    assert!(error.contains("of run 2, not of run 1"), "{error}");
}

#[test]
fn contradictory_report_is_refused() {
    let fake = FakeModule::new(Some(report(1).replace("sections=30", "sections=31")));
    let run = fake.module().run(&config(), &Interrupt::default());
    let error = run.unwrap_err().to_string();
    assert!(error.contains("sections: 31 != 30"), "{error}");
}

#[test]
fn open_names_the_next_step() {
    let root = tempfile::tempdir().unwrap();
    let open = || Dir::open(root.path(), "lock-load").unwrap_err().to_string();
    assert!(open().contains("mount -t debugfs none"), "{}", open());
    fs::create_dir(root.path().join("bdi")).unwrap();
    assert!(open().contains("insmod lock-load.ko"), "{}", open());
}

#[test]
fn open_refuses_another_schema() {
    let fake = FakeModule::new(Some(report(1)));
    fs::write(fake.file("abi"), "abi schema=7\n").unwrap();
    let error = Dir::open(fake.root.path(), "lock-load").unwrap_err();
    let expected = format!("the module has ABI schema 7, this tool {}", abi::SCHEMA);
    assert!(error.to_string().contains(&expected), "{error}");
}

#[test]
fn unloaded_module_is_an_error() {
    let mut fake = FakeModule::new(Some(report(1)));
    let dir = Dir::open(fake.root.path(), "lock-load").unwrap();
    fake.end();
    fs::remove_dir_all(fake.root.path().join("lock-load")).unwrap();
    let error = dir.status().unwrap_err().to_string();
    assert!(error.contains("was unloaded"), "{error}");
}

#[test]
fn malformed_report_is_shown() {
    let fake = FakeModule::new(Some(report(1)));
    fs::write(fake.file("report"), "lock-load schema=3\n").unwrap();
    let error = fake.module().report().unwrap_err().to_string();
    assert!(error.contains("not a `lock-load run`"), "{error}");
    assert!(LockLoad::parse(&report(1).replace("threads=2", "threads=02")).is_err());
}
