// SPDX-License-Identifier: GPL-2.0

//! Framing: messages survive the round trip, malformed frames are refused.

use wire::{read, write, Exit, Hello, Message, Modules, Note, RunRequest, WireError, MAX_DATA};

fn samples() -> Vec<Message> {
    vec![
        Message::Hello(Hello {
            version: wire::VERSION,
            nonce: "8f00".into(),
            release: "7.3.4".into(),
            vcpus: 8,
            uptime_ms: 3200,
            hypervisor: true,
            lock_log: vec!["kvm-guest: PV spinlocks enabled".into()],
        }),
        Message::Run(RunRequest {
            nonce: "8f00".into(),
            argv: vec!["sh".into(), "-c".into(), "echo \"ü\"".into()],
            env: vec![("KEY".into(), "a=b".into())],
            modules: Modules::Only(vec!["lock-load".into()]),
            stdin: true,
            barrier: true,
        }),
        Message::Stdin(vec![0, 255, 10]),
        Message::StdinEnd,
        Message::Note(Note::Barrier),
        Message::Release,
        Message::Stdout(vec![7; MAX_DATA]),
        Message::Stderr(Vec::new()),
        Message::Heartbeat,
        Message::Note(Note::ModuleLoaded("lock-load".into())),
        Message::Note(Note::ModuleFailed {
            name: "lock-load".into(),
            error: "Invalid argument".into(),
            log: vec!["disagrees about version of symbol".into()],
        }),
        Message::Note(Note::Started),
        Message::Note(Note::NotStarted("not found".into())),
        Message::Exit(Exit {
            nonce: "8f00".into(),
            status: Some(3),
            signal: None,
        }),
        Message::Exit(Exit {
            nonce: "8f00".into(),
            status: None,
            signal: Some(9),
        }),
        Message::Goodbye,
    ]
}

fn bytes(message: &Message) -> Vec<u8> {
    let mut frame = Vec::new();
    write(&mut frame, message).expect("a sample can be written");
    frame
}

#[test]
fn every_message_survives_the_round_trip() {
    for message in samples() {
        let frame = bytes(&message);
        assert_eq!(
            read(&mut frame.as_slice()).expect("a sample can be read"),
            message
        );
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
            let result = read(&mut &frame[..cut]);
            assert!(
                matches!(result, Err(WireError::Truncated)),
                "{message:?} at {cut}: {result:?}"
            );
        }
    }
}

#[test]
fn excessive_length_is_refused_before_allocation() {
    for kind in 0x10..=0x13 {
        let frame = [kind, 0xff, 0xff, 0xff, 0xff];
        let result = read(&mut frame.as_slice());
        assert!(
            matches!(result, Err(WireError::TooLong(..))),
            "{kind:#x}: {result:?}"
        );
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
