// SPDX-License-Identifier: GPL-2.0

//! Guest image: a folder with the stock kernel and an initramfs.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{bail, Context, Result};
use vm_record::{image_advice, Tier, TierChoice};

#[derive(Clone, Debug)]
pub struct Image {
    pub directory: PathBuf,
    /// The kernel as packaged.
    vmlinuz: PathBuf,
    /// The same as an ELF that needs no decompressor.
    vmlinux: PathBuf,
    initramfs: PathBuf,
    /// Xen, without compression.
    pub xen: PathBuf,
    /// The initramfs of the L1 hypervisor, with the guest's kernel and initramfs in it.
    pub l1: PathBuf,
}

impl Image {
    /// The image in this folder, whether it is complete or not.
    pub fn at(directory: &Path) -> Image {
        let directory = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
        Image {
            vmlinuz: directory.join("vmlinuz"),
            vmlinux: directory.join("vmlinux"),
            initramfs: directory.join("initramfs.cpio"),
            xen: directory.join("xen"),
            l1: directory.join("l1.cpio"),
            directory,
        }
    }

    /// The kernel to boot on this tier. Translated, the decompressor would take most of a second.
    /// Under KVM it takes no time and is a test: on a KVM that cannot run ordinary code it ends
    /// in "KVM internal error" at once, where the ELF only hangs.
    pub fn kernel(&self, tier: Tier) -> &Path {
        match tier {
            Tier::Tcg | Tier::Count if self.vmlinux.exists() || !self.vmlinuz.exists() => {
                &self.vmlinux
            }
            Tier::Nested => Path::new("/guest/vmlinux"),
            _ => &self.vmlinuz,
        }
    }

    /// The initramfs, where this tier's QEMU finds it.
    pub fn initramfs(&self, tier: Tier) -> &Path {
        match tier {
            Tier::Nested => Path::new("/guest/initramfs.cpio"),
            _ => &self.initramfs,
        }
    }

    pub fn check(&self, tier: TierChoice) -> Result<()> {
        let more = match tier {
            TierChoice::Nested => Some(&self.l1),
            TierChoice::Xen => Some(&self.xen),
            _ => None,
        };
        for part in [&self.vmlinuz, &self.initramfs].into_iter().chain(more) {
            if !part.is_file() {
                let (part, advice) = (part.display(), image_advice(tier));
                bail!("cannot boot: {part} does not exist. Try: {advice}");
            }
        }
        // Xen takes the words after the first blank for the kernel's command line.
        let path = self.directory.display().to_string();
        if tier == TierChoice::Xen && path.contains(char::is_whitespace) {
            bail!("cannot boot Xen: the image's path has a blank ({path}). Try: --image of a folder without one");
        }
        Ok(())
    }

    /// The kernel's release, as the image's builder recorded it.
    pub fn release(&self) -> Result<String> {
        let path = self.directory.join("release");
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        Ok(text.trim().to_owned())
    }
}
