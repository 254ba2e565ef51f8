// SPDX-License-Identifier: GPL-2.0

//! Registry of the workloads that are simulated: all but `page_clear`, which is about pages of memory.

use abi::bottleneck::{Kind, Lock as LockName};
use algo::lock::{PvQueued, Ticket};

use crate::{prelude::*, timed::Timed};

/// Makes the workload that `config` names, with the spinlock that it names.
pub(crate) fn make(config: &Config, limits: &Limits) -> Made {
    match config.lock {
        LockName::Ticket => with_lock::<Timed<Ticket>>(config, limits),
        LockName::PvQueued => with_lock::<Timed<PvQueued>>(config, limits),
    }
}

macro_rules! registry {
    ($($kind:ident $module:ident $path:literal;)*) => {
        $(
            #[path = $path]
            mod $module;
        )*

        fn with_lock<L: Lock + Send + 'static>(config: &Config, limits: &Limits) -> Made {
            match config.case {
                $(Kind::$kind => $module::make::<L>(config, limits),)*
                Kind::PageClear => Err(Refused::new(EINVAL, format_args!("a guest is needed for {}", config.case))),
            }
        }
    };
}
registry! {
    FileList file_list "../../../../rust_modules/bottleneck/workloads/file_list.rs";
    PathWalk path_walk "../../../../rust_modules/bottleneck/workloads/path_walk.rs";
    Hash hash "../../../../rust_modules/bottleneck/workloads/hash.rs";
    Lru lru "../../../../rust_modules/bottleneck/workloads/lru.rs";
    MountLookup mount_lookup "../../../../rust_modules/bottleneck/workloads/mount_lookup.rs";
    MountCount mount_count "../../../../rust_modules/bottleneck/workloads/mount_count.rs";
    Ids ids "../../../../rust_modules/bottleneck/workloads/ids.rs";
    Stats stats "../../../../rust_modules/bottleneck/workloads/stats.rs";
    PeerRef peer_ref "../../../../rust_modules/bottleneck/workloads/peer_ref.rs";
    Readahead readahead "../../../../rust_modules/bottleneck/workloads/readahead.rs";
    AnonChain anon_chain "../../../../rust_modules/bottleneck/workloads/anon_chain.rs";
}
