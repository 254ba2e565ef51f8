// SPDX-License-Identifier: GPL-2.0

//! Toolbox: the packages with versions, compiler and emulator that results are made by.

use std::{collections::BTreeMap, path::Path, process::Command};

use serde::{Deserialize, Serialize};

/// Enters the toolbox from outside; relative to a checkout.
const ENTER: &str = "scripts/toolbox";

/// Prints each tool after a line with its name.
const SCRIPT: &str = "
echo '== rustc'; rustc --version 2>&1
echo '== qemu'; qemu-system-x86_64 --version 2>&1 | sed -n 1p
echo '== sha256'; sha256sum \"$(command -v qemu-system-x86_64)\" 2>&1 | cut -d ' ' -f 1
echo '== packages'; dpkg-query --show 2>&1
";

/// The tools. Without `dpkg-query` there are no packages.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Toolbox {
    /// Version of the compiler of tools and modules.
    pub rustc: String,
    /// Version of the emulator.
    pub qemu: String,
    /// SHA-256 of the emulator's binary.
    pub qemu_sha256: String,
    /// Version of each package.
    pub packages: BTreeMap<String, String>,
}

impl Toolbox {
    /// The toolbox that this process is in, or else that of the checkout in the current directory.
    pub fn here() -> Self {
        let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|had| had == value);
        let is_host = is("SLOWPATH_TOOLBOX", "1") || is("TOOLBOX", "none");
        let mut command = match Path::new(ENTER).is_file() && !is_host {
            true => Command::new(ENTER),
            false => Command::new("sh"),
        };
        if command.get_program() == ENTER {
            command.arg("sh");
        }
        match command.args(["-c", SCRIPT]).output() {
            Ok(output) => Self::of(&String::from_utf8_lossy(&output.stdout)),
            Err(error) => Self::of(&format!("== rustc\nunknown: {error}\n")),
        }
    }

    /// From the output of [`SCRIPT`].
    fn of(output: &str) -> Self {
        let sections = output.split("== ").filter_map(|text| text.split_once('\n'));
        let sections: BTreeMap<&str, &str> = sections.collect();
        let one = |name: &str| match sections.get(name).map_or("", |text| text.trim()) {
            "" => format!("unknown: {name} was not found"),
            text => text.to_string(),
        };
        let packages = sections.get("packages").into_iter();
        let packages = packages.flat_map(|text| text.lines());
        Self {
            rustc: one("rustc"),
            qemu: one("qemu"),
            qemu_sha256: one("sha256"),
            packages: packages
                .filter_map(|line| line.split_once('\t'))
                .map(|(name, version)| (name.into(), version.into()))
                .collect(),
        }
    }

    /// Each tool and package by name.
    pub fn facts(&self) -> Vec<(String, String)> {
        let facts = [
            ("rustc", &self.rustc),
            ("QEMU", &self.qemu),
            ("SHA-256 of QEMU", &self.qemu_sha256),
        ];
        let facts = facts.map(|(name, fact)| (name.to_string(), fact.clone()));
        let packages = self.packages.iter();
        let packages = packages.map(|(name, fact)| (format!("package {name}"), fact.clone()));
        facts.into_iter().chain(packages).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_packages_are_read() {
        let toolbox = Toolbox::of(
            "== rustc\nrustc 1.85.1\n== qemu\nQEMU 11\n== sha256\nab12\n\
             == packages\nadduser\t3.152\nlibc6:amd64\t2.41-12\n",
        );
        assert_eq!(toolbox.rustc, "rustc 1.85.1");
        assert_eq!((&*toolbox.qemu, &*toolbox.qemu_sha256), ("QEMU 11", "ab12"));
        assert_eq!(toolbox.packages["libc6:amd64"], "2.41-12");
        assert_eq!(toolbox.packages.len(), 2);
    }

    #[test]
    fn tool_that_is_not_found_is_unknown() {
        let toolbox = Toolbox::of("== rustc\nrustc 1\n== qemu\n== sha256\n== packages\nsh: no\n");
        assert_eq!(toolbox.qemu, "unknown: qemu was not found");
        assert!(toolbox.packages.is_empty());
    }
}
