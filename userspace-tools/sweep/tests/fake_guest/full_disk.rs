// SPDX-License-Identifier: GPL-2.0

//! A full disk: one line with the cause, exit code 4, and no file that looks whole.

use std::{fs, io::ErrorKind, path::PathBuf};

use rustix::mount::{mount, unmount, MountFlags, UnmountFlags};

use crate::guest::{Out, Sandbox};

const FULL: &str = "No space left on device";

/// Size of the disk: a result needs more than half of it.
const SIZE: usize = 128 << 10;
const PAGE: usize = 4 << 10;

/// A file system of [`SIZE`].
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts it at `path` with so many pages free; needs root, as the toolbox gives it.
    fn mount(path: PathBuf, free: usize) -> Self {
        fs::create_dir_all(&path).unwrap();
        let mounted = mount("none", &path, "tmpfs", MountFlags::empty(), c"size=128k");
        mounted.expect("a mount, which needs root. Try: scripts/toolbox");
        let disk = Self(path);
        fs::write(disk.0.join(".filler"), vec![0; SIZE - free * PAGE]).unwrap();
        disk
    }

    /// Leaves no byte free.
    fn fill(&self) {
        let error = fs::write(self.0.join(".filler"), vec![0; SIZE + PAGE]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    }

    /// Its files, but the filler.
    fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.0).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths.filter(|path| !path.ends_with(".filler")).collect()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = unmount(&self.0, UnmountFlags::DETACH);
    }
}

/// Asserts exit code 4 and a single line of `sweep`, the last, with the cause.
fn fails(out: &Out) {
    assert_eq!(out.code, 4, "{}{}", out.stdout, out.stderr);
    let lines = out.stderr.lines();
    let why: Vec<&str> = lines
        .filter(|line| line.starts_with("sweep: cannot "))
        .collect();
    assert!(why.len() == 1 && why[0].contains(FULL), "{}", out.stderr);
}

/// The disk becomes full at any of the writes of a run.
#[test]
fn run_on_a_full_disk_is_incomplete_wherever_it_ends() {
    let (mut failed, mut passed) = (0, 0);
    for free in 0..=SIZE / PAGE {
        let sandbox = Sandbox::new();
        let runs = sandbox.passing();
        let disk = SmallDisk::mount(sandbox.root(), free);
        let out = sandbox.run(&runs, 0);
        if out.code == 0 {
            passed += 1;
            continue;
        }
        failed += 1;
        fails(&out);
        assert!(!sandbox.latest().exists());
        for dir in disk.files() {
            let show = sandbox.sweep(&["show", dir.to_str().unwrap()]);
            assert_ne!(show.code, 0, "{free} pages free: {}", show.stdout);
        }
    }
    assert!(failed > 0 && passed > 0, "{failed} failed, {passed} passed");
}

#[test]
fn result_of_a_full_disk_is_completed_by_resume() {
    let sandbox = Sandbox::new();
    sandbox.build("modules");
    sandbox.answer();
    sandbox.hold();
    let disk = SmallDisk::mount(sandbox.root(), SIZE / PAGE);
    let child = sandbox.spawn(5);
    disk.fill();
    sandbox.go();
    let out = Out::from(child.wait_with_output().unwrap());
    fails(&out);
    assert!(
        out.stderr.contains("Try: sweep run --resume "),
        "{}",
        out.stderr
    );
    let [dir] = &disk.files()[..] else {
        panic!("{:?}", disk.files());
    };
    let dir = dir.to_str().unwrap();
    sandbox
        .sweep(&["show", dir])
        .is(4, &["INCOMPLETE: cannot write", FULL]);
    fs::remove_file(disk.0.join(".filler")).unwrap();
    sandbox.sweep(&["run", "--resume", dir]).is(0, &["18 runs"]);
}

/// What was there stays, and half of the new text does not.
#[test]
fn file_that_does_not_fit_is_not_written() {
    let sandbox = Sandbox::new();
    sandbox.run(&sandbox.passing(), 0).is(0, &[]);
    let latest = sandbox.latest();
    let latest = latest.to_str().unwrap();
    let disk = SmallDisk::mount(sandbox.root().join("small"), 1);
    let file = disk.0.join("file");
    let path = file.to_str().unwrap();
    fs::write(&file, "old").unwrap();
    for old in [Some("old"), None] {
        if old.is_none() {
            fs::remove_file(&file).unwrap();
        }
        disk.fill();
        for args in [
            ["report", latest, "--out", path].as_slice(),
            &["gate", latest, "--junit", path],
            &["gate", latest, "--ktap", path],
            &["run", "t.toml", "--junit", path],
            &["run", "t.toml", "--ktap", path],
            &["baseline", "save", path, latest],
        ] {
            fails(&sandbox.sweep(args));
            let text = fs::read_to_string(&file).ok();
            assert_eq!(text.as_deref(), old, "{args:?}");
            assert_eq!(disk.files().len(), usize::from(old.is_some()), "{args:?}");
        }
    }
}
