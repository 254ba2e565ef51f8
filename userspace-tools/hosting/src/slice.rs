// SPDX-License-Identifier: GPL-2.0

//! Slice of the host's scheduler: how long a thread runs before another one's turn, if both always run.
//!
//! Linux 6.12 and later take a slice for each thread of `SCHED_OTHER` and `SCHED_BATCH` as `sched_runtime` of
//! `sched_setattr(2)`, and clamp it. Older ones ignore it, so what was set is read back.
//!
//! The scheduler picks anew at each wake-up that may preempt, and a thread that has had its fair share is not
//! protected by its slice then. QEMU's main loop wakes for each timer of each vCPU. So all threads of QEMU become
//! `SCHED_BATCH`, whose wake-ups preempt no other thread.

#![expect(unsafe_code, reason = "no crate has sched_setattr")]

use std::{fs, io, time::Duration};

use anyhow::{bail, Context, Result};
use vm_record::SLICES_US;

/// The attributes of a thread; 0 is the calling one.
fn attributes(thread: i32) -> io::Result<libc::sched_attr> {
    const SIZE: u32 = size_of::<libc::sched_attr>() as u32;
    // SAFETY: All fields are numbers, for which zero is a value.
    let mut attributes: libc::sched_attr = unsafe { std::mem::zeroed() };
    // SAFETY: The kernel writes SIZE bytes to `attributes`, which has that size.
    let code = unsafe { libc::syscall(libc::SYS_sched_getattr, thread, &mut attributes, SIZE, 0) };
    match code {
        0 => Ok(attributes),
        _ => Err(io::Error::last_os_error()),
    }
}

/// The slice of a thread; none if the kernel does not report one.
pub fn slice(thread: i32) -> Option<Duration> {
    let ns = attributes(thread).ok()?.sched_runtime;
    (ns > 0).then(|| Duration::from_nanos(ns))
}

fn set_attributes(thread: i32, attributes: &libc::sched_attr) -> io::Result<()> {
    // SAFETY: The kernel reads the bytes of `attributes`, whose size it has set.
    match unsafe { libc::syscall(libc::SYS_sched_setattr, thread, attributes, 0) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Sets the slices of `vcpus`, threads of one process, and lets no wake-up in that process end one.
pub fn set_slices(vcpus: &[i32], slice_us: u32) -> Result<()> {
    if let Some(vcpu) = vcpus.first() {
        batch_process_of(*vcpu)?;
    }
    vcpus.iter().try_for_each(|vcpu| set_slice(*vcpu, slice_us))
}

/// Makes all threads of the process of `thread` `SCHED_BATCH`. Those that they start are, too.
fn batch_process_of(thread: i32) -> Result<()> {
    let cannot = || format!("cannot make the threads beside {thread} SCHED_BATCH");
    let threads = fs::read_dir(format!("/proc/{thread}/task")).with_context(cannot)?;
    let threads = threads.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    for thread in threads.collect::<Vec<i32>>() {
        let changed = attributes(thread).and_then(|mut attributes| {
            attributes.sched_policy = libc::SCHED_BATCH as u32;
            set_attributes(thread, &attributes)
        });
        match changed {
            // It has ended since.
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => {}
            changed => changed.with_context(cannot)?,
        }
    }
    Ok(())
}

/// Sets the slice of a thread, and reads it back.
fn set_slice(thread: i32, slice_us: u32) -> Result<()> {
    let cannot = || format!("cannot set the scheduler slice of thread {thread} to {slice_us} us");
    let (least, most) = (SLICES_US.start(), SLICES_US.end());
    let next = format!("(allowed: {least}..={most}, on Linux 6.12 or later). Try: no --slice-us");
    let wanted = Duration::from_micros(slice_us.into());
    let mut attributes = attributes(thread).with_context(cannot)?;
    attributes.sched_runtime = wanted.as_nanos() as u64;
    if let Err(error) = set_attributes(thread, &attributes) {
        bail!("{}: {error} {next}", cannot());
    }
    match slice(thread) {
        Some(had) if had == wanted => Ok(()),
        Some(had) => bail!("{}: it is {} us {next}", cannot(), had.as_micros()),
        None => bail!(
            "{}: the host's kernel has no slice of a thread {next}",
            cannot()
        ),
    }
}

/// Whether this host takes `slice_us`, tried on a thread of its own.
pub fn check_slice(slice_us: u32) -> Result<()> {
    let tried = std::thread::spawn(move || set_slice(0, slice_us));
    tried
        .join()
        .unwrap_or_else(|_| bail!("cannot try a scheduler slice"))
}

#[cfg(test)]
mod tests {
    use std::sync::{mpsc, Arc, Mutex};
    use std::thread;

    use super::*;

    #[test]
    fn slice_is_set_and_read_back_or_refused_in_one_line() {
        let thread = || -> Result<Option<Duration>> {
            set_slice(0, 3000)?;
            Ok(slice(0))
        };
        match std::thread::spawn(thread).join().expect("no panic") {
            Ok(slice) => assert_eq!(slice, Some(Duration::from_micros(3000))),
            Err(error) => assert!(slice(0).is_none(), "{error:#}"),
        }
    }

    /// The main loop of QEMU is such a thread, beside those of its vCPUs.
    #[test]
    fn no_thread_beside_one_with_a_slice_preempts_by_waking_up() {
        let (ids, id) = mpsc::channel();
        let (stop, stopped) = mpsc::channel::<()>();
        let stopped = Arc::new(Mutex::new(stopped));
        let threads = [ids.clone(), ids].map(|ids| {
            let stopped = stopped.clone();
            thread::spawn(move || {
                let own = rustix::thread::gettid().as_raw_nonzero().get();
                ids.send(own).expect("a receiver");
                let _ = stopped.lock().expect("no panic").recv();
            })
        });
        let [main_loop, vcpu] = [&id, &id].map(|id| id.recv().expect("an id"));
        let set = set_slices(&[vcpu], 3000);
        let policies = [main_loop, vcpu].map(|id| attributes(id).expect("attributes").sched_policy);
        let slices = [main_loop, vcpu].map(slice);
        drop(stop);
        threads
            .into_iter()
            .for_each(|thread| thread.join().expect("no panic"));
        assert_eq!(policies, [libc::SCHED_BATCH as u32; 2]);
        if set.is_ok() {
            assert_eq!(slices[1], Some(Duration::from_micros(3000)));
            assert_ne!(slices[0], slices[1], "it waits for no other's slice");
        }
    }

    /// The kernel clamps to its limits, so a slice beyond them is not what was asked for.
    #[test]
    fn slice_that_the_kernel_does_not_take_is_refused() {
        let error = check_slice(5_000_000).expect_err("five seconds");
        let error = format!("{error:#}");
        assert!(error.starts_with("cannot set the scheduler slice of thread 0 to 5000000 us"));
        assert!(
            error.contains("allowed: 100..=100000") && !error.contains('\n'),
            "{error}"
        );
    }
}
