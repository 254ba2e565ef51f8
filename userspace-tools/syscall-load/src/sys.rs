// SPDX-License-Identifier: GPL-2.0

//! System calls that no safe wrapper has: they change the process as a whole.

#![expect(unsafe_code, reason = "maps memory, moves the heap, forks")]

use std::{
    cell::UnsafeCell,
    ffi::c_void,
    fs::File,
    io,
    sync::Mutex, //
};

use anyhow::{
    bail,
    Context,
    Result, //
};
use rustix::mm::{
    mmap,
    mmap_anonymous,
    munmap,
    MapFlags,
    ProtFlags, //
};

/// Memory that is unmapped when dropped.
///
/// # Invariants
///
/// `at` is a mapping of `pages` pages that nobody else knows.
pub struct Mapping {
    at: *mut c_void,
    pages: usize,
    writable: bool,
}

impl Mapping {
    /// Bytes of a page.
    pub const PAGE: usize = 4096;

    /// Maps private anonymous memory.
    pub fn private(pages: usize) -> Result<Self> {
        Self::anonymous(pages, MapFlags::PRIVATE)
    }

    /// Maps shared anonymous memory.
    pub fn shared(pages: usize) -> Result<Self> {
        Self::anonymous(pages, MapFlags::SHARED)
    }

    fn anonymous(pages: usize, flags: MapFlags) -> Result<Self> {
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
        // SAFETY: The kernel chooses an address where nothing is.
        let at = unsafe {
            mmap(
                std::ptr::null_mut(),
                length,
                ProtFlags::READ,
                flags,
                file,
                0,
            )
        };
        // INVARIANT: It is new.
        Ok(Self {
            at: at.context("mmap")?,
            pages,
            writable: false,
        })
    }

    /// Writes, or where that is not allowed reads, a byte of a page; out of bounds, of none.
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
        // SAFETY: By the invariant nobody uses it.
        // That it fails would mean that it was not mapped; there is nothing to be done about it.
        let _ = unsafe { munmap(self.at, self.pages * Self::PAGE) };
    }
}

/// Grows the heap by a page, touches the page, and shrinks the heap again.
pub fn grow_and_shrink_heap() -> Result<()> {
    // The heap's end is one for all threads of a process; the allocator must not move it meanwhile,
    // and does not, since whoever allocates here has memory to spare.
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(|dead| dead.into_inner());
    // SAFETY: What lies behind the heap's end is nobody's, and is given back below.
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

/// Forks a child, which does the same with one child less, and waits for it.
pub fn fork_chain(children: u32) -> Result<()> {
    // SAFETY: The child calls nothing but fork, waitpid and _exit, which may be called after a fork
    // of a process with threads.
    unsafe {
        match libc::fork() {
            -1 => bail!("fork: {}", io::Error::last_os_error()),
            0 if children < 2 => libc::_exit(0),
            0 => {
                let grandchild = libc::fork();
                if grandchild == 0 {
                    libc::_exit(0);
                }
                libc::_exit(reap(grandchild));
            }
            child => match reap(child) {
                0 => Ok(()),
                _ => bail!("the child of a fork failed"),
            },
        }
    }
}

/// Waits for a child; 0 if it ended with 0.
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

/// Locks and unlocks the process's mutex.
pub fn lock_and_unlock() -> Result<()> {
    static MUTEX: PthreadMutex = PthreadMutex(UnsafeCell::new(libc::PTHREAD_MUTEX_INITIALIZER));
    // SAFETY: It is initialised and never destroyed, and who locks it here unlocks it.
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
