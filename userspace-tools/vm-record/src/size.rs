// SPDX-License-Identifier: GPL-2.0

//! Size of a guest: how many vCPUs on how many CPUs, from an overcommit ratio, a number of vCPUs, or both.

/// Slices of the host's scheduler that Linux takes, in microseconds.
pub const SLICES_US: std::ops::RangeInclusive<u32> = 100..=100_000;

/// The most vCPUs of a guest that boots.
pub const MAX_VCPUS: u32 = 255;

/// The most vCPUs of a simulated guest.
pub const MAX_SIMULATED_VCPUS: u32 = 4096;

/// Memory that a guest of one vCPU needs, in MiB: the stock kernel with the modules and tools of the image panics
/// with 128, cannot unpack all of them with 160, and has 66 left with 192. Each vCPU takes another 0.8.
const MEMORY_MIB: u32 = 192;

/// The largest overcommit ratio.
pub const MAX_RATIO: u32 = 64;

/// The most guests that run at once.
pub const MAX_GUESTS: u32 = 16;

/// The most CPUs of the L1 hypervisor.
pub const MAX_EMULATED_CPUS: u32 = 4;

/// vCPUs, and the CPUs that run them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuestSize {
    /// vCPUs.
    pub vcpus: u32,
    /// CPUs: of the host, or in the nested tier of the L1 hypervisor.
    pub cpus: u32,
}

impl GuestSize {
    /// A ratio alone gives the vCPUs for all `available` CPUs; vCPUs alone take all CPUs; both give the
    /// number of CPUs. `most` is that of vCPUs in its tier.
    pub fn new(
        vcpus: Option<u32>,
        ratio: Option<u32>,
        available: u32,
        most: u32,
    ) -> Result<GuestSize, String> {
        let (vcpus, cpus) = match (vcpus, ratio) {
            (None, None) => return Err("one of vcpus and ratio is needed".into()),
            (Some(vcpus), None) => (vcpus, available),
            (None, Some(ratio)) => (ratio.saturating_mul(available), available),
            (Some(v), Some(r)) if r > 0 && v % r == 0 && v / r <= available => (v, v / r),
            (Some(v), Some(r)) => {
                let needed = f64::from(v) / f64::from(r);
                return Err(format!(
                    "{v} vCPUs at ratio {r} need {needed:.1} CPUs, and there are {available}"
                ));
            }
        };
        match (1..=most).contains(&vcpus) {
            true => Ok(GuestSize { vcpus, cpus }),
            false => Err(format!("{vcpus} vCPUs: allowed: 1..={most}")),
        }
    }

    /// The least memory with which a guest of this size starts, in MiB.
    pub fn min_memory_mib(self) -> u32 {
        MEMORY_MIB + self.vcpus
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratio_and_vcpus_determine_each_other() {
        for (vcpus, ratio, expected) in [
            (Some(3), None, Ok((3, 2))),
            (None, Some(4), Ok((8, 2))),
            (Some(4), Some(4), Ok((4, 1))),
            (Some(4), Some(2), Ok((4, 2))),
            (Some(4), Some(1), Err("4.0 CPUs")),
            (Some(4), Some(3), Err("1.3 CPUs")),
            (Some(256), None, Err("1..=255")),
            (None, Some(128), Err("1..=255")),
            (None, None, Err("one of")),
        ] {
            let size = GuestSize::new(vcpus, ratio, 2, MAX_VCPUS);
            let size = size.map(|size| (size.vcpus, size.cpus));
            match expected {
                Ok(expected) => assert_eq!(size, Ok(expected)),
                Err(why) => assert!(
                    size.clone().is_err_and(|error| error.contains(why)),
                    "{size:?}"
                ),
            }
        }
    }
}
