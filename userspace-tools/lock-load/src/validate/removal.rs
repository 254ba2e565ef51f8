// SPDX-License-Identifier: GPL-2.0

//! Check that the module can be removed during a storm, with vCPUs halted, kicked or in a section.

use std::{thread::sleep, time::Duration, time::Instant};

use abi::{
    lock_load::{Config, Lock},
    trial::Load,
};
use debugfs::{kernel_module, Error};
use results::{Case, LockLoad, Report, Verdict};

use super::{
    check::{found, Check},
    session::Session,
};

/// Removals, each at another moment of the run.
const TIMES: u64 = 5;
/// Time limit of a removal, which waits until every thread has left.
const LIMIT: Duration = Duration::from_secs(10);

pub fn checks(session: &Session) -> Vec<Check> {
    let lock = session.locks(|lock| lock.facts().halts).into_iter().next();
    let lock = lock.unwrap_or(Lock::McsHalt);
    let (limit, file) = (LIMIT.as_secs(), session.file.display());
    vec![Check::new(
        format!("rmmod during a storm on {lock}, then insmod {file}"),
        format!("{TIMES} times, {limit} s each"),
        move |session| removals(session, lock),
    )]
}

fn removals(session: &Session, lock: Lock) -> debugfs::Result<Case> {
    if !session.file.exists() {
        let why = format!(
            "{}: no such file; use --module FILE",
            session.file.display()
        );
        return Ok(found(why, Verdict::Skip));
    }
    let mut longest = Duration::ZERO;
    for i in 0..TIMES {
        let load = [Load::Contest, Load::Halts][(i % 2) as usize];
        let config = Config {
            lock,
            load,
            histograms: lock.histograms(),
            rounds: 100_000_000,
            run_ms: 60_000,
            ..session.base()
        };
        session.reopened()?.start(&config)?;
        sleep(Duration::from_millis(20 + 17 * i));
        let began = Instant::now();
        let failed = |errno| Error::Io {
            path: session.file.clone(),
            errno,
        };
        if let Err(errno) = kernel_module::remove(LockLoad::MODULE) {
            return Ok(found(format!("rmmod: {errno}"), false));
        }
        longest = longest.max(began.elapsed());
        kernel_module::insert(&session.file).map_err(failed)?;
    }
    session.run(&session.base())?;
    let measured = format!("{TIMES} times, {:.2} s at most", longest.as_secs_f64());
    let longest_ns = longest.as_nanos() as u64;
    let case = found(measured, longest <= LIMIT);
    Ok(case.with("removals", TIMES).with("longest_ns", longest_ns))
}
