// SPDX-License-Identifier: GPL-2.0

//! `peer_ref`: packets to `size` addresses, and `write_permille` of 1000 to an unknown address.
//!
//! After Kleen and Chen, "Linux kernel scaling", 2011: memcached over UDP, each of whose packets
//! looks up the peer of its address, and puts it at once.

use algo::{
    bottleneck::peer_ref::{
        Busted,
        Collected,
        Flipping,
        Peer,
        Peers,
        Pool,
        Unused, //
    },
    primitive::Atomic, //
};

use crate::{
    prelude::*,
    workload::MAX_LOCKS, //
};

/// The number of unknown addresses.
const STRANGERS: u32 = 1 << 20;

/// The peers, with spinlock `L`.
type Of<L, U> = Peers<KVVec<Peer>, KVVec<Atomic<u32>>, L, U>;

/// Peers, and the mix of addresses.
struct PeerRef<L, U> {
    peers: Padded<Of<L, U>>,
    known: u32,
    stray: u32,
}

pub(super) fn make<L: Lock + Send + 'static>(config: &Config, _: &Limits) -> Made {
    match config.variant {
        Variant::Flipping => workload::<L, _>(Flipping::<L>::default(), config),
        Variant::Collected => workload::<L, _>(Collected::default(), config),
        Variant::Busted => workload::<L, _>(Busted::<L>::default(), config),
        _ => no_such_variant(config),
    }
}

/// Makes room for all known addresses, and for two unknown ones per thread.
fn workload<L, U>(unused: U, config: &Config) -> Made
where
    L: Lock + Send + 'static,
    U: Unused + Send + 'static,
{
    let strangers = config.threads.saturating_mul(2);
    let slots = config.size.saturating_add(strangers);
    let chains = slots.checked_next_power_of_two().ok_or(EINVAL)?;
    let heads = filled(chains, |_| {
        Pool::<KVVec<Peer>, KVVec<Atomic<u32>>, L>::head()
    })?;
    boxed(PeerRef {
        peers: Padded(Peers::new(
            Pool::<_, _, L>::new(defaults(slots)?, heads),
            unused,
        )),
        known: config.size,
        stray: config.write_permille,
    })
}

impl<L: Lock + Send, U: Unused + Send> Workload for PeerRef<L, U> {
    fn burst(&self, thread: &Thread<'_>, steps: u32) -> u32 {
        let steps = steps.min(MAX_LOCKS / 2);
        let [done, reused] = hot_peer_ref(&*self.peers, thread, steps, self.known, self.stray);
        for _ in 0..reused {
            thread.errors.record("reused_in_use");
        }
        done
    }

    fn audit(&self, to: Findings<'_>) {
        let left = self.peers.audit();
        to("peers_in_use", left.referred.into(), 0);
        to("peers_findable", left.findable.into(), left.made.into());
        if let Some(listed) = left.listed {
            to("peers_unused", listed.into(), left.made.into());
            to("listed_twice", left.listed_twice.into(), 0);
        }
    }
}

/// The measured loop. Returns how many references it got, and how many peers were freed meanwhile.
#[inline(never)]
fn hot_peer_ref<L: Lock, U: Unused>(
    peers: &Of<L, U>,
    thread: &Thread<'_>,
    steps: u32,
    known: u32,
    stray: u32,
) -> [u32; 2] {
    let (mut done, mut reused) = (0u32, 0u32);
    for _ in 0..steps {
        let address = match stray > 0 && thread.random.permille(stray) {
            true => known.wrapping_add(thread.random.below(STRANGERS)),
            false => thread.random.below(known),
        };
        let Some(peer) = peers.get(thread.waiter, address) else {
            continue;
        };
        if !peers.is_still(&peer) {
            reused = reused.wrapping_add(1);
        }
        peers.put(thread.waiter, peer);
        done = done.wrapping_add(1);
    }
    [done, reused]
}
