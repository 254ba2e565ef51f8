// SPDX-License-Identifier: GPL-2.0

//! The cases: each name with its variant, and the type behind it.

use core::fmt;

use abi::{
    bottleneck::{
        Case as Name,
        Config,
        Variant,
        CASES, //
    },
    Limits, //
};
use kernel::prelude::*;
use rig::Refused;

use crate::case::{
    anon_chain,
    file_list,
    hash,
    ids,
    lru,
    mount_count,
    mount_lookup,
    page_clear,
    path_walk,
    peer_ref,
    readahead,
    stats,
    Case, //
};

/// What a case is made of.
pub(crate) type Made = Result<KBox<dyn Case>, Refused>;

/// Puts a case into a box.
pub(crate) fn boxed(case: impl Case + 'static) -> Made {
    Ok(KBox::new(case, GFP_KERNEL)?)
}

/// Makes the case that `config` names.
pub(crate) fn case(config: &Config, limits: &Limits) -> Made {
    match config.case {
        Name::FileList => file_list::make(config),
        Name::Hash => hash::make(config),
        Name::Lru => lru::make(config),
        Name::PathWalk => path_walk::make(config),
        Name::MountLookup => mount_lookup::make(config),
        Name::MountCount => mount_count::make(config, limits),
        Name::Ids => ids::make(config),
        Name::Stats => stats::make(config),
        Name::PeerRef => peer_ref::make(config),
        Name::Readahead => readahead::make(config),
        Name::AnonChain => anon_chain::make(config),
        Name::PageClear => page_clear::make(config, limits),
    }
}

/// Refuses to take more than a quarter of the memory that there is.
pub(crate) fn must_fit(config: &Config, bytes: u64, limits: &Limits) -> Result<(), Refused> {
    let most = limits.bytes / 4;
    if bytes <= most {
        return Ok(());
    }
    let Config { size, variant, .. } = config;
    Err(Refused::new(
        ERANGE,
        format_args!(
            "`size={size}`: {variant} takes {bytes} bytes for that, and may take {most}; use less"
        ),
    ))
}

/// Refuses a variant that the case does not have.
pub(crate) fn no_such(config: &Config) -> Made {
    let Config { case, variant, .. } = config;
    Err(match case.about() {
        Some(about) => Refused::new(
            EINVAL,
            format_args!(
                "`variant={variant}`: {case} has no such variant; allowed: {}",
                Words(about.variants)
            ),
        ),
        None => {
            let cases = Cases;
            Refused::new(
                EINVAL,
                format_args!("`case={case}`: no such case here; allowed: {cases}"),
            )
        }
    })
}

/// Names with blanks between them.
struct Words(&'static [Variant]);

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut gap = "";
        self.0.iter().try_for_each(|word| {
            write!(f, "{gap}{word}")?;
            gap = " ";
            Ok(())
        })
    }
}

/// The names of all cases.
struct Cases;

impl fmt::Display for Cases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut gap = "";
        CASES.iter().try_for_each(|about| {
            write!(f, "{gap}{}", about.case)?;
            gap = " ";
            Ok(())
        })
    }
}
