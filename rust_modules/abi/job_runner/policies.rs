// SPDX-License-Identifier: GPL-2.0

//! The list of chunk policies: name and type, one entry a policy.
//!
//! The enum [`Policy`], the registry of `job`, the host tests in `algo/tests/chunk.rs` and the
//! instances that `scripts/hot-check` expects are made of it, as those of locks are of
//! `lock_load/locks.rs`.

/// Expands the macro `$then` with the list of policies: those that are broken on purpose, and the
/// others.
#[macro_export]
macro_rules! policies {
    ($then:ident) => {
        $then! {
            Control {
                /// Neighbouring chunks share an index: every run of two chunks must catch it.
                Busted = "busted": chunk::Busted;
                /// Each chunk but the last one omits an index: likewise.
                Drops = "busted/drops": chunk::Dropping;
            }
            Algo {
                /// One equal part for each worker.
                Static = "static": chunk::Static;
                /// The kernel's `padata_do_multithreaded`: a shared cursor, four chunks a worker.
                Padata = "padata": chunk::Padata;
                /// The same chunks, by one atomic addition instead of a lock.
                Cursor = "cursor": chunk::Cursor;
                /// Chunks that shrink with what is left.
                Guided = "guided": chunk::Guided;
                /// A range for each worker; one that has none left takes half of another's.
                Stealing = "stealing": chunk::Stealing;
                /// The same, but others take over the whole range of a preempted worker.
                StealAware = "steal_aware": chunk::StealAware;
            }
        }
    };
}

/// Declares [`Policy`].
macro_rules! declare {
    (
        Control {$($(#[doc = $bad_doc:literal])* $bad:ident = $bad_name:literal: $bad_type:ty;)*}
        Algo {$($(#[doc = $doc:literal])* $policy:ident = $name:literal: $type:ty;)*}
    ) => {
        choice! {
            /// Chunk policy, by which workers divide a range.
            Policy {
                $($(#[doc = $bad_doc])* $bad = $bad_name,)*
                $($(#[doc = $doc])* $policy = $name,)*
            }
        }

        impl Policy {
            /// Whether it is broken on purpose.
            pub fn is_busted(self) -> bool {
                matches!(self, $(Self::$bad)|*)
            }
        }
    };
}
policies!(declare);
