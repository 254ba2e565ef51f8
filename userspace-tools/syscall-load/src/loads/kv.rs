// SPDX-License-Identifier: GPL-2.0

//! Key-value server over UDP: one for each core, or one for all.
//!
//! A stand-in for memcached, which Kleen and Chen, "Linux kernel scaling", 2011, ran as one server
//! for each core, since one shared socket does not scale. One operation is a set or a get.

use std::{
    collections::HashMap,
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{bail, Result};

use super::sockets::udp_socket;
use crate::load::{repeat, Place, Work};

loads! {
    /// set and get by UDP from one server for all: its socket's queue and lock
    kv_shared => |place| client(&shared(place)?);
    /// set and get by UDP, a server for each worker on the worker's CPU
    kv_per_core => |_| client(&serve()?);
}

const KEYS: u32 = 1000;
/// How long the server of worker 0 may take to start.
const SERVER_START: Duration = Duration::from_secs(10);
/// How long an answer may take: loopback loses a datagram only where a queue is full; then it is sent again.
const ANSWER: Duration = Duration::from_millis(100);
/// How often a request is sent before the load fails.
const TRIES: u32 = 50;

/// The address of the server of worker 0, which writes it into a file that the others read.
fn shared(place: &Place<'_>) -> Result<String> {
    let path = place.shared.join("server");
    if place.worker == 0 {
        let address = serve()?;
        let new = path.with_extension("new");
        fs::write(&new, &address)?;
        fs::rename(&new, &path)?;
        return Ok(address);
    }
    read_within(&path, SERVER_START)
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
    let socket = udp_socket()?;
    let address = socket.local_addr()?.to_string();
    thread::spawn(move || {
        let mut store: HashMap<[u8; 4], [u8; 32]> = HashMap::new();
        let mut request = [0; 36];
        while let Ok((length, from)) = socket.recv_from(&mut request) {
            let Some((key, value)) = request.split_first_chunk::<4>() else {
                continue;
            };
            let answer = match value
                .first_chunk::<32>()
                .filter(|_| length == request.len())
            {
                Some(value) => *store.entry(*key).insert_entry(*value).get(),
                None => store.get(key).copied().unwrap_or_default(),
            };
            // A client that has ended needs no answer.
            let _ = socket.send_to(&answer, from);
        }
    });
    Ok(address)
}

fn client(server: &str) -> Result<Box<dyn Work>> {
    let socket = udp_socket()?;
    socket.connect(server)?;
    socket.set_read_timeout(Some(ANSWER))?;
    let (mut request, mut answer, mut turn) = ([7; 36], [0; 32], 0u32);
    repeat(move || {
        turn = turn.wrapping_add(1);
        request[..4].copy_from_slice(&(turn / 2 % KEYS).to_le_bytes());
        let sent = if turn % 2 == 0 {
            &request[..]
        } else {
            &request[..4]
        };
        for _ in 0..TRIES {
            socket.send(sent)?;
            if socket.recv(&mut answer).is_ok() {
                return Ok(());
            }
        }
        bail!("the server does not answer")
    })
}
