// SPDX-License-Identifier: GPL-2.0

//! Numbers of CPUs, vCPUs and guests, and the unit of time.

/// Virtual time, or a length of it, in nanoseconds.
pub type Ns = u64;

macro_rules! number {
    ($(#[doc = $doc:literal] $name:ident;)*) => {$(
        #[doc = $doc]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// Returns it as an index.
            #[inline(always)]
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}
number! {
    /// A CPU of the host.
    CpuId;
    /// A vCPU, counted over all guests.
    VcpuId;
    /// A guest.
    GuestId;
}
