// SPDX-License-Identifier: GPL-2.0

//! Guests for tests, each with a folder of its own, by which its QEMU is found.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::mount::{mount, unmount, MountFlags, UnmountFlags};
use rustix::process::{kill_process, Pid, Signal};
use serde_json::Value;
use tempfile::TempDir;

pub struct Guest {
    folder: TempDir,
    records: bool,
}

/// A file system of 64 KiB.
pub struct SmallDisk(PathBuf);

pub struct Vm {
    child: Child,
    stderr: PathBuf,
}

pub struct Run {
    /// Its exit code; -1 when a signal ended it.
    pub code: i32,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

/// The image to boot; no image is a failure.
fn image() -> PathBuf {
    let build = concat!(env!("CARGO_MANIFEST_DIR"), "/../../build/image");
    let image = std::env::var_os("SLOWPATH_IMAGE").map_or(PathBuf::from(build), PathBuf::from);
    let initramfs = image.join("initramfs.cpio");
    let path = initramfs.display();
    assert!(initramfs.is_file(), "no {path}. Try: make image");
    image
}

impl Guest {
    pub fn new() -> Guest {
        Guest {
            folder: tempfile::tempdir().expect("a folder"),
            records: true,
        }
    }

    pub fn without_record() -> Guest {
        Guest {
            records: false,
            ..Guest::new()
        }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a command in it under TCG, one vCPU unless asked otherwise, without modules.
    pub fn run(&self, options: &[&str], command: &[&str]) -> Run {
        self.start(options, command).wait()
    }

    pub fn start(&self, options: &[&str], command: &[&str]) -> Vm {
        // The tests themselves may run under nohup.
        let by = ["env", "--default-signal=HUP,INT,TERM"];
        self.start_by(&by, options, command)
    }

    /// Starts `vm` by the command `by`, which executes it.
    pub fn start_by(&self, by: &[&str], options: &[&str], command: &[&str]) -> Vm {
        let has = |option| options.contains(&option);
        let mut vm = Command::new(by[0]);
        vm.args(&by[1..]).arg(env!("CARGO_BIN_EXE_vm")).arg("run");
        if self.records {
            vm.arg("--record").arg(self.folder().join("record"));
        }
        if !has("--image") {
            vm.arg("--image").arg(image());
        }
        if !has("--vcpus") && !has("--ratio") {
            vm.args(["--vcpus", "1"]);
        }
        if !has("--tier") {
            vm.args(["--tier", "tcg"]);
        }
        if !has("--module") {
            vm.arg("--no-modules");
        }
        let stderr = self.folder().join("stderr");
        let child = vm
            .args(options)
            .arg("--")
            .args(command)
            .env("XDG_CACHE_HOME", self.folder().join("cache"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&stderr).expect("a file for the messages"))
            .spawn();
        Vm {
            child: child.expect("vm starts"),
            stderr,
        }
    }

    pub fn wait_for_command(&self, vm: &Vm) {
        let started = || vm.messages().contains("first command");
        assert!(within(120, started), "{}", vm.messages());
    }

    pub fn record(&self) -> Value {
        self.record_in("record")
    }

    pub fn record_in(&self, part: &str) -> Value {
        let path = self.folder().join(part).join("record.json");
        let text = fs::read(path).expect("a record");
        serde_json::from_slice(&text).expect("a record in JSON")
    }

    pub fn attempts(&self) -> Option<usize> {
        self.record()["attempts"].as_array().map(Vec::len)
    }

    /// Its QEMU, found by the name of the folder on its command line.
    pub fn qemu(&self) -> Option<Pid> {
        self.qemu_of("")
    }

    /// The QEMU whose files are in this part of the folder.
    pub fn qemu_of(&self, part: &str) -> Option<Pid> {
        let folder = self.folder().join(part);
        let folder = folder.to_str().expect("UTF-8");
        fs::read_dir("/proc")
            .expect("/proc")
            .flatten()
            .find_map(|entry| {
                let line = fs::read(entry.path().join("cmdline")).ok()?;
                let line = String::from_utf8_lossy(&line).into_owned();
                let ours = line.starts_with("qemu-system-") && line.contains(folder);
                Pid::from_raw(entry.file_name().to_str()?.parse().ok()?).filter(|_| ours)
            })
    }

    pub fn wait_for_the_end_of_qemu(&self) {
        assert!(within(5, || self.qemu().is_none()), "QEMU outlives vm");
    }

    pub fn signal_qemu(&self, signal: Signal) {
        kill_process(self.qemu().expect("a QEMU"), signal).expect("a signal to QEMU");
    }
}

impl SmallDisk {
    /// Mounts it in a new folder; needs root, as the toolbox gives it.
    pub fn mount(folder: PathBuf) -> SmallDisk {
        fs::create_dir(&folder).expect("a folder");
        let mounted = mount("none", &folder, "tmpfs", MountFlags::empty(), c"size=64k");
        mounted.expect("a mount, which needs root. Try: scripts/toolbox");
        SmallDisk(folder)
    }

    /// Leaves no byte free.
    pub fn fill(&self) {
        let filled = fs::write(self.0.join("filler"), [0; 68 << 10]);
        let error = filled.expect_err("a full disk");
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }

    /// Whether a file's name begins so.
    pub fn has(&self, name: &str) -> bool {
        let entries = fs::read_dir(&self.0).expect("its files").flatten();
        let mut names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        names.any(|entry| entry.starts_with(name))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = unmount(&self.0, UnmountFlags::DETACH);
    }
}

fn within(seconds: u64, is_true: impl Fn() -> bool) -> bool {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(seconds) {
        if is_true() {
            return true;
        }
        thread::sleep(Duration::from_millis(20));
    }
    false
}

impl Run {
    /// Expects this exit code, -1 for a `vm` that a signal ended.
    pub fn exits(self, code: i32) -> Run {
        assert_eq!(self.code, code, "{}", self.stderr);
        self
    }

    pub fn reports(&self, text: &str) -> &Run {
        assert!(self.stderr.contains(text), "{text}: {}", self.stderr);
        self
    }
}

impl Vm {
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id() as i32).expect("a process id");
        kill_process(pid, signal).expect("a signal to vm");
    }

    pub fn messages(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.stderr).unwrap_or_default()).into_owned()
    }

    pub fn wait(self) -> Run {
        let stderr = self.stderr.clone();
        let output = self.child.wait_with_output().expect("vm ends");
        let messages = fs::read(stderr).expect("its messages");
        Run {
            code: output.status.code().unwrap_or(-1),
            stdout: output.stdout,
            stderr: String::from_utf8_lossy(&messages).into_owned(),
        }
    }
}

/// A copy of the image whose kernel ends in a triple fault before it prints anything: it loads an empty
/// interrupt table and raises an interrupt, so neither that nor the fault of its absence is handled, and the
/// processor resets.
pub fn with_a_kernel_that_triple_faults(copy: &Path) -> PathBuf {
    fs::create_dir_all(copy).expect("a folder for the copy");
    for part in ["vmlinuz", "vmlinux", "initramfs.cpio", "release"] {
        fs::copy(image().join(part), copy.join(part)).expect(part);
    }
    let l1 = "l1.cpio";
    std::os::unix::fs::symlink(image().join(l1), copy.join(l1)).expect(l1);
    let path = copy.join("vmlinux");
    let kernel = File::options().read(true).write(true).open(path);
    let kernel = kernel.expect("the kernel");
    let word = |at| {
        let mut word = [0; 8];
        kernel.read_exact_at(&mut word, at).expect("an ELF header");
        u64::from_le_bytes(word)
    };
    // e_phoff, then p_offset and p_paddr of the first program header: the entry is near its start.
    let header = word(0x20);
    let (offset, address) = (word(header + 8), word(header + 24));
    const NOP: u8 = 0x90;
    let mut code = vec![NOP; 32 << 10];
    // In 32-bit mode: lidt [table]; int3; table: six bytes of zero.
    let table = address as u32 + code.len() as u32 + 8;
    code.extend([0x0f, 0x01, 0x1d]);
    code.extend(table.to_le_bytes());
    code.extend([0xcc, 0, 0, 0, 0, 0, 0]);
    let written = kernel.write_all_at(&code, offset);
    written.expect("the kernel's start");
    copy.to_owned()
}
