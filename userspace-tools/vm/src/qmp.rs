// SPDX-License-Identifier: GPL-2.0

//! A QMP client of the size we need: two questions, four events.
//!
//! The `qapi` crate was tried: it generates QEMU's whole schema, which doubles the time to build
//! all tools, and delivers events only while a command is executed; here events are the point.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;

use anyhow::{bail, Context, Result};
use hosting::Vcpu;
use serde_json::{json, Value};

use crate::event::{Event, Events};
use crate::qemu::PORT_ID;

/// Asks for the vCPUs at once, then passes events on until QEMU ends.
pub fn talk(stream: UnixStream, events: &Events) -> Result<()> {
    let mut qmp = Qmp {
        lines: BufReader::new(stream.try_clone()?),
        stream,
        events,
    };
    let greeting = qmp.next()?.context("QEMU closed QMP before it greeted")?;
    if greeting.get("QMP").is_none() {
        bail!("no QMP greeting but {greeting}");
    }
    qmp.ask("qmp_capabilities")?;
    let mut vcpus: Vec<Vcpu> = serde_json::from_value(qmp.ask("query-cpus-fast")?)
        .context("the answer to query-cpus-fast")?;
    vcpus.sort_by_key(|vcpu| vcpu.cpu_index);
    qmp.tell(Event::Vcpus(vcpus));
    while let Some(message) = qmp.next()? {
        qmp.pass_on(&message)?;
    }
    Ok(())
}

struct Qmp<'a> {
    lines: BufReader<UnixStream>,
    stream: UnixStream,
    events: &'a Events,
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
    fn ask(&mut self, command: &str) -> Result<Value> {
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
                self.tell(Event::Shutdown(reason.to_owned()));
            }
            Some("VSERPORT_CHANGE") if data["id"] == PORT_ID => {
                self.tell(Event::Port(data["open"] == true));
            }
            Some("STOP") => {
                let state = self.ask("query-status")?;
                self.tell(Event::Stopped(
                    state["status"].as_str().unwrap_or("?").to_owned(),
                ));
            }
            _ => {}
        }
        Ok(())
    }

    fn tell(&self, event: Event) {
        // Whoever decides may have decided already.
        let _ = self.events.send(event);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    /// Plays QEMU: sends each line after reading as many lines as were sent before it asks for.
    fn play(script: &'static [(usize, &'static str)]) -> (Vec<Event>, Result<()>) {
        let (ours, theirs) = UnixStream::pair().expect("a socket pair");
        let qemu = thread::spawn(move || {
            let mut commands = BufReader::new(theirs.try_clone().expect("dup"));
            for (reads, line) in script {
                for _ in 0..*reads {
                    commands.read_line(&mut String::new()).expect("a command");
                }
                writeln!(&theirs, "{line}").expect("a line");
            }
        });
        let (events, received) = mpsc::sync_channel(16);
        let result = talk(ours, &Events::of_guest(&events));
        qemu.join().expect("the script");
        drop(events);
        (received.iter().collect(), result)
    }

    const GREETING: (usize, &str) = (0, r#"{"QMP": {"version": {}, "capabilities": ["oob"]}}"#);
    const CAPABLE: (usize, &str) = (1, r#"{"return": {}}"#);
    const NO_VCPUS: (usize, &str) = (1, r#"{"return": []}"#);

    #[test]
    fn vcpus_come_sorted_with_their_threads() {
        let (events, result) = play(&[
            GREETING,
            CAPABLE,
            (
                1,
                r#"{"return": [{"cpu-index":1,"thread-id":72,"target":"x86_64"},{"cpu-index":0,"thread-id":71}]}"#,
            ),
        ]);
        result.expect("a whole conversation");
        let [Event::Vcpus(vcpus)] = events.as_slice() else {
            panic!("{events:?}")
        };
        let threads: Vec<i32> = vcpus.iter().map(|vcpu| vcpu.thread_id).collect();
        assert_eq!(threads, [71, 72]);
    }

    #[test]
    fn events_before_an_answer_are_not_lost() {
        let (events, result) = play(&[
            GREETING,
            CAPABLE,
            (
                1,
                r#"{"event": "VSERPORT_CHANGE", "data": {"open": true, "id": "control"}}"#,
            ),
            (0, r#"{"return": []}"#),
            (
                0,
                r#"{"event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-reset"}}"#,
            ),
        ]);
        result.expect("a whole conversation");
        assert!(matches!(
            events.as_slice(),
            [Event::Port(true), Event::Vcpus(_), Event::Shutdown(reason)] if reason == "guest-reset"
        ));
    }

    #[test]
    fn a_stop_is_followed_by_the_question_why() {
        let (events, _) = play(&[
            GREETING,
            CAPABLE,
            NO_VCPUS,
            (0, r#"{"event": "STOP"}"#),
            (
                1,
                r#"{"return": {"status": "internal-error", "running": false}}"#,
            ),
        ]);
        assert!(
            matches!(events.as_slice(), [_, Event::Stopped(state)] if state == "internal-error")
        );
    }

    #[test]
    fn what_is_no_qmp_is_an_error() {
        let scripts: [&[(usize, &str)]; 5] = [
            &[(0, "hello")],
            &[(0, r#"{"return": {}}"#)],
            &[],
            &[
                GREETING,
                (1, r#"{"error": {"class": "GenericError", "desc": "no"}}"#),
            ],
            &[GREETING, CAPABLE, (1, r#"{"return": [{"cpu-index": 0}]}"#)],
        ];
        for script in scripts {
            assert!(play(script).1.is_err(), "{script:?}");
        }
    }
}
