// SPDX-License-Identifier: GPL-2.0

//! Check that the module can be removed during a storm, with vCPUs halted, kicked or in a section.

use std::{thread::sleep, time::Duration, time::Instant};

use abi::{
    lock_load::{Config, Lock},
    trial::Load,
};
use debugfs::{kernel_module, Error};
use results::{LockLoad, Report};

use super::{
    check::{Check, Found},
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

fn removals(session: &Session, lock: Lock) -> debugfs::Result<Found> {
    if !session.file.exists() {
        return Ok(Found::skipped(format!(
            "{}: no such file; use --module FILE",
            session.file.display()
        )));
    }
    let mut longest = Duration::ZERO;
    for i in 0..TIMES {
        let load = [Load::Contest, Load::Halts][(i % 2) as usize];
        let config = Config {
            lock,
            load,
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
        kernel_module::remove(LockLoad::MODULE).map_err(failed)?;
        longest = longest.max(began.elapsed());
        kernel_module::insert(&session.file).map_err(failed)?;
    }
    session.run(&session.base())?;
    let measured = format!("{TIMES} times, {:.2} s at most", longest.as_secs_f64());
    Ok(Found::new(measured, longest <= LIMIT))
}
