// SPDX-License-Identifier: GPL-2.0

//! Preemption of a child that spins: it is stopped, resumed, and outlives its tracer.

use std::fs;
use std::io::Write;
use std::process::{Child, Command};

use vm_record::Preemptions;

use super::*;

struct Spinner(Child);

impl Spinner {
    fn start() -> Spinner {
        let spin = ["-c", "while :; do :; done"];
        Spinner(Command::new("sh").args(spin).spawn().expect("a shell"))
    }

    fn id(&self) -> i32 {
        self.0.id() as i32
    }

    fn is_stopped(&self) -> bool {
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

/// A preempter of these threads, and the port for requests.
fn preempter(threads: Vec<i32>) -> (Preempter, UnixStream) {
    let (ours, theirs) = UnixStream::pair().expect("a socket pair");
    let preempter = Preempter::new(Duration::ZERO);
    preempter.set_threads(threads);
    let this = preempter.clone();
    thread::spawn(move || this.serve(theirs));
    (preempter, ours)
}

fn counts(preempter: &Preempter) -> Preemptions {
    Preemptions::of(&preempter.log())
}

fn wait_until(what: &str, mut is: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is() {
        assert!(start.elapsed() < Duration::from_secs(20), "{what}");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn named_thread_stops_for_the_requested_time_and_resumes() {
    let spinners = [Spinner::start(), Spinner::start()];
    let (preempter, mut port) = preempter(spinners.iter().map(Spinner::id).collect());
    port.write_all(&[1, 100]).expect("a request");
    wait_until("it is not stopped", || spinners[1].is_stopped());
    assert!(!spinners[0].is_stopped(), "no request names the other one");
    wait_until("it does not go on", || counts(&preempter).served == 1);
    assert!(!spinners[1].is_stopped());
    let counts = counts(&preempter);
    assert!(counts.stopped_us >= 100_000, "{counts:?}");
    assert_eq!((counts.requested, counts.refused), (1, 0));
}

#[test]
fn malformed_requests_are_counted_and_stop_no_thread() {
    let spinner = Spinner::start();
    let (preempter, mut port) = preempter(vec![spinner.id()]);
    port.write_all(&[1, 10, 0, 0, 0, MAX_MS + 1, 255, 255])
        .expect("requests");
    wait_until("not all are read", || counts(&preempter).requested == 4);
    wait_until("not all are counted", || counts(&preempter).malformed == 4);
    assert!(!spinner.is_stopped());
}

#[test]
fn stopped_thread_is_not_stopped_again() {
    let spinner = Spinner::start();
    let (preempter, mut port) = preempter(vec![spinner.id()]);
    port.write_all(&[0, 100, 0, 100]).expect("requests");
    wait_until("the second is not refused", || {
        counts(&preempter).refused == 1
    });
    wait_until("the first does not end", || counts(&preempter).served == 1);
}

#[test]
fn closed_port_resumes_every_thread() {
    let spinner = Spinner::start();
    let (_preempter, mut port) = preempter(vec![spinner.id()]);
    port.write_all(&[0, 100]).expect("a request");
    wait_until("it is not stopped", || spinner.is_stopped());
    drop(port);
    wait_until("it is still stopped", || !spinner.is_stopped());
}

#[test]
fn ended_thread_is_a_failure_not_a_hang() {
    let mut spinner = Spinner::start();
    let (preempter, mut port) = preempter(vec![spinner.id()]);
    spinner.0.kill().expect("a signal");
    spinner.0.wait().expect("its end");
    port.write_all(&[0, 10]).expect("a request");
    wait_until("nothing failed", || counts(&preempter).failed == 1);
}

#[test]
fn log_has_every_request_in_its_order_with_the_time_of_its_stop() {
    let spinners = [Spinner::start(), Spinner::start()];
    let (preempter, mut port) = preempter(spinners.iter().map(Spinner::id).collect());
    port.write_all(&[1, 50, 7, 5, 1, 20, 0, 200, 0, 0])
        .expect("requests");
    wait_until("two are not served", || counts(&preempter).served == 2);
    let log = preempter.log();
    let asked: Vec<(usize, u64)> = log.iter().map(|one| (one.vcpu, one.ms)).collect();
    assert_eq!(asked, [(1, 50), (7, 5), (1, 20), (0, 200), (0, 0)]);
    assert!(log.is_sorted_by_key(|one| one.requested_us), "{log:?}");
    for (one, ms) in [(&log[0], 50), (&log[3], 200)] {
        let (began, ended) = one.stop_us().expect("a stop");
        assert!(one.requested_us <= began, "{one:?}");
        assert!(ended - began >= ms * 1000, "{one:?}");
    }
    let others = [1, 2, 4].map(|n: usize| log[n].outcome);
    use PreemptionOutcome::{Malformed, Refused};
    assert_eq!(others, [Malformed, Refused, Malformed]);
}
