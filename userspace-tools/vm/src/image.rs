// SPDX-License-Identifier: GPL-2.0

//! The guest image: a folder with the stock kernel and an initramfs.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{bail, Context, Result};

/// Where the parts of an image are.
#[derive(Clone, Debug)]
pub struct Image {
    /// The folder.
    pub directory: PathBuf,
    /// The kernel: `vmlinux`, an ELF that needs no decompressor, else `vmlinuz`.
    pub kernel: PathBuf,
    /// The initramfs.
    pub initramfs: PathBuf,
}

impl Image {
    /// The image in this folder, whether it is complete or not.
    pub fn at(directory: &Path) -> Image {
        let directory = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
        let (elf, packed) = (directory.join("vmlinux"), directory.join("vmlinuz"));
        let kernel = if packed.exists() && !elf.exists() {
            packed
        } else {
            elf
        };
        Image {
            kernel,
            initramfs: directory.join("initramfs.cpio"),
            directory,
        }
    }

    /// Refuses an image that lacks a part.
    pub fn check(&self) -> Result<()> {
        for part in [&self.kernel, &self.initramfs] {
            if !part.is_file() {
                bail!(
                    "{} is not there; next step: `make image`, or name an image by --image or \
                     SLOWPATH_IMAGE",
                    part.display()
                );
            }
        }
        Ok(())
    }

    /// The kernel's release, as the image's builder wrote it down.
    pub fn release(&self) -> Result<String> {
        let path = self.directory.join("release");
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        Ok(text.trim().to_owned())
    }
}
