// SPDX-License-Identifier: GPL-2.0

//! Promises of each counter.

use core::num::NonZeroU32;

use abi::sloppy_counter::Config;
use algo::{
    counter::{
        BatchedIds,
        Busted,
        Empty,
        Exact,
        Hierarchical,
        MountCount,
        PercpuExact,
        Sloppy,
        SloppyRef,
        Spinlocked, //
    },
    primitive::PerVcpu, //
};
use kernel::prelude::*;
use rig::{
    possible_vcpus,
    KernelRefcount,
    PercpuCounter,
    PercpuRef, //
};

use crate::subject::Promise;

/// Implements a promise: how the counter is made, its size on each vCPU, and what it inherits from
/// methods of its own that have the same name.
macro_rules! promise {
    ($counter:ident($config:pat) = $new:expr $(, $bytes:expr)?; $($method:ident)* $({$($item:item)*})?) => {
        impl Promise for $counter {
            fn new($config: &Config) -> Result<Self> {
                Ok($new)
            }

            $(
                fn bytes_per_vcpu(&self) -> usize {
                    $bytes
                }
            )?

            $(promise!(@$method $counter);)*
            $($($item)*)?
        }
    };
    (@sum $counter:ident) => {
        fn sum(&self) -> i64 {
            $counter::sum(self)
        }
    };
    (@bound $counter:ident) => {
        fn bound(&self) -> u64 {
            $counter::bound(self)
        }
    };
    (@fold $counter:ident) => {
        fn fold(&self) {
            // A reference count that is folded reports a zero, from which the creator's reference
            // keeps it.
            let _ = $counter::fold(self);
        }

        fn fold_dead(&self, vcpu: u32) {
            // As above.
            let _ = $counter::fold_dead(self, vcpu);
        }
    };
    (@held $counter:ident) => {
        fn held(&self, vcpu: u32) -> i64 {
            $counter::held(self, vcpu)
        }
    };
}

promise!(Empty(_) = Empty::new(););
promise!(Busted(_) = Busted::new(););
promise!(Spinlocked(_) = Spinlocked::new(););
promise!(Exact(_) = Exact::new(););
promise!(PercpuExact(_) = PercpuExact::new(PerVcpu::new()?), PerVcpu::BYTES;);
promise!(KernelRefcount(_) = KernelRefcount::new(););
promise!(MountCount(_) = MountCount::new(PerVcpu::new()?), PerVcpu::BYTES;);

promise! {
    PercpuCounter(_) = PercpuCounter::new()?, PercpuCounter::PER_VCPU;
    sum {
        fn bound(&self) -> u64 {
            PercpuCounter::bound(possible_vcpus())
        }
    }
}

promise! {
    PercpuRef(_) = PercpuRef::new()?, size_of::<usize>();
    {
        fn sum(&self) -> i64 {
            self.settle()
        }

        /// To count them would make it slow for the rest of the run.
        fn peek(&self) -> i64 {
            0
        }
    }
}

promise! {
    Sloppy(config) = Sloppy::new(PerVcpu::new()?, config.threshold), PerVcpu::BYTES;
    sum bound fold held {
        fn set_threshold(&self, threshold: u32) {
            Sloppy::set_threshold(self, threshold);
        }

        fn settle(&self) {
            Sloppy::settle(self);
        }
    }
}

promise! {
    Hierarchical(config) = Hierarchical::new(
        PerVcpu::new()?,
        [config.threshold, config.node_threshold],
        vcpus_per_node(config.nodes),
    ), PerVcpu::BYTES;
    sum bound fold held
}

promise! {
    SloppyRef(config) = SloppyRef::new(PerVcpu::new()?, config.threshold), PerVcpu::BYTES;
    bound fold {
        /// All but the creator's.
        fn sum(&self) -> i64 {
            self.in_use().wrapping_sub(1)
        }

        fn held(&self, vcpu: u32) -> i64 {
            self.spares(vcpu)
        }
    }
}

promise! {
    BatchedIds(config) = BatchedIds::new(PerVcpu::new()?, config.threshold), PerVcpu::BYTES;
    {
        fn sum(&self) -> i64 {
            self.issued() as i64
        }

        /// The read is of numbers in batches, not all of which were taken.
        fn bound(&self) -> u64 {
            BatchedIds::bound(self).saturating_add(self.lost())
        }
    }
}

/// Returns how many vCPUs each of `nodes` has.
fn vcpus_per_node(nodes: u32) -> NonZeroU32 {
    let vcpus = possible_vcpus().div_ceil(nodes.max(1));
    NonZeroU32::new(vcpus).unwrap_or(NonZeroU32::MIN)
}
