// SPDX-License-Identifier: GPL-2.0

//! A key-value server asked by UDP: one for each core, or one for all.
//!
//! A stand-in for memcached, which Kleen and Chen, "Linux kernel scaling", 2011, ran as one server
//! for each core, since one shared socket does not scale. One operation is a set or a get.

use std::{
    collections::HashMap,
    fs,
    net::UdpSocket,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{bail, Context, Result};

use crate::load::{work, Load, Place, Work};

/// Worker 0 serves all.
pub const SHARED: Load = Load {
    name: "kv_shared",
    about: "set and get by UDP from one server for all: its socket's queue and lock",
    make: |place| client(&shared(place)?),
};

/// Each worker has a server on its CPU.
pub const PER_CORE: Load = Load {
    name: "kv_per_core",
    about: "set and get by UDP, a server for each worker on the worker's CPU",
    make: |_: &Place<'_>| client(&serve()?),
};

const KEYS: u32 = 1000;

/// The address of the server of worker 0, which writes it down where the others find it.
fn shared(place: &Place<'_>) -> Result<String> {
    let path = place.shared.join("server");
    if place.worker == 0 {
        let address = serve()?;
        let new = path.with_extension("new");
        fs::write(&new, &address)?;
        fs::rename(&new, &path)?;
        return Ok(address);
    }
    read_within(&path, Duration::from_secs(10))
}

fn read_within(path: &Path, time: Duration) -> Result<String> {
    let from = Instant::now();
    while from.elapsed() < time {
        if let Ok(address) = fs::read_to_string(path) {
            return Ok(address);
        }
        thread::sleep(Duration::from_millis(1));
    }
    bail!("worker 0 did not start its server in time")
}

/// Starts a server; it ends with the process.
fn serve() -> Result<String> {
    let socket = UdpSocket::bind("127.0.0.1:0").context("no loopback? try: ip link set lo up")?;
    let address = socket.local_addr()?.to_string();
    thread::spawn(move || {
        let mut store: HashMap<[u8; 4], [u8; 32]> = HashMap::new();
        let mut asked = [0; 36];
        while let Ok((length, from)) = socket.recv_from(&mut asked) {
            let Some((key, value)) = asked.split_first_chunk::<4>() else {
                continue;
            };
            let known = match value.first_chunk::<32>().filter(|_| length == asked.len()) {
                Some(value) => *store.entry(*key).insert_entry(*value).get(),
                None => store.get(key).copied().unwrap_or_default(),
            };
            // A client that has gone needs no answer.
            let _ = socket.send_to(&known, from);
        }
    });
    Ok(address)
}

fn client(server: &str) -> Result<Box<dyn Work>> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.connect(server)?;
    // Loopback loses a datagram only where a queue is full; then it is asked again.
    socket.set_read_timeout(Some(Duration::from_millis(100)))?;
    let (mut request, mut answer, mut turn) = ([7; 36], [0; 32], 0u32);
    work(move || {
        turn = turn.wrapping_add(1);
        request[..4].copy_from_slice(&(turn / 2 % KEYS).to_le_bytes());
        let asked = if turn % 2 == 0 {
            &request[..]
        } else {
            &request[..4]
        };
        for _ in 0..50 {
            socket.send(asked)?;
            if socket.recv(&mut answer).is_ok() {
                return Ok(());
            }
        }
        bail!("the server does not answer")
    })
}
