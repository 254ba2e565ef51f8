// SPDX-License-Identifier: GPL-2.0

//! Arguments of `validate`.

use std::path::PathBuf;

use abi::lock_load::{KickBy, Lock};
use clap::{
    builder::{PossibleValuesParser, TypedValueParser},
    Args,
};
use debugfs::tool::Output;

/// What to check.
#[derive(Args)]
pub struct Validate {
    /// Fewer halts and shorter runs, for a minute at most
    #[arg(long)]
    pub quick: bool,
    /// Check these locks only [default: all but the controls]
    #[arg(long, value_name = "A,B,…", value_delimiter = ',', value_parser = PossibleValuesParser::new(Lock::NAMES).try_map(|name| name.parse::<Lock>()))]
    pub lock: Vec<Lock>,
    /// Halts to force on the first lock that halts, of which none may be lost; a fiftieth on each
    /// other [default: 1000000, 20000 with --quick]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(100..=100_000_000))]
    pub halts: Option<u64>,
    /// How halted vCPUs are kicked in the checks of locks
    #[arg(long, value_name = "HOW", value_parser = PossibleValuesParser::new(KickBy::NAMES).try_map(|name| name.parse::<KickBy>()), default_value = "auto")]
    pub kick: KickBy,
    /// The module's file, from which it is inserted again
    #[arg(long, value_name = "FILE", default_value = "/lib/modules/lock-load.ko")]
    pub module: PathBuf,
    #[command(flatten)]
    pub output: Output,
}
