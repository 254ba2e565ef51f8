// SPDX-License-Identifier: GPL-2.0

//! The machine as guests see it: time, CPUs, halts and kicks, and spin loops that cost no events.

mod word;

use std::{cell::Cell, rc::Rc};

use machine::{
    words::{self, compute, exact_time, look_until, mark},
    CpuId, Ended, Entry, Fair, GuestId, Hog, Machine, Ns, PauseLoop, Plan, Policy, RoundRobin,
    Spared, Stop, VcpuId,
};

use word::Word;

const MS: Ns = 1_000_000;
const GUEST: GuestId = GuestId(0);

/// A plan for so many CPUs whose vCPUs all begin at once.
fn plan(cpus: u32) -> Plan {
    Plan {
        start_spread: 1,
        ..Plan::new(cpus)
    }
}

fn round_robin(slice: Ns) -> Box<dyn Policy> {
    Box::new(RoundRobin::new(slice, 1))
}

/// Runs `code` on so many vCPUs.
fn run(plan: Plan, policy: Box<dyn Policy>, vcpus: u32, code: impl Fn(u32) + 'static) -> Ended {
    let (mut machine, code) = (Machine::new(plan, policy), Rc::new(code));
    for vcpu in 0..vcpus {
        let code = code.clone();
        machine.add(GUEST, None, move || code(vcpu)).unwrap();
    }
    machine.run()
}

/// Times of marks of that kind, with the vCPU.
fn marks(ended: &Ended, kind: u32) -> Vec<(u32, Ns)> {
    let of = |logged: &machine::Logged| match logged.entry {
        Entry::Mark(vcpu, of, _) if of == kind => Some((vcpu.0, logged.at)),
        _ => None,
    };
    ended.log.iter().filter_map(of).collect()
}

#[test]
fn work_takes_its_time_and_twice_that_where_two_share_a_cpu() {
    let took = |vcpus| {
        let plan = Plan {
            keeps_log: true,
            ..plan(1)
        };
        let ended = run(plan, round_robin(MS), vcpus, |_| {
            compute(20 * MS);
            mark(1, 0);
        });
        marks(&ended, 1).last().unwrap().1
    };
    assert!((20 * MS..21 * MS).contains(&took(1)), "{}", took(1));
    assert!((40 * MS..42 * MS).contains(&took(2)), "{}", took(2));
}

#[test]
fn idle_cpu_takes_a_vcpu_from_a_queue_unless_it_is_pinned() {
    let end = |pinned: Option<CpuId>| {
        let mut machine = Machine::new(plan(2), round_robin(MS));
        for _ in 0..2 {
            machine.add(GUEST, pinned, || compute(10 * MS)).unwrap();
        }
        let ended = machine.run();
        ended.vcpus.iter().map(|(stolen, _)| *stolen).max().unwrap()
    };
    assert!(end(None) < MS);
    assert!(end(Some(CpuId(0))) > 8 * MS);
}

#[test]
fn halted_vcpu_uses_no_cpu_and_a_kick_wakes_it() {
    let word = Rc::new(Word::default());
    let (theirs, plan) = (
        word.clone(),
        Plan {
            keeps_log: true,
            ..plan(1)
        },
    );
    let ended = run(plan, round_robin(100 * MS), 2, move |vcpu| {
        if vcpu == 0 {
            while theirs.load() == 0 {
                words::halt_while(|| theirs.load() == 0);
            }
            mark(1, 0);
        } else {
            compute(5 * MS);
            theirs.store(1);
            words::kick(VcpuId(0));
            mark(2, 0);
        }
    });
    let (woken, kicked) = (marks(&ended, 1)[0].1, marks(&ended, 2)[0].1);
    assert!(
        woken > kicked && woken < kicked + MS / 10,
        "{kicked} {woken}"
    );
    assert!(ended.vcpus[0].1 > 4 * MS, "it halted meanwhile");
}

#[test]
fn kick_between_the_last_check_and_the_halt_is_not_lost() {
    for delay in (0..4000).step_by(50) {
        let word = Rc::new(Word::default());
        let plan = Plan {
            sticky_kicks: false,
            ..plan(2)
        };
        let ended = run(plan, round_robin(MS), 2, move |vcpu| {
            if vcpu == 0 {
                compute(10_000);
                words::halt_while(|| word.load() == 0);
            } else {
                compute(8_000 + delay);
                word.store(1);
                words::kick(VcpuId(0));
            }
        });
        assert!(ended.at < MS, "kicked {delay} ns after, it halts for ever");
    }
}

/// Threads that take turns by a ticket: each looks at one word, which each of the others writes. Sections of
/// the second half are counted: once all have come to the lock.
fn tickets(plan: Plan, policy: Box<dyn Policy>, vcpus: u32) -> (Ended, u64) {
    let shared = Rc::new((Word::default(), Word::default(), Cell::new(0)));
    let sections = shared.clone();
    let end = plan.end;
    let ended = run(plan, policy, vcpus, move |_| {
        let (next, serving, count) = &*shared;
        while exact_time() < end {
            let mine = next.add(1);
            while look_until(u32::MAX, || serving.load() == mine, || ()).is_none() {}
            compute(200);
            if exact_time() > end / 2 {
                count.set(count.get() + 1);
            }
            serving.store(mine + 1);
            compute(200);
        }
    });
    (ended, sections.2.get())
}

#[test]
fn same_seed_is_the_same_run_and_another_is_not() {
    let hash = |seed| {
        let plan = Plan {
            seed,
            end: 50 * MS,
            ..Plan::new(2)
        };
        tickets(plan, Box::new(RoundRobin::new(MS, seed)), 4).0.hash
    };
    assert_eq!(hash(1), hash(1));
    assert_ne!(hash(1), hash(2));
}

#[test]
fn looks_without_events_change_nothing() {
    for (cpus, vcpus) in [(4, 4), (2, 4), (2, 8)] {
        let run = |elides| {
            let plan = Plan {
                elides,
                end: 40 * MS,
                ..Plan::new(cpus)
            };
            tickets(plan, round_robin(MS), vcpus)
        };
        let ((with, sections), (without, all)) = (run(true), run(false));
        let off = sections.abs_diff(all) as f64 / all as f64;
        assert!(
            off <= 0.001,
            "{vcpus} on {cpus}: {sections} and {all} sections"
        );
        assert!(with.counts.elided_looks > 0 && without.counts.elided_looks == 0);
        if vcpus > cpus {
            assert!(with.counts.events * 4 < without.counts.events);
        }
    }
}

#[test]
fn overcommitted_ticket_waits_for_the_slice() {
    let sections = |slice| {
        let plan = Plan {
            end: 1000 * MS,
            ..Plan::new(2)
        };
        tickets(plan, round_robin(slice), 8).1
    };
    let (short, long) = (sections(MS), sections(10 * MS));
    let ratio = short as f64 / long as f64;
    assert!((5.0..14.0).contains(&ratio), "{short} and {long} sections");
}

#[test]
fn pause_loop_exits_end_the_storm() {
    let sections = |pause_loop| {
        let plan = Plan {
            end: 200 * MS,
            pause_loop,
            ..Plan::new(2)
        };
        tickets(plan, round_robin(3 * MS), 8)
    };
    let of = PauseLoop {
        window: 4_096,
        gap: 128,
        grow: 2,
        max: MS,
        shrink: 0,
    };
    let ((without, few), (with, many)) = (sections(None), sections(Some(of)));
    assert_eq!(without.counts.pause_loop_exits, 0);
    assert!(with.counts.directed_yields > 100);
    assert!(many > 20 * few, "{few} and {many} sections");
}

/// Windows that are kept until the next stint are longer, so fewer loops exit.
#[test]
fn window_that_shrinks_slowly_has_fewer_exits() {
    let exits = |shrink| {
        let plan = Plan {
            end: 200 * MS,
            pause_loop: Some(PauseLoop {
                window: 4_096,
                gap: 128,
                grow: 2,
                max: MS,
                shrink,
            }),
            ..Plan::new(2)
        };
        let (ended, sections) = tickets(plan, round_robin(3 * MS), 8);
        assert!(sections > 100, "{sections} sections");
        ended.counts.pause_loop_exits
    };
    let (resets, halves) = (exits(0), exits(2));
    assert!(halves * 10 < resets * 9, "{halves} and {resets} exits");
}

#[test]
fn kick_that_yields_gives_the_kicked_the_cpu_of_the_kicker() {
    let delay = |kick_yields| {
        let (kicked, woke) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        let (at, seen) = (kicked.clone(), woke.clone());
        let plan = Plan {
            kick_yields,
            end: 100 * MS,
            ..plan(1)
        };
        let ended = run(plan, round_robin(10 * MS), 2, move |vcpu| {
            if vcpu == 1 {
                words::halt_while(|| at.get() == 0);
                return seen.set(exact_time());
            }
            // Until the other halts.
            words::sleep(MS);
            at.set(exact_time());
            words::kick(VcpuId(1));
            compute(20 * MS);
        });
        assert_eq!(ended.counts.directed_yields, u64::from(kick_yields));
        woke.get() - kicked.get()
    };
    let (plain, yields) = (delay(false), delay(true));
    assert!(
        plain > 9 * MS && yields < MS / 10,
        "{plain} and {yields} ns"
    );
}

#[test]
fn hog_takes_its_share_and_the_run_ends_without_it() {
    let time = |hogs: &[Hog]| {
        let plan = Plan {
            end: 10_000 * MS,
            start_spread: 1,
            hogs: hogs.to_vec(),
            ..Plan::new(1)
        };
        let mut machine = Machine::new(plan, round_robin(MS));
        let code = || compute(100 * MS);
        machine.add(GuestId(0), None, code).unwrap();
        machine.run().at as f64 / MS as f64
    };
    let hog = |busy, idle| Hog {
        cpu: Some(CpuId(0)),
        busy,
        idle,
    };
    let (alone, half, third) = (time(&[]), time(&[hog(MS, 0)]), time(&[hog(MS, 0); 2]));
    assert!((99.0..101.0).contains(&alone), "{alone} ms");
    assert!((190.0..210.0).contains(&half), "{half} ms");
    assert!((285.0..315.0).contains(&third), "{third} ms");
    // It computes for a fifth of the time that it does not wait.
    let rarely = time(&[hog(2 * MS, 8 * MS)]);
    assert!((110.0..135.0).contains(&rarely), "{rarely} ms");
}

#[test]
fn fair_policy_shares_by_run_time_and_lets_the_woken_preempt() {
    let delay = Rc::new(Cell::new(0));
    let theirs = delay.clone();
    let policy = Box::new(Fair::new(1, 3 * MS, MS, 1));
    let ended = run(plan(1), policy, 3, move |vcpu| {
        if vcpu > 0 {
            return compute(300 * MS);
        }
        for _ in 0..20 {
            let asleep = exact_time() + 10 * MS;
            words::sleep(10 * MS);
            theirs.set(theirs.get() + exact_time() - asleep);
        }
    });
    assert!(
        delay.get() / 20 < MS,
        "a sleeper preempts: {} ns",
        delay.get() / 20
    );
    let stolen = |vcpu: usize| ended.vcpus[vcpu].0;
    assert!(stolen(1).abs_diff(stolen(2)) < 12 * MS);
}

#[test]
fn stopped_vcpu_gets_no_cpu_and_others_do() {
    let plan = Plan {
        stops: vec![Stop {
            at: 5 * MS,
            vcpu: VcpuId(0),
            ns: 50 * MS,
        }],
        keeps_log: true,
        ..plan(1)
    };
    let ended = run(plan, round_robin(MS), 2, |_| {
        compute(10 * MS);
        mark(1, 0);
    });
    let done = marks(&ended, 1);
    assert_eq!(done[0].0, 1, "the other one goes first");
    assert!((55 * MS..65 * MS).contains(&done[1].1), "{done:?}");
}

#[test]
fn what_if_a_preemption_had_cost_nothing() {
    let run_without = |spared: Vec<Spared>| {
        let plan = Plan {
            spared,
            keeps_log: true,
            ..plan(1)
        };
        run(plan, round_robin(2 * MS), 2, |_| {
            compute(3 * MS);
            mark(1, 0);
        })
    };
    let all = run_without(Vec::new());
    let first = all.log.iter().find_map(|logged| match logged.entry {
        Entry::Preempted(vcpu, 0) => Some(vcpu),
        _ => None,
    });
    let victim = first.expect("a preemption").0;
    let end = |ended: &Ended| {
        let of = marks(ended, 1)
            .into_iter()
            .find(|(vcpu, _)| *vcpu == victim);
        of.unwrap().1
    };
    let spared = Spared {
        vcpu: VcpuId(victim),
        from: 0,
        until: 10 * MS,
    };
    let (with, without) = (end(&all), end(&run_without(vec![spared])));
    assert!(
        with > 4 * MS && without < 3 * MS + MS / 10,
        "{with} and {without}"
    );
}

#[test]
fn vcpu_that_waits_when_it_is_spared_goes_on_at_once() {
    let spared = Spared {
        vcpu: VcpuId(1),
        from: 4 * MS,
        until: 100 * MS,
    };
    let plan = Plan {
        spared: vec![spared],
        keeps_log: true,
        ..plan(1)
    };
    let ended = run(plan, round_robin(50 * MS), 2, |_| {
        compute(20 * MS);
        mark(1, 0);
    });
    let done = marks(&ended, 1);
    assert!(done[0].1 < 21 * MS && done[1] == (1, done[1].1), "{done:?}");
    assert!((24 * MS..25 * MS).contains(&done[1].1), "{done:?}");
}
