// SPDX-License-Identifier: GPL-2.0

//! Origin of verdicts on claims: provenance where many commands, not one experiment, made a result.

use std::{fs, path::Path};

use serde::Serialize;

use crate::store::{
    build::Build,
    directory,
    environment::{Environment, Git},
    host::StealTime,
};

/// Provenance of verdicts on claims. An experiment among the steps has its own in its result directory.
#[derive(Clone, Debug, Serialize)]
pub struct Origin {
    /// Start, in UTC.
    pub started: String,
    /// The command that made them.
    pub command: Vec<String>,
    /// The source in the current directory.
    pub git: Git,
    /// Machine and tools.
    pub environment: Environment,
    /// What the guests of an image in its usual place boot.
    pub build: Build,
    /// Release of their kernel.
    pub guest_kernel: String,
    /// Steal time of this machine's CPUs meanwhile, as a fraction, if known.
    pub stolen: Option<f64>,
}

impl Origin {
    /// That of this process, which starts to measure; `image` is the guest image of its steps.
    pub fn begin(image: &Path) -> Self {
        Self {
            started: directory::now(),
            command: std::env::args().collect(),
            git: Git::here(),
            environment: Environment::here(),
            build: Build::of_image(image),
            guest_kernel: release(image),
            stolen: None,
        }
    }

    /// The same at the end of the measurements, given the clock that began with them.
    pub fn end(self, steal: &StealTime) -> Self {
        Self {
            stolen: steal.fraction(),
            ..self
        }
    }
}

/// The release of the kernel in an image, or `unknown` and the cause.
fn release(image: &Path) -> String {
    let path = image.join("release");
    match fs::read_to_string(&path) {
        Ok(text) => text.trim().into(),
        Err(error) => format!("unknown: {}: {error}", path.display()),
    }
}
