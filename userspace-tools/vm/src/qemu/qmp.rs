// SPDX-License-Identifier: GPL-2.0

//! QMP client: three commands, three events.
//!
//! The `qapi` crate was tried: it generates QEMU's whole schema, which doubles the time to build all tools,
//! and delivers events only while a command is executed; here events are the point.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;

use anyhow::{bail, Context, Result};
use hosting::VcpuThread;
use serde_json::{json, Value};

use super::event::{Event, EventSender};
use crate::machine::PORT_ID;

/// Queries the vCPUs, then passes events on until QEMU ends.
pub fn serve(stream: UnixStream, events: &EventSender) -> Result<()> {
    let mut qmp = Qmp {
        lines: BufReader::new(stream.try_clone()?),
        stream,
        events,
    };
    let greeting = qmp.next()?.context("QEMU closed QMP before it greeted")?;
    if greeting.get("QMP").is_none() {
        bail!("no QMP greeting: {greeting}");
    }
    qmp.execute("qmp_capabilities")?;
    let mut vcpus: Vec<VcpuThread> = serde_json::from_value(qmp.execute("query-cpus-fast")?)
        .context("the answer to query-cpus-fast")?;
    vcpus.sort_by_key(|vcpu| vcpu.cpu_index);
    qmp.send(Event::Vcpus(vcpus));
    while let Some(message) = qmp.next()? {
        qmp.pass_on(&message)?;
    }
    Ok(())
}

struct Qmp<'a> {
    lines: BufReader<UnixStream>,
    stream: UnixStream,
    events: &'a EventSender,
}

impl Qmp<'_> {
    fn next(&mut self) -> Result<Option<Value>> {
        let mut line = String::new();
        if self.lines.read_line(&mut line).context("QMP")? == 0 {
            return Ok(None);
        }
        serde_json::from_str(&line)
            .map(Some)
            .with_context(|| format!("QMP sent {line:?}"))
    }

    /// Executes a command without arguments and passes on the events that come before its answer.
    fn execute(&mut self, command: &str) -> Result<Value> {
        writeln!(self.stream, "{}", json!({ "execute": command })).context("QMP")?;
        loop {
            let mut message = self
                .next()?
                .with_context(|| format!("QEMU closed QMP before `{command}`"))?;
            if let Some(answer) = message.get_mut("return") {
                return Ok(answer.take());
            }
            if let Some(error) = message.get("error") {
                bail!("QMP {command}: {error}");
            }
            self.pass_on(&message)?;
        }
    }

    fn pass_on(&mut self, message: &Value) -> Result<()> {
        let data = &message["data"];
        match message["event"].as_str() {
            Some("SHUTDOWN") => {
                let reason = data["reason"].as_str().unwrap_or("unknown");
                self.send(Event::Shutdown(reason.to_owned()));
            }
            Some("VSERPORT_CHANGE") if data["id"] == PORT_ID => {
                self.send(Event::Port(data["open"] == true));
            }
            Some("STOP") => {
                let state = self.execute("query-status")?;
                self.send(Event::Stopped(
                    state["status"].as_str().unwrap_or("?").to_owned(),
                ));
            }
            _ => {}
        }
        Ok(())
    }

    fn send(&self, event: Event) {
        // The monitor may have ended already.
        let _ = self.events.send(event);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Shutdown;
    use std::sync::mpsc;
    use std::thread;

    use proptest::{collection::vec, prelude::*, sample::select};

    use super::*;

    /// A scripted QEMU: sends each line after it has read that many commands.
    fn play(script: &[&'static str]) -> (Vec<Event>, Result<()>) {
        let (ours, theirs) = UnixStream::pair().expect("a socket pair");
        let script = script.to_vec();
        let qemu = thread::spawn(move || {
            let mut commands = BufReader::new(theirs.try_clone().expect("dup"));
            for line in script {
                let (reads, line) = line.split_once(' ').expect("a number and a line");
                for _ in 0..reads.parse().expect("a number") {
                    commands.read_line(&mut String::new()).expect("a command");
                }
                writeln!(&theirs, "{line}").expect("a line");
            }
        });
        let (events, received) = mpsc::sync_channel(16);
        let result = serve(ours, &EventSender::new(events, false));
        qemu.join().expect("the script");
        (received.iter().collect(), result)
    }

    const GREETING: &str = r#"0 {"QMP": {"version": {}, "capabilities": ["oob"]}}"#;
    const CAPABLE: &str = r#"1 {"return": {}}"#;
    const NO_VCPUS: &str = r#"1 {"return": []}"#;

    #[test]
    fn vcpus_are_sorted_and_have_their_threads() {
        let vcpus = r#"1 {"return": [{"cpu-index":1,"thread-id":72,"target":"x86_64"},{"cpu-index":0,"thread-id":71}]}"#;
        let (events, result) = play(&[GREETING, CAPABLE, vcpus]);
        result.expect("a whole conversation");
        let [Event::Vcpus(vcpus)] = events.as_slice() else {
            panic!("{events:?}")
        };
        let threads: Vec<i32> = vcpus.iter().map(|vcpu| vcpu.thread_id).collect();
        assert_eq!(threads, [71, 72]);
    }

    #[test]
    fn events_before_an_answer_are_passed_on() {
        let port = r#"1 {"event": "VSERPORT_CHANGE", "data": {"open": true, "id": "control"}}"#;
        let vcpus = r#"0 {"return": []}"#;
        let shutdown =
            r#"0 {"event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-reset"}}"#;
        let (events, result) = play(&[GREETING, CAPABLE, port, vcpus, shutdown]);
        result.expect("a whole conversation");
        assert!(matches!(
            events.as_slice(),
            [Event::Port(true), Event::Vcpus(_), Event::Shutdown(reason)] if reason == "guest-reset"
        ));
    }

    #[test]
    fn stop_is_followed_by_a_query_of_the_status() {
        let stop = r#"0 {"event": "STOP"}"#;
        let status = r#"1 {"return": {"status": "internal-error", "running": false}}"#;
        let (events, _) = play(&[GREETING, CAPABLE, NO_VCPUS, stop, status]);
        assert!(
            matches!(events.as_slice(), [_, Event::Stopped(state)] if state == "internal-error")
        );
    }

    #[test]
    fn malformed_qmp_is_an_error() {
        let error = r#"1 {"error": {"class": "GenericError", "desc": "no"}}"#;
        let no_thread = r#"1 {"return": [{"cpu-index": 0}]}"#;
        for script in [
            &["0 hello"][..],
            &[r#"0 {"return": {}}"#],
            &[],
            &[GREETING, error],
            &[GREETING, CAPABLE, no_thread],
        ] {
            assert!(play(script).1.is_err(), "{script:?}");
        }
    }

    const LINES: [&str; 8] = [
        r#"{"QMP": {}}"#,
        r#"{"return": {}}"#,
        r#"{"return": []}"#,
        r#"{"return": [{"cpu-index": 1, "thread-id": 4294967296}]}"#,
        r#"{"event": "STOP"}"#,
        r#"{"event": "SHUTDOWN", "data": {"reason": 7}}"#,
        r#"{"event": "VSERPORT_CHANGE", "data": []}"#,
        "[1, 2]",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_line_of_qmp_panics(lines in vec(prop_oneof![3 => select(&LINES[..]), 1 => Just("\u{fffd}{")], 0..8)) {
            let (ours, theirs) = UnixStream::pair().expect("a socket pair");
            for line in &lines {
                writeln!(&theirs, "{line}").expect("a line");
            }
            theirs.shutdown(Shutdown::Write).expect("an end");
            let (events, _received) = mpsc::sync_channel(16);
            if let Err(error) = serve(ours, &EventSender::new(events, false)) {
                let error = format!("{error:#}");
                prop_assert!(!error.is_empty());
            }
        }
    }
}
