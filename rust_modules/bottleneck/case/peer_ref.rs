// SPDX-License-Identifier: GPL-2.0

//! `peer_ref`: packets to few addresses and, once in a while, to one that nobody remembers.
//!
//! After Andi Kleen and Tim Chen, "Linux kernel scaling", 2011: memcached over UDP, each of whose
//! packets looks the peer of its address up, and puts it at once.

use abi::bottleneck::{
    Config,
    Lock as LockName,
    Variant, //
};
use algo::{
    bottleneck::peer_ref::{
        Busted,
        Collected,
        Flipping,
        Peer,
        Peers,
        Pool, //
    },
    lock::Lock,
    primitive::Atomic, //
};
use kernel::prelude::*;
use rig::Padded;

use super::{
    Case,
    Who,
    LOCKS, //
};
use crate::{
    findings::Findings,
    store::filled,
    table::{
        boxed,
        no_such,
        Made, //
    },
    timed::{
        Old,
        Today, //
    }, //
};

/// So many addresses nobody remembers.
const STRANGERS: u32 = 1 << 20;

/// Peers, and who is talked to.
struct PeerRef<P> {
    peers: Padded<P>,
    /// So many addresses are talked to often.
    often: u32,
    /// So many of 1000 packets go to another.
    stray: u32,
}

pub(crate) fn make(config: &Config) -> Made {
    match config.lock {
        LockName::Ticket => with::<Old>(config),
        LockName::PvQueued => with::<Today>(config),
    }
}

fn with<L: Lock + Send + 'static>(config: &Config) -> Made {
    let pool = pool::<L>(config)?;
    match config.variant {
        Variant::Flipping => case(Flipping::new(pool), config),
        Variant::Collected => case(Collected::new(pool), config),
        Variant::Busted => case(Busted::new(pool), config),
        _ => no_such(config),
    }
}

/// A pool of peers.
type Of<L> = Pool<KVVec<Peer>, KVVec<Atomic<u32>>, L>;

/// Makes a pool with room for all that are talked to often, and for two strangers a thread.
fn pool<L: Lock>(config: &Config) -> Result<Of<L>> {
    let strangers = config.threads.saturating_mul(2);
    let slots = config.size.saturating_add(strangers);
    let chains = slots.checked_next_power_of_two().ok_or(EINVAL)?;
    Ok(Pool::new(
        filled(slots, |_| Peer::default())?,
        filled(chains, |_| Of::<L>::head())?,
    ))
}

fn case<P: Peers + Send + 'static>(peers: P, config: &Config) -> Made {
    boxed(PeerRef {
        peers: Padded(peers),
        often: config.size,
        stray: config.write_permille,
    })
}

impl<P: Peers + Send> Case for PeerRef<P> {
    fn burst(&self, who: &Who<'_>, steps: u32) -> u32 {
        let steps = steps.min(LOCKS / 2);
        let [done, reused] = hot_peers(&*self.peers, who, steps, self.often, self.stray);
        for _ in 0..reused {
            who.found.wrong("reused_in_use");
        }
        done
    }

    fn settle(&self, to: &mut Findings) {
        let left = self.peers.settle();
        to.add("peers_in_use", left.referred.into(), 0);
        to.add("peers_findable", left.findable.into(), left.made.into());
        if let Some(listed) = left.listed {
            to.add("peers_unused", listed.into(), left.made.into());
            to.add("listed_twice", left.listed_twice.into(), 0);
        }
    }
}

/// The measured loop. Returns how many peers it got and put, and how many were freed meanwhile.
#[inline(never)]
fn hot_peers<P: Peers>(peers: &P, who: &Who<'_>, steps: u32, often: u32, stray: u32) -> [u32; 2] {
    let (mut done, mut reused) = (0u32, 0u32);
    for _ in 0..steps {
        let address = match stray > 0 && who.random.permille(stray) {
            true => often.wrapping_add(who.random.below(STRANGERS)),
            false => who.random.below(often),
        };
        let Some(peer) = peers.get(who.waiter, address) else {
            continue;
        };
        if !peers.is_still(&peer) {
            reused = reused.wrapping_add(1);
        }
        peers.put(who.waiter, peer);
        done = done.wrapping_add(1);
    }
    [done, reused]
}
