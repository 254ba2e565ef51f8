// SPDX-License-Identifier: GPL-2.0

//! The guest's end of the channel: one virtio-serial port, found by its name.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use anyhow::{ensure, Context, Result};
use wire::{Hello, Message, WireError};

use crate::fpu;
use crate::kernel_log;
use crate::limits::{PORT_APPEARANCE, PORT_POLL_PERIOD};

pub type Messages = io::BufReader<File>;

/// The sending side, shared by all threads; a lock keeps frames whole.
#[derive(Clone)]
pub struct Channel {
    port: Arc<Mutex<File>>,
}

/// Finds and opens the port, whose name appears shortly after its device.
pub fn open() -> Result<(Channel, Messages)> {
    let start = Instant::now();
    let path = loop {
        if let Some(path) = find() {
            break path;
        }
        let name = wire::PORT;
        ensure!(
            start.elapsed() <= PORT_APPEARANCE,
            "no port of /sys/class/virtio-ports has the name {name:?}"
        );
        thread::sleep(PORT_POLL_PERIOD);
    };
    let port = File::options().read(true).write(true).open(&path);
    let port = port.with_context(|| path.display().to_string())?;
    let messages = io::BufReader::new(port.try_clone().context("dup of the port")?);
    let port = Arc::new(Mutex::new(port));
    Ok((Channel { port }, messages))
}

fn find() -> Option<PathBuf> {
    for entry in fs::read_dir("/sys/class/virtio-ports").ok()?.flatten() {
        let name = fs::read_to_string(entry.path().join("name")).unwrap_or_default();
        let device = PathBuf::from("/dev").join(entry.file_name());
        if name.trim() == wire::PORT && device.exists() {
            return Some(device);
        }
    }
    None
}

pub fn hello() -> Result<Hello> {
    let command_line = fs::read_to_string("/proc/cmdline").context("/proc/cmdline")?;
    let word = format!("{}=", wire::NONCE_WORD);
    let mut words = command_line.split_whitespace();
    let nonce = words.find_map(|one| one.strip_prefix(&word));
    let nonce = nonce.with_context(|| format!("no {word} on the kernel's command line"))?;
    let online = fs::read_to_string("/proc/cpuinfo").context("/proc/cpuinfo")?;
    let of = |key: &'static str| online.lines().filter(move |line| line.starts_with(key));
    let hypervisor = |flags: &str| flags.split_whitespace().any(|flag| flag == "hypervisor");
    let uname = rustix::system::uname();
    let (vcpus, lock_log) = (of("processor").count() as u32, kernel_log::about_locks());
    let is_xen = lock_log
        .iter()
        .any(|line| line.contains(wire::XEN_DETECTED));
    Ok(Hello {
        version: wire::VERSION,
        nonce: nonce.to_owned(),
        release: uname.release().to_string_lossy().into_owned(),
        vcpus,
        uptime_ms: uptime_ms(),
        hypervisor: of("flags").next().is_some_and(hypervisor),
        lock_log,
        wrong_sums: is_xen.then(|| fpu::wrong_sums(vcpus)).transpose()?,
        deferred_init_ms: kernel_log::deferred_init_ms(),
    })
}

fn uptime_ms() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    now.tv_sec as u64 * 1000 + now.tv_nsec as u64 / 1_000_000
}

/// Gives the calling thread the highest priority of normal scheduling: the channel has to live while the load
/// uses every vCPU.
pub fn set_highest_priority() {
    // Zero is the calling thread. Failing only makes the channel slower.
    let _ = rustix::process::setpriority_process(None, -20);
}

impl Channel {
    pub fn send(&self, message: &Message) -> Result<(), WireError> {
        let mut port = self.port.lock().unwrap_or_else(PoisonError::into_inner);
        wire::write(&mut *port, message)
    }

    pub fn start_heartbeat(&self) {
        let channel = self.clone();
        thread::spawn(move || {
            set_highest_priority();
            loop {
                if let Err(error) = channel.send(&Message::Heartbeat) {
                    eprintln!("guest: heartbeat: {error}");
                    crate::power::off();
                }
                thread::sleep(wire::HEARTBEAT_PERIOD);
            }
        });
    }
}
