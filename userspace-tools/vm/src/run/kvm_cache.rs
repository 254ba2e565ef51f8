// SPDX-License-Identifier: GPL-2.0

//! Cache of what an earlier `--tier auto` run found about KVM, for this boot of the host and this QEMU.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use vm_record::write_whole;

pub struct KvmCache {
    path: PathBuf,
}

impl KvmCache {
    pub fn new(qemu_version: &str) -> Result<KvmCache> {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").context("boot_id")?;
        let path = |name| std::env::var_os(name).map(PathBuf::from);
        let absolute = |path: &PathBuf| path.is_absolute();
        let home = || {
            path("HOME")
                .filter(absolute)
                .map(|home| home.join(".cache"))
        };
        let cache = path("XDG_CACHE_HOME").filter(absolute).or_else(home);
        let cache = cache.context("neither XDG_CACHE_HOME nor HOME is an absolute path")?;
        let version = qemu_version.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        let name = format!("kvm-{}-{version}", boot.trim());
        Ok(KvmCache {
            path: cache.join("slowpath").join(name),
        })
    }

    /// Why KVM is unusable, if that is known; empty if it works.
    pub fn read(&self) -> Option<String> {
        let text = fs::read_to_string(&self.path).ok()?;
        Some(text.trim().to_owned())
    }

    /// Stores why KVM is unusable; empty if it works.
    pub fn write(&self, reason: &str) -> Result<()> {
        let folder = self.path.parent().context("cache folder")?;
        fs::create_dir_all(folder)
            .and_then(|()| write_whole(&self.path, &format!("{reason}\n")))
            .with_context(|| self.path())
    }

    pub fn path(&self) -> String {
        self.path.display().to_string()
    }
}
