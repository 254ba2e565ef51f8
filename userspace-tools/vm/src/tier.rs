// SPDX-License-Identifier: GPL-2.0

//! Memory of what an earlier `--tier auto` run found about this host's KVM.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

/// What is remembered of an earlier `auto` run: it holds for this boot of the host and this QEMU.
pub struct Memory {
    path: PathBuf,
}

impl Memory {
    /// The place for this host and QEMU version.
    pub fn new(qemu_version: &str) -> Result<Memory> {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").context("boot_id")?;
        let cache = std::env::var_os("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
            .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))
            .context("neither XDG_CACHE_HOME nor HOME is set")?;
        let version: String = qemu_version
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .collect();
        let name = format!("kvm-{}-{version}", boot.trim());
        Ok(Memory {
            path: cache.join("slowpath").join(name),
        })
    }

    /// Why KVM did not work, if that is known; an empty reason means that it did.
    pub fn recall(&self) -> Option<String> {
        fs::read_to_string(&self.path)
            .ok()
            .map(|reason| reason.trim().to_owned())
    }

    /// Remembers a reason, or with an empty one that KVM works.
    pub fn remember(&self, reason: &str) -> Result<()> {
        let directory = self.path.parent().context("cache folder")?;
        fs::create_dir_all(directory).with_context(|| directory.display().to_string())?;
        let new = tempfile::NamedTempFile::new_in(directory)?;
        fs::write(&new, format!("{reason}\n"))?;
        new.persist(&self.path)
            .with_context(|| self.path.display().to_string())?;
        Ok(())
    }

    /// Where it is written down.
    pub fn path(&self) -> String {
        self.path.display().to_string()
    }
}
