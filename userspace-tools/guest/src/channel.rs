// SPDX-License-Identifier: GPL-2.0

//! The guest's end of the channel: one virtio-serial port, found by its name.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use anyhow::{bail, Context, Result};
use wire::{Hello, Message, WireError};

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
        if start.elapsed() > PORT_APPEARANCE {
            bail!(
                "no port of /sys/class/virtio-ports has the name {:?}",
                wire::PORT
            );
        }
        thread::sleep(PORT_POLL_PERIOD);
    };
    let port = File::options().read(true).write(true).open(&path);
    let port = port.with_context(|| path.display().to_string())?;
    let messages = io::BufReader::new(port.try_clone().context("dup of the port")?);
    Ok((
        Channel {
            port: Arc::new(Mutex::new(port)),
        },
        messages,
    ))
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
    let nonce = command_line
        .split_whitespace()
        .filter_map(|word| word.split_once('='))
        .find(|(key, _)| *key == wire::NONCE_WORD)
        .map(|(_, nonce)| nonce.to_owned())
        .with_context(|| format!("no {}= on the kernel's command line", wire::NONCE_WORD))?;
    let online = fs::read_to_string("/proc/cpuinfo").context("/proc/cpuinfo")?;
    Ok(Hello {
        version: wire::VERSION,
        nonce,
        release: rustix::system::uname()
            .release()
            .to_string_lossy()
            .into_owned(),
        vcpus: online
            .lines()
            .filter(|line| line.starts_with("processor"))
            .count() as u32,
        uptime_ms: uptime_ms(),
        hypervisor: online
            .lines()
            .find(|line| line.starts_with("flags"))
            .is_some_and(|flags| flags.split_whitespace().any(|flag| flag == "hypervisor")),
        lock_log: kernel_log::about_locks(),
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
