// SPDX-License-Identifier: GPL-2.0

//! debugfs directory of text files.
//!
//! A reader gets the text as it was at its first read, in however many pieces it reads.
//!
//! The files have a `struct debugfs_short_fops`: one that is held open while the module is removed
//! then fails with `EIO` and can be closed. Those of `kernel::debugfs` oops.

mod begun;

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
        UserSlice,
        UserSliceWriter, //
    }, //
};

use self::begun::{
    BegunTexts,
    Position, //
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

    /// Writes what the file shows, without side effects.
    fn show(on: &T, to: &mut Text) -> Result {
        let _ = (on, to);
        Err(EINVAL)
    }

    /// Handles a write.
    fn store(on: &T, text: Written<'_>) -> Result {
        let _ = (on, text);
        Err(EINVAL)
    }
}

/// A directory; dropping it removes it, after calls under way.
///
/// # Invariants
///
/// `dir` is live, and `served` outlives it.
pub(crate) struct Folder<T> {
    dir: *mut bindings::dentry,
    served: Pin<KBox<Served<T>>>,
}

/// What the files of a directory show, and the texts of their readers.
#[pin_data]
struct Served<T> {
    data: Arc<T>,
    #[pin]
    begun: BegunTexts,
}

// SAFETY: debugfs may be called from anywhere.
unsafe impl<T: Send + Sync> Send for Folder<T> {}
// SAFETY: As above.
unsafe impl<T: Send + Sync> Sync for Folder<T> {}

impl<T: Send + Sync + 'static> Folder<T> {
    /// Creates an empty directory.
    pub(crate) fn new(name: &'static CStr, data: Arc<T>) -> Result<Self> {
        let served = KBox::pin_init(
            pin_init!(Served {
                data,
                begun <- BegunTexts::new(),
            }),
            GFP_KERNEL,
        )?;
        // SAFETY: The name is a string; no parent is the root of debugfs.
        let dir = unsafe { bindings::debugfs_create_dir(name.as_char_ptr(), ptr::null_mut()) };
        // INVARIANT: It was just made, and `drop` removes it before `served` goes.
        from_err_ptr(dir).map(|dir| Self { dir, served })
    }

    /// Adds a file.
    pub(crate) fn with<E: Endpoint<T>>(self) -> Result<Self> {
        // SAFETY: The directory is live, and what is served outlives it, by the invariant; the table
        // is a constant.
        let file = unsafe {
            bindings::debugfs_create_file_short(
                E::NAME.as_char_ptr(),
                E::MODE,
                self.dir,
                ptr::from_ref(&*self.served).cast_mut().cast(),
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
        let Some(event_files) = of(&self.served.data) else {
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
    let served = unsafe { &*(*file).private_data.cast::<Served<T>>() };
    // SAFETY: debugfs gives a valid position.
    let pos = unsafe { &mut *pos };
    let to = UserPtr::from_ptr(buf.cast());
    match piece::<T, E>(served, &mut UserSlice::new(to, len).writer(), pos) {
        Ok(n) => n as isize,
        Err(e) => e.to_errno() as isize,
    }
}

/// Copies the next piece of a text to its reader, and moves the position on.
fn piece<T, E: Endpoint<T>>(
    served: &Served<T>,
    to: &mut UserSliceWriter,
    pos: &mut bindings::loff_t,
) -> Result<usize> {
    let (number, at, text) = match Position::of(*pos) {
        Position::End => return Ok(0),
        Position::Begun(number, at) => (number, at, served.begun.take(number).ok_or(ESTALE)?),
        Position::Now(at) => {
            let mut text = Text::default();
            E::show(&served.data, &mut text)?;
            (served.begun.number(), at, text)
        }
    };
    let rest = text.as_bytes().get(at as usize..).unwrap_or_default();
    let n = to.len().min(rest.len());
    let copied = to.write_slice(rest.get(..n).unwrap_or_default());
    let (whole, n) = (n == rest.len(), if copied.is_ok() { n } else { 0 });
    if whole && copied.is_ok() {
        // A `pread()` beyond the end leaves no reader.
        if n > 0 {
            *pos = Position::End.as_i64();
        }
    } else {
        served.begun.keep(number, text);
        *pos = Position::Begun(number, at.saturating_add(n as u64)).as_i64();
    }
    copied.map(|()| n)
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
    let served = unsafe { &*(*file).private_data.cast::<Served<T>>() };
    let mut bytes = KVec::new();
    let taken = match fetch(buf, len, &mut bytes) {
        Ok(()) => E::store(&served.data, text(&bytes)),
        Err(refused) => E::store(&served.data, Err(refused)),
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
        Ok(text) => Ok(text.trim_ascii()),
        Err(_) => Err(Refused::new(EINVAL, format_args!("not UTF-8 text"))),
    }
}
