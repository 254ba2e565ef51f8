// SPDX-License-Identifier: GPL-2.0

//! What each counter promises.

use algo::{
    counter::{
        BatchedIds,
        Busted,
        Counter,
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

use crate::total::Promise;

/// Counters whose read is their sum.
macro_rules! never_off {
    ($($counter:ty $(: $bytes:expr)?),*) => {$(
        impl Promise for $counter {
            $(const PER_VCPU: usize = $bytes;)?

            fn sum(&self) -> i64 {
                self.read()
            }
        }
    )*};
}
never_off!(Empty, Busted, Spinlocked, Exact, PercpuExact: PerVcpu::BYTES);

impl Promise for Sloppy {
    const PER_VCPU: usize = PerVcpu::BYTES;

    fn sum(&self) -> i64 {
        Sloppy::sum(self)
    }

    fn bound(&self) -> u64 {
        Sloppy::bound(self)
    }

    fn fold(&self) {
        Sloppy::fold(self);
    }

    fn fold_dead(&self, vcpu: u32) {
        Sloppy::fold_dead(self, vcpu);
    }

    fn set_threshold(&self, threshold: u32) {
        Sloppy::set_threshold(self, threshold);
    }

    fn settle(&self) {
        Sloppy::settle(self);
    }

    fn held(&self, vcpu: u32) -> i64 {
        Sloppy::held(self, vcpu)
    }
}

impl Promise for Hierarchical {
    const PER_VCPU: usize = PerVcpu::BYTES;

    fn sum(&self) -> i64 {
        Hierarchical::sum(self)
    }

    fn bound(&self) -> u64 {
        Hierarchical::bound(self)
    }

    fn fold(&self) {
        Hierarchical::fold(self);
    }

    fn fold_dead(&self, vcpu: u32) {
        Hierarchical::fold_dead(self, vcpu);
    }

    fn held(&self, vcpu: u32) -> i64 {
        Hierarchical::held(self, vcpu)
    }
}

impl Promise for SloppyRef {
    const REFS: bool = true;
    const PER_VCPU: usize = PerVcpu::BYTES;

    /// All but the creator's.
    fn sum(&self) -> i64 {
        self.in_use().wrapping_sub(1)
    }

    fn bound(&self) -> u64 {
        SloppyRef::bound(self)
    }

    fn fold(&self) {
        // The creator's reference keeps it from zero.
        let _ = SloppyRef::fold(self);
    }

    fn fold_dead(&self, vcpu: u32) {
        // As above.
        let _ = SloppyRef::fold_dead(self, vcpu);
    }

    fn held(&self, vcpu: u32) -> i64 {
        self.spares(vcpu)
    }
}

impl Promise for MountCount {
    const REFS: bool = true;
    const PER_VCPU: usize = PerVcpu::BYTES;

    fn sum(&self) -> i64 {
        self.read()
    }
}

impl Promise for BatchedIds {
    const PER_VCPU: usize = PerVcpu::BYTES;

    fn sum(&self) -> i64 {
        self.issued() as i64
    }

    /// The read is of numbers that were dealt out, not all of which were taken.
    fn bound(&self) -> u64 {
        BatchedIds::bound(self).saturating_add(self.lost())
    }
}
