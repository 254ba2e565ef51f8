// SPDX-License-Identifier: GPL-2.0

//! Guest image: a folder with the stock kernel and an initramfs.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{bail, Context, Result};
use vm_record::{Tier, TierChoice};

#[derive(Clone, Debug)]
pub struct Image {
    pub directory: PathBuf,
    /// The kernel as packaged.
    vmlinuz: PathBuf,
    /// The same as an ELF that needs no decompressor.
    vmlinux: PathBuf,
    initramfs: PathBuf,
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
        let l1 = (tier == TierChoice::Nested).then_some(&self.l1);
        for part in [&self.vmlinuz, &self.initramfs].into_iter().chain(l1) {
            if !part.is_file() {
                bail!(
                    "cannot boot: {} does not exist. Try: `make image`, or name an image by --image or \
                     SLOWPATH_IMAGE",
                    part.display()
                );
            }
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
