// SPDX-License-Identifier: GPL-2.0

//! Framing: messages survive the round trip, malformed frames are refused.

use wire::{read, write, Message, WireError, MAX_DATA};

/// Structured messages as the channel carries them, one a line.
const STRUCTURED: &str = r#"
{"hello":{"version":5,"nonce":"8f00","release":"7.3.4","vcpus":8,"uptime_ms":3200,"hypervisor":true,"lock_log":["kvm-guest: PV spinlocks enabled"],"deferred_init_ms":32}}
{"run":{"nonce":"8f00","argv":["sh","-c","echo \"ü\""],"env":[["KEY","a=b"]],"modules":{"only":["lock-load"]},"stdin":true,"clock_jumps":false}}
"stdin-end"
{"note":"barrier"}
"release"
"heartbeat"
{"note":{"module-loaded":"lock-load"}}
{"note":{"module-failed":{"name":"lock-load","error":"Invalid argument","log":["disagrees about version of symbol"]}}}
{"note":"started"}
{"note":{"not-started":"not found"}}
{"exit":{"nonce":"8f00","status":3,"signal":null}}
{"exit":{"nonce":"8f00","status":null,"signal":9}}
"goodbye"
"#;

fn samples() -> Vec<Message> {
    let lines = STRUCTURED.trim().lines();
    let structured = lines.map(|line| serde_json::from_str(line).expect(line));
    let streams = [
        Message::Stdin(vec![0, 255, 10]),
        Message::Stdout(vec![7; MAX_DATA]),
        Message::Stderr(Vec::new()),
    ];
    structured.chain(streams).collect()
}

fn bytes(message: &Message) -> Vec<u8> {
    let mut frame = Vec::new();
    write(&mut frame, message).expect("a sample can be written");
    frame
}

#[test]
fn structured_messages_are_written_in_their_documented_form() {
    for (line, message) in STRUCTURED.trim().lines().zip(samples()) {
        assert_eq!(&bytes(&message)[5..], line.as_bytes());
    }
}

#[test]
fn every_message_survives_the_round_trip() {
    for message in samples() {
        let frame = bytes(&message);
        let read = read(&mut frame.as_slice()).expect("a sample can be read");
        assert_eq!(read, message);
    }
}

#[test]
fn stream_of_messages_is_read_to_its_end() {
    let stream: Vec<u8> = samples().iter().flat_map(bytes).collect();
    let mut rest = stream.as_slice();
    for message in samples() {
        assert_eq!(read(&mut rest).expect("a message of the stream"), message);
    }
    assert!(matches!(read(&mut rest), Err(WireError::Closed)));
}

#[test]
fn every_cut_frame_is_truncated() {
    for message in samples() {
        let frame = bytes(&message);
        for cut in (1..frame.len()).step_by(1 + frame.len() / 64) {
            let truncated = matches!(read(&mut &frame[..cut]), Err(WireError::Truncated));
            assert!(truncated, "{message:?} at {cut}");
        }
    }
}

#[test]
fn excessive_length_is_refused_before_allocation() {
    for kind in 0x10..=0x13 {
        let frame = [kind, 0xff, 0xff, 0xff, 0xff];
        let result = read(&mut frame.as_slice());
        let too_long = matches!(result, Err(WireError::TooLong(..)));
        assert!(too_long, "{kind:#x}: {result:?}");
    }
}

#[test]
fn excessive_data_is_not_written() {
    let mut frame = Vec::new();
    let result = write(&mut frame, &Message::Stdout(vec![0; MAX_DATA + 1]));
    assert!(matches!(result, Err(WireError::TooLong(..))));
    assert!(frame.is_empty());
}

#[test]
fn console_text_is_not_a_frame() {
    let result = read(&mut b"Kernel panic - not syncing".as_slice());
    assert!(matches!(result, Err(WireError::UnknownType(b'K'))));
}

#[test]
fn payload_of_another_type_is_malformed() {
    let payload = br#"{"exit":{"status":"three"}}"#;
    let mut frame = vec![0x10];
    frame.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    frame.extend_from_slice(payload);
    let result = read(&mut frame.as_slice());
    assert!(matches!(result, Err(WireError::Malformed(_))));
}

#[test]
fn random_bytes_never_panic_and_never_yield_long_messages() {
    let mut random = fastrand::Rng::with_seed(1);
    for _ in 0..10_000 {
        let garbage: Vec<u8> = (0..64).map(|_| random.u8(..)).collect();
        if let Ok(Message::Stdout(data) | Message::Stderr(data) | Message::Stdin(data)) =
            read(&mut garbage.as_slice())
        {
            assert!(data.len() < garbage.len());
        }
    }
}
