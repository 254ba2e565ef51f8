// SPDX-License-Identifier: GPL-2.0

//! debugfs directory of text files.
//!
//! The files have a `struct debugfs_short_fops`: one that is held open while the module is removed
//! then fails with `EIO` and can be closed. Those of `kernel::debugfs` oops.

use core::{
    marker::PhantomData,
    ptr, //
};

use kernel::{
    bindings,
    error::from_err_ptr,
    str::CString,
    uaccess::{
        UserPtr,
        UserSlice, //
    }, //
};

use crate::{
    prelude::*,
    EventFiles, //
};

/// Longest write, in bytes.
const LONGEST_WRITE: usize = 4096;

/// Text that was written, or why it was refused.
pub(crate) type Written<'a> = Result<&'a str, Refused>;

/// A file on a `T`: what it shows, and what a write does.
pub(crate) trait Endpoint<T>: 'static {
    /// The name of the file.
    const NAME: &'static CStr;
    /// Mode of the file.
    const MODE: u16;

    /// Writes what the file shows, without side effects: one `read()` is one call.
    fn show(on: &T, to: &mut Text) -> Result {
        let _ = (on, to);
        Err(EINVAL)
    }

    /// Handles a write.
    fn store(on: &T, text: Written<'_>) -> Result {
        let _ = (on, text);
        Err(EINVAL)
    }

    /// Returns the edition of what the file shows; a reader that saw two gets `ESTALE`.
    fn edition(on: &T) -> u32 {
        let _ = on;
        0
    }
}

/// A directory; dropping it removes it, after calls under way.
///
/// # Invariants
///
/// `dir` is live, and `data` outlives it.
pub(crate) struct Folder<T> {
    dir: *mut bindings::dentry,
    data: Arc<T>,
}

// SAFETY: debugfs may be called from anywhere.
unsafe impl<T: Send + Sync> Send for Folder<T> {}
// SAFETY: As above.
unsafe impl<T: Send + Sync> Sync for Folder<T> {}

impl<T: Send + Sync + 'static> Folder<T> {
    /// Creates an empty directory.
    pub(crate) fn new(name: &'static CStr, data: Arc<T>) -> Result<Self> {
        // SAFETY: The name is a string; no parent is the root of debugfs.
        let dir = unsafe { bindings::debugfs_create_dir(name.as_char_ptr(), ptr::null_mut()) };
        // INVARIANT: It was just made, and `drop` removes it before `data` goes.
        from_err_ptr(dir).map(|dir| Self { dir, data })
    }

    /// Adds a file.
    pub(crate) fn with<E: Endpoint<T>>(self) -> Result<Self> {
        // SAFETY: The directory is live, and the data outlives it, by the invariant; the table is
        // a constant.
        let file = unsafe {
            bindings::debugfs_create_file_short(
                E::NAME.as_char_ptr(),
                E::MODE,
                self.dir,
                Arc::as_ptr(&self.data).cast_mut().cast(),
                ptr::null(),
                &Ops::<T, E>::TABLE,
            )
        };
        from_err_ptr(file).map(|_| self)
    }

    /// Adds a directory with a file for each of the event counts that `of` returns.
    pub(crate) fn with_event_files(
        self,
        of: impl FnOnce(&T) -> Option<&EventFiles>,
    ) -> Result<Self> {
        let Some(event_files) = of(&self.data) else {
            return Ok(self);
        };
        // SAFETY: The name is a string; the directory is live, by the invariant.
        let dir = unsafe { bindings::debugfs_create_dir(event_files.dir.as_char_ptr(), self.dir) };
        let dir = from_err_ptr(dir)?;
        for (name, count) in event_files.iter() {
            let name = CString::try_from_fmt(fmt!("{name}"))?;
            // SAFETY: As above; debugfs copies the name. An atomic word is a word, and the data,
            // whose part it is, outlives the directory.
            unsafe {
                let count = ptr::from_ref(count).cast_mut().cast();
                bindings::debugfs_create_u64(name.as_char_ptr(), 0o400, dir, count)
            };
        }
        Ok(self)
    }
}

impl<T> Drop for Folder<T> {
    fn drop(&mut self) {
        // SAFETY: The directory is live, by the invariant.
        unsafe { bindings::debugfs_remove(self.dir) };
    }
}

struct Ops<T, E>(PhantomData<(T, E)>);

impl<T: Send + Sync + 'static, E: Endpoint<T>> Ops<T, E> {
    const TABLE: bindings::debugfs_short_fops = bindings::debugfs_short_fops {
        read: Some(read::<T, E>),
        write: Some(write::<T, E>),
        llseek: None,
    };
}

/// # Safety
///
/// Called by debugfs for a file made by [`Folder::with`].
unsafe extern "C" fn read<T: 'static, E: Endpoint<T>>(
    file: *mut bindings::file,
    buf: *mut c_char,
    len: usize,
    pos: *mut bindings::loff_t,
) -> isize {
    // SAFETY: `simple_open()` put there what `with` passed, which lives as long as the file.
    let on = unsafe { &*(*file).private_data.cast::<T>() };
    // The position carries the edition that reading began with: 31 bits of it, and 32 of offset.
    let edition = i64::from(E::edition(on) & 0x7fff_ffff) << 32;
    // SAFETY: debugfs gives a valid position.
    let at = unsafe { *pos };
    let mut offset = at & i64::from(u32::MAX);
    if offset != 0 && at & !i64::from(u32::MAX) != edition {
        return ESTALE.to_errno() as isize;
    }
    let mut text = Text::default();
    if let Err(e) = E::show(on, &mut text) {
        return e.to_errno() as isize;
    }
    if offset != 0 && i64::from(E::edition(on) & 0x7fff_ffff) << 32 != edition {
        return ESTALE.to_errno() as isize;
    }
    let bytes = text.as_bytes();
    // SAFETY: The buffer is the caller's, and the text is live.
    let n = unsafe {
        bindings::simple_read_from_buffer(
            buf.cast(),
            len,
            &mut offset,
            bytes.as_ptr().cast(),
            bytes.len(),
        )
    };
    // SAFETY: As above.
    unsafe { *pos = edition | offset };
    n
}

/// # Safety
///
/// As for [`read`].
unsafe extern "C" fn write<T: 'static, E: Endpoint<T>>(
    file: *mut bindings::file,
    buf: *const c_char,
    len: usize,
    _pos: *mut bindings::loff_t,
) -> isize {
    // SAFETY: As in `read`.
    let on = unsafe { &*(*file).private_data.cast::<T>() };
    let mut bytes = KVec::new();
    let taken = match fetch(buf, len, &mut bytes) {
        Ok(()) => E::store(on, text(&bytes)),
        Err(refused) => E::store(on, Err(refused)),
    };
    match taken {
        Ok(()) => len as isize,
        Err(e) => e.to_errno() as isize,
    }
}

/// Copies what was written.
fn fetch(buf: *const c_char, len: usize, to: &mut KVec<u8>) -> Result<(), Refused> {
    if len > LONGEST_WRITE {
        return Err(Refused::new(
            EINVAL,
            format_args!("{len} bytes in one write; allowed: 0..={LONGEST_WRITE}"),
        ));
    }
    let from = UserPtr::from_ptr(buf.cast_mut().cast());
    Ok(UserSlice::new(from, len).read_all(to, GFP_KERNEL)?)
}

fn text(bytes: &[u8]) -> Written<'_> {
    match core::str::from_utf8(bytes) {
        Ok(text) => Ok(text.trim()),
        Err(_) => Err(Refused::new(EINVAL, format_args!("not UTF-8 text"))),
    }
}
