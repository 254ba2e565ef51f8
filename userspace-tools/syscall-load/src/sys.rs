// SPDX-License-Identifier: GPL-2.0

//! System calls without a safe wrapper: they change the process as a whole.

#![expect(unsafe_code, reason = "maps memory, moves the heap, forks")]

use std::{cell::UnsafeCell, ffi::c_void, fs::File, io, sync::Mutex};

use anyhow::{bail, Context, Result};
use rustix::mm::{mmap, mmap_anonymous, munmap, MapFlags, ProtFlags};

/// Memory that is unmapped when dropped.
///
/// # Invariants
///
/// `at` is a mapping of `pages` pages to which no other reference exists.
pub struct Mapping {
    at: *mut c_void,
    pages: usize,
    writable: bool,
}

impl Mapping {
    pub const PAGE: usize = 4096;

    pub fn anonymous(pages: usize, flags: MapFlags) -> Result<Self> {
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: The kernel chooses an address where nothing is.
        let at = unsafe { mmap_anonymous(std::ptr::null_mut(), pages * Self::PAGE, access, flags) };
        // INVARIANT: It is new.
        Ok(Self {
            at: at.context("mmap")?,
            pages,
            writable: true,
        })
    }

    /// Maps the first pages of a file, to be read.
    pub fn file(pages: usize, file: &File) -> Result<Self> {
        let (length, flags) = (pages * Self::PAGE, MapFlags::SHARED);
        let anywhere = std::ptr::null_mut();
        // SAFETY: The kernel chooses an address where nothing is.
        let at = unsafe { mmap(anywhere, length, ProtFlags::READ, flags, file, 0) };
        // INVARIANT: It is new.
        Ok(Self {
            at: at.context("mmap")?,
            pages,
            writable: false,
        })
    }

    /// Writes a byte of a page, or reads it where that is not allowed; does nothing out of bounds.
    pub fn touch(&self, page: usize) {
        if page >= self.pages {
            return;
        }
        let at = self.at.cast::<u8>().wrapping_add(page * Self::PAGE);
        // SAFETY: The page is within the mapping, by the invariant and the check.
        unsafe {
            match self.writable {
                true => at.write_volatile(1),
                false => drop(at.read_volatile()),
            }
        }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: By the invariant no other reference exists.
        // It fails only for an address that is not mapped.
        let _ = unsafe { munmap(self.at, self.pages * Self::PAGE) };
    }
}

/// Grows the heap by a page, touches the page, and shrinks the heap again.
pub fn grow_and_shrink_heap() -> Result<()> {
    // All threads of a process share the heap's end; the allocator must not move it meanwhile, and does not,
    // since the threads that allocate here have memory to spare.
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(|dead| dead.into_inner());
    // SAFETY: The memory behind the heap's end is unused, and is given back below.
    unsafe {
        let at = libc::sbrk(4096);
        if at as isize == -1 {
            bail!("sbrk: {}", io::Error::last_os_error());
        }
        at.cast::<u8>().write_volatile(1);
        libc::sbrk(-4096);
    }
    Ok(())
}

/// Forks children within each other, and waits for them; each exits at once.
pub fn fork_chain(children: u32) -> Result<()> {
    // SAFETY: Forks and waits are system calls.
    match unsafe { in_child(|| chain(children - 1)) } {
        true => Ok(()),
        false => bail!("a fork failed, or the child of one"),
    }
}

fn chain(children: u32) -> bool {
    // SAFETY: As above.
    children == 0 || unsafe { in_child(|| chain(children - 1)) }
}

/// Forks a child that does `work`, waits for it, and returns whether all that succeeded.
///
/// # Safety
///
/// `work` makes system calls only: another thread of the process may have held the allocator's lock,
/// or any other, at the moment of the fork, and no thread of the child releases it.
pub unsafe fn in_child(work: impl FnOnce() -> bool) -> bool {
    // SAFETY: The child does `work`, by the contract of the function, and leaves by _exit.
    match unsafe { libc::fork() } {
        -1 => false,
        0 => {
            let status = i32::from(!work());
            // SAFETY: Ends the child, and runs nothing that was left for an exit.
            unsafe { libc::_exit(status) }
        }
        child => reap(child) == 0,
    }
}

fn reap(child: libc::pid_t) -> i32 {
    let mut status = 0;
    // SAFETY: `status` is valid.
    while unsafe { libc::waitpid(child, &mut status, 0) } < 0 {
        if io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
            return 1;
        }
    }
    status
}

struct PthreadMutex(UnsafeCell<libc::pthread_mutex_t>);

// SAFETY: A mutex is for threads.
unsafe impl Sync for PthreadMutex {}

pub fn lock_and_unlock() -> Result<()> {
    static MUTEX: PthreadMutex = PthreadMutex(UnsafeCell::new(libc::PTHREAD_MUTEX_INITIALIZER));
    // SAFETY: It is initialised and never destroyed, and the thread that locks it here unlocks it.
    let failed = unsafe {
        match libc::pthread_mutex_lock(MUTEX.0.get()) {
            0 => libc::pthread_mutex_unlock(MUTEX.0.get()),
            failed => failed,
        }
    };
    match failed {
        0 => Ok(()),
        failed => bail!("pthread mutex: {}", io::Error::from_raw_os_error(failed)),
    }
}
