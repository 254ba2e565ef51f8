// SPDX-License-Identifier: GPL-2.0

//! CPUs of the host: threads of cores of sockets.

use serde::{Deserialize, Serialize};

use crate::CpuId;

/// How the CPUs of the host share cores and sockets. CPUs are numbered core by core.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topology {
    /// CPUs of the host.
    pub cpus: u32,
    /// CPUs of a core.
    pub per_core: u32,
    /// CPUs of a socket.
    pub per_socket: u32,
}

/// How far two CPUs are from each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Distance {
    Sibling,
    Near,
    Far,
}

impl Topology {
    /// CPUs of one socket, a core each.
    pub fn flat(cpus: u32) -> Self {
        Self {
            cpus,
            per_core: 1,
            per_socket: cpus,
        }
    }

    /// Returns the socket; CPUs beyond the last are on those of the first.
    #[inline]
    pub(crate) fn socket(&self, cpu: CpuId) -> u32 {
        cpu.0 % self.cpus / self.per_socket
    }

    #[inline]
    pub(crate) fn distance(&self, a: CpuId, b: CpuId) -> Distance {
        if self.socket(a) != self.socket(b) {
            Distance::Far
        } else if a.0 / self.per_core == b.0 / self.per_core {
            Distance::Sibling
        } else {
            Distance::Near
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_follows_cores_and_sockets() {
        let two = Topology {
            cpus: 8,
            per_core: 2,
            per_socket: 4,
        };
        let distance = |a, b| two.distance(CpuId(a), CpuId(b));
        assert_eq!(distance(0, 1), Distance::Sibling);
        assert_eq!(distance(1, 2), Distance::Near);
        assert_eq!(distance(3, 4), Distance::Far);
    }
}
