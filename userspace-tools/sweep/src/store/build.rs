// SPDX-License-Identifier: GPL-2.0

//! Build that runs are of: SHA-256 of the kernel image, of the initramfs, and of each module in it.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufReader, Read},
    path::{Path, PathBuf},
};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use vm_record::{Record, SimulatedMachine, Tier};

use crate::store::sha256;

/// The part of an image that holds the modules and the tools.
const INITRAMFS: &str = "initramfs.cpio";
/// The kernels of an image: compressed, and as an ELF.
const KERNELS: [&str; 2] = ["vmlinuz", "vmlinux"];
/// The same under Xen.
const XEN: [&str; 2] = ["xen", "vmlinuz"];

/// Files by name, each with its SHA-256 or, if it could not be read, `unknown` and the cause.
pub type Hashes = BTreeMap<String, String>;

/// What guests boot.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Build {
    /// Kernel images and initramfs.
    pub image: Hashes,
    /// Modules in the initramfs.
    pub modules: Hashes,
}

impl Build {
    /// What the guest of this record booted; in the nested tier that is L1, with the guest's files in it.
    pub fn booted(vm: &Record) -> Self {
        if let Some(machine) = &vm.simulated {
            return Self::simulator(vm, machine);
        }
        let image = Path::new(&vm.image);
        let initramfs = image.join(INITRAMFS);
        if vm.last.tier == Tier::Xen {
            // The kernel and its words are one word of QEMU's command line, with the initramfs behind them.
            let files = XEN.iter().map(|name| image.join(name));
            return Self::of(files.chain([initramfs.clone()]), &initramfs);
        }
        let words = vm.last.command_line.windows(2);
        let files = words.filter(|pair| pair[0] == "-kernel" || pair[0] == "-initrd");
        let files = files.map(|pair| PathBuf::from(&pair[1]));
        Self::of(files.chain([initramfs.clone()]), &initramfs)
    }

    /// The simulator of this record, and the file of its costs, if they are not built in.
    fn simulator(vm: &Record, machine: &SimulatedMachine) -> Self {
        let mut words = vm.last.command_line.iter();
        // The program follows the words that have it killed with `vm`.
        let program = words
            .by_ref()
            .find(|word| *word == "KILL")
            .and(words.next());
        let costs = Some(machine.costs_file()).filter(|file| file.is_file());
        let files = program.map(PathBuf::from).into_iter().chain(costs);
        Self {
            image: files.map(hash).collect(),
            modules: Hashes::new(),
        }
    }

    /// What the image in a directory has to boot.
    pub fn of_image(image: &Path) -> Self {
        let kernels = KERNELS.iter().map(|name| image.join(name));
        let initramfs = image.join(INITRAMFS);
        Self::of(kernels.chain([initramfs.clone()]), &initramfs)
    }

    fn of(files: impl Iterator<Item = PathBuf>, initramfs: &Path) -> Self {
        Self {
            image: files.map(hash).collect(),
            modules: modules(initramfs)
                .unwrap_or_else(|error| Hashes::from([("all".into(), known(Err(error)))])),
        }
    }

    /// Each hash by the name of its file.
    pub fn facts(&self) -> Vec<(String, String)> {
        let all = self.image.iter().chain(&self.modules);
        all.map(|(name, hash)| (name.clone(), hash.clone()))
            .collect()
    }
}

/// A file's name and its hash.
fn hash(path: PathBuf) -> (String, String) {
    let name = path.file_name().unwrap_or(path.as_os_str());
    let name = name.to_string_lossy().into_owned();
    (name, known(sha256::of_file(&path)))
}

/// A hash, or why it is unknown.
fn known(hash: anyhow::Result<String>) -> String {
    hash.unwrap_or_else(|error| format!("unknown: {error:#}"))
}

/// The modules in an initramfs of the format `newc`.
fn modules(initramfs: &Path) -> anyhow::Result<Hashes> {
    let cannot = || format!("cannot read {}", initramfs.display());
    let file = File::open(initramfs).with_context(cannot)?;
    let mut file = BufReader::with_capacity(1 << 16, file);
    let mut found = Hashes::new();
    loop {
        let mut entry = cpio::NewcReader::new(file).with_context(cannot)?;
        if entry.entry().is_trailer() {
            return Ok(found);
        }
        let name = entry.entry().name().to_string();
        if name.ends_with(".ko") {
            let name = name.rsplit('/').next().unwrap_or_default().to_string();
            let hash = sha256::of(entry.by_ref()).with_context(cannot)?;
            found.insert(name, hash);
        }
        file = entry.finish().with_context(cannot)?;
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write};

    use super::*;

    fn initramfs(dir: &Path, files: &[(&str, &str)]) {
        let mut out = fs::File::create(dir.join(INITRAMFS)).unwrap();
        for (name, text) in files {
            let mut entry = cpio::NewcBuilder::new(name).write(&mut out, text.len() as u32);
            entry.write_all(text.as_bytes()).unwrap();
            entry.finish().unwrap();
        }
        cpio::newc::trailer(out).unwrap();
    }

    #[test]
    fn image_and_each_module_in_it_have_a_hash() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("vmlinuz"), "abc").unwrap();
        let files = [
            ("init", "x"),
            ("lib/modules/lock-load.ko", "abc"),
            ("b", ""),
        ];
        initramfs(dir.path(), &files);
        let build = Build::of_image(dir.path());
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(build.image["vmlinuz"], abc);
        assert_eq!(build.image[INITRAMFS].len(), abc.len());
        assert_eq!(
            build.modules,
            Hashes::from([("lock-load.ko".into(), abc.into())])
        );
        assert!(build.image["vmlinux"].starts_with("unknown: cannot read "));
    }

    #[test]
    fn image_that_is_no_archive_has_modules_unknown_with_the_cause() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(INITRAMFS), "modules").unwrap();
        let build = Build::of_image(dir.path());
        assert!(build.modules["all"].starts_with("unknown: cannot read "));
    }
}
