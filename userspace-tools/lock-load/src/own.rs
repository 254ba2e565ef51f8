// SPDX-License-Identifier: GPL-2.0

//! The tool's own commands, besides those of every module's tool.

use std::path::Path;

use clap::Subcommand;
use results::Verdict;

use crate::{
    advise::{self, Advise},
    validate::{self, Validate},
};

/// The tool's own commands.
#[derive(Subcommand)]
pub enum Own {
    /// Check that paravirt locking works here; exit 0 only if checks pass and none is worse than SKIP
    #[command(after_help = validate::HELP)]
    Validate(Validate),
    /// Say which lock serves this machine best, on this boot; exit 3 if that cannot be decided
    #[command(after_help = advise::HELP)]
    Advise(Advise),
}

impl debugfs::tool::Own for Own {
    fn obey(self, root: &Path) -> anyhow::Result<Verdict> {
        match self {
            Self::Validate(wanted) => validate::validate(root, &wanted),
            Self::Advise(wanted) => advise::advise(root, &wanted),
        }
    }
}
