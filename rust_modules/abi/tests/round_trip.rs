// SPDX-License-Identifier: GPL-2.0

//! Texts that a module writes are read back by a tool.

use abi::{lock_load, status, Errno, Limits, Malformed, Why, SCHEMA};

const LIMITS: Limits = Limits {
    vcpus: 8,
    bytes: 1 << 20,
};

#[test]
fn line_round_trips() {
    let sent = lock_load::Thread {
        index: 3,
        vcpu: 3,
        sections: u64::MAX,
        halts: 0,
        kicks: 1,
        moved: 0,
        queued_ns: 7,
    };
    assert_eq!(sent.to_string().parse(), Ok(sent));
}

#[test]
fn line_rejects_missing_and_surplus_keys() {
    assert_eq!("abi".parse::<abi::Abi>(), Err(Malformed("abi schema")));
    assert_eq!(
        "abi schema=x".parse::<abi::Abi>(),
        Err(Malformed("abi schema"))
    );
    assert_eq!("status schema=1".parse::<abi::Abi>(), Err(Malformed("abi")));
    assert_eq!(
        format!("abi schema={SCHEMA} more=1").parse::<abi::Abi>(),
        Err(Malformed("abi"))
    );
}

#[test]
fn names_round_trip() {
    for lock in lock_load::Lock::ALL {
        assert_eq!(lock.name().parse(), Ok(*lock));
    }
    assert_eq!("stopping".parse(), Ok(status::State::Stopping));
}

#[test]
fn config_accepts_what_it_shows() {
    let mut sent = lock_load::Config::default();
    sent.set("lock=mcs/halt threads=8\nhold_ns=0", &LIMITS, false)
        .unwrap();
    let mut back = lock_load::Config::default();
    back.set(&sent.show(&LIMITS).to_string(), &LIMITS, false)
        .unwrap();
    assert_eq!(sent, back);
    let mut line = lock_load::Config::default();
    line.set(&sent.to_string(), &LIMITS, false).unwrap();
    assert_eq!(sent, line);
}

#[test]
fn config_rejects_and_names_what_is_allowed() {
    let mut config = lock_load::Config::default();
    for (text, why, message) in [
        (
            "hold_ns=1 threads=9",
            Why::Range,
            "`threads=9`: out of range; allowed: 1..=8",
        ),
        (
            "hold_ns=1 threads=99999999999999999999",
            Why::Range,
            "out of range",
        ),
        (
            "hold_ns=1 threads=-1",
            Why::Malformed,
            "not a value of this setting; allowed: 1..=8",
        ),
        (
            "hold_ns=1 lock=spin",
            Why::Malformed,
            "allowed: empty busted busted_readers mcs/busted tas",
        ),
        (
            "hold_ns=1 lock",
            Why::Malformed,
            "not of the form key=value",
        ),
        (
            "hold_ns=1 lokc=tas",
            Why::NoSuchKey(lock_load::Config::KEYS),
            "no such setting; allowed: lock threads",
        ),
    ] {
        let refusal = config.set(text, &LIMITS, false).unwrap_err();
        assert_eq!(refusal.why, why, "{text}");
        assert!(refusal.to_string().contains(message), "{refusal}");
        assert_eq!(config, lock_load::Config::default(), "{text}");
    }
}

#[test]
fn cpus_read_back_as_written() {
    let mut config = abi::job_runner::Config::default();
    for text in ["all", "0-63", "0-8191", "0", "63-64", "0-1+3+64+1000-8191"] {
        let word = format!("cpus={text}");
        config.set(&word, &LIMITS, false).unwrap();
        assert_eq!(config.cpus.to_string(), text);
    }
    assert!(config.cpus.has(64) && config.cpus.has(8191));
    assert!(!config.cpus.has(65) && !config.cpus.has(8192));
    for (text, why) in [
        ("cpus=8192", Why::Range),
        ("cpus=0-8192", Why::Range),
        ("cpus=1-0", Why::Malformed),
        ("cpus=0-", Why::Malformed),
        ("cpus=", Why::Malformed),
        ("cpus=0+", Why::Malformed),
    ] {
        let refusal = config.set(text, &LIMITS, false).unwrap_err();
        assert_eq!(refusal.why, why, "{text}");
    }
}

#[test]
fn config_changes_only_live_settings_during_a_run() {
    let mut config = abi::sloppy_counter::Config::default();
    config.set("threshold=7 threads=2", &LIMITS, true).unwrap();
    assert_eq!(config.threshold, 7);
    assert_eq!(
        config.set("threads=3", &LIMITS, true).unwrap_err().why,
        Why::Running
    );
}

#[test]
fn errno_has_a_name_on_every_kernel() {
    assert_eq!(Errno(22).to_string(), "EINVAL");
    assert_eq!(Errno(95).to_string(), "errno 95");
    let numbers = Errno::ALL.iter().map(|errno| errno.0);
    assert!(numbers.is_sorted_by(|a, b| a < b));
}
