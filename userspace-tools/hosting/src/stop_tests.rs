// SPDX-License-Identifier: GPL-2.0

//! A child that only counts is stopped, goes on by itself, and outlives whoever stopped it.

use std::fs;
use std::io::Write;
use std::process::{Child, Command};

use super::*;

struct Spinner(Child);

impl Spinner {
    fn start() -> Spinner {
        let child = Command::new("sh")
            .args(["-c", "while :; do :; done"])
            .spawn();
        Spinner(child.expect("a shell"))
    }

    fn id(&self) -> i32 {
        self.0.id() as i32
    }

    /// Whether `ptrace` holds it.
    fn held(&self) -> bool {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.id())).expect("its state");
        stat.rsplit_once(") ")
            .is_some_and(|(_, rest)| rest.starts_with('t'))
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A stopper of these threads, and the port that asks it.
fn stopper(threads: Vec<i32>) -> (Stopper, UnixStream) {
    let (ours, theirs) = UnixStream::pair().expect("a socket pair");
    let stopper = Stopper::default();
    stopper.stops_these(threads);
    let this = stopper.clone();
    thread::spawn(move || this.serve(theirs));
    (stopper, ours)
}

fn wait_until(what: &str, mut is: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is() {
        assert!(start.elapsed() < Duration::from_secs(20), "{what}");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn the_named_thread_stops_as_long_as_asked_and_goes_on() {
    let spinners = [Spinner::start(), Spinner::start()];
    let (stopper, mut port) = stopper(spinners.iter().map(Spinner::id).collect());
    port.write_all(&[1, 100]).expect("a request");
    wait_until("it is not stopped", || spinners[1].held());
    assert!(!spinners[0].held(), "the other one is not asked for");
    wait_until("it does not go on", || stopper.stops().served == 1);
    assert!(!spinners[1].held());
    let stops = stopper.stops();
    assert!(stops.stopped_us >= 100_000, "{stops:?}");
    assert_eq!((stops.requested, stops.refused), (1, 0));
}

#[test]
fn what_makes_no_sense_is_counted_and_stops_nobody() {
    let spinner = Spinner::start();
    let (stopper, mut port) = stopper(vec![spinner.id()]);
    port.write_all(&[1, 10, 0, 0, 0, MOST_MS + 1, 255, 255])
        .expect("requests");
    wait_until("not all are read", || stopper.stops().requested == 4);
    wait_until("not all are judged", || stopper.stops().malformed == 4);
    assert!(!spinner.held());
}

#[test]
fn a_thread_that_is_stopped_already_is_not_stopped_twice() {
    let spinner = Spinner::start();
    let (stopper, mut port) = stopper(vec![spinner.id()]);
    port.write_all(&[0, 100, 0, 100]).expect("requests");
    wait_until("the second is not refused", || stopper.stops().refused == 1);
    wait_until("the first does not end", || stopper.stops().served == 1);
}

#[test]
fn a_port_that_closes_sets_everybody_free() {
    let spinner = Spinner::start();
    let (_stopper, mut port) = stopper(vec![spinner.id()]);
    port.write_all(&[0, 100]).expect("a request");
    wait_until("it is not stopped", || spinner.held());
    drop(port);
    wait_until("it is still held", || !spinner.held());
}

#[test]
fn a_thread_that_is_gone_is_a_failure_not_a_hang() {
    let mut spinner = Spinner::start();
    let (stopper, mut port) = stopper(vec![spinner.id()]);
    spinner
        .0
        .kill()
        .and_then(|()| spinner.0.wait())
        .expect("its end");
    port.write_all(&[0, 10]).expect("a request");
    wait_until("nothing failed", || stopper.stops().failed == 1);
}
