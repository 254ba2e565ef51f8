// SPDX-License-Identifier: GPL-2.0

//! Control files of one module, as text and parsed.

use std::{
    fs, io,
    io::{Read, Write},
    path::{Path, PathBuf},
    str::FromStr,
};

use abi::{
    status::{State, Status, ERROR},
    Abi, Errno, Malformed, SCHEMA,
};

use crate::{Error, Result};

/// A loaded module's directory.
#[derive(Debug)]
pub struct Dir {
    path: PathBuf,
    module: &'static str,
}

impl Dir {
    /// Opens the directory of `module` under `root` and checks its schema.
    pub fn open(root: &Path, module: &'static str) -> Result<Self> {
        let path = root.join(module);
        let dir = Self { path, module };
        match fs::metadata(&dir.path) {
            Ok(_) => {}
            Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
                return Err(Error::NotRoot { path: dir.path });
            }
            Err(_) if !is_populated(root) => return Err(Error::NotMounted { root: root.into() }),
            Err(_) => {
                return Err(Error::NotLoaded {
                    path: dir.path,
                    module,
                });
            }
        }
        let theirs = dir.parse::<Abi>("abi", &dir.read("abi")?)?.schema;
        if theirs != SCHEMA {
            return Err(Error::Schema {
                path: dir.file("abi"),
                theirs,
                ours: SCHEMA,
            });
        }
        Ok(dir)
    }

    /// The path of one of the files.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// All settings with what is allowed, one on each line.
    pub fn config(&self) -> Result<String> {
        self.read("config")
    }

    /// Changes all settings in `text`, or none.
    pub fn set(&self, text: &str) -> Result<()> {
        self.write("config", text)
    }

    /// Starts a run with the current settings.
    pub fn start(&self) -> Result<()> {
        self.write("run", "start")
    }

    /// Stops the current run, if there is one.
    pub fn stop(&self) -> Result<()> {
        self.write("run", "stop")
    }

    /// Clears the last report and restores the default settings.
    pub fn reset(&self) -> Result<()> {
        self.write("reset", "1")
    }

    /// The first line of `status`.
    pub fn status(&self) -> Result<Status> {
        let text = self.read("status")?;
        self.parse("status", text.lines().next().unwrap_or(""))
    }

    /// The reason why the last write was refused; empty if it was not.
    pub fn refusal(&self) -> Result<String> {
        let text = self.read("status")?;
        match text.lines().nth(1).and_then(|l| l.strip_prefix(ERROR)) {
            Some(reason) => Ok(reason.into()),
            None => Err(self.malformed("status", "no second line `error=`", &text)),
        }
    }

    /// The lines of `status` on the machine.
    pub fn machine(&self) -> Result<String> {
        let text = self.read("status")?;
        let lines: Vec<&str> = text.lines().skip(2).collect();
        Ok(lines.join("\n"))
    }

    /// The state in `run`.
    pub fn state(&self) -> Result<State> {
        self.parse("run", self.read("run")?.trim_end())
    }

    /// The report of the last finished run, or an empty text.
    pub fn report(&self) -> Result<String> {
        self.read("report")
    }

    /// Reads a whole file; reads it again if the module no longer has the text that it began with, since
    /// many others read as well.
    pub fn read(&self, name: &str) -> Result<String> {
        let path = self.file(name);
        loop {
            match read_text(&path) {
                Err(e) if e.raw_os_error() == Some(Errno::ESTALE.0) => {}
                text => return text.map_err(|e| self.failed(path, e)),
            }
        }
    }

    /// Writes a file with one system call, as the modules require.
    pub fn write(&self, name: &str, value: &str) -> Result<()> {
        let path = self.file(name);
        let write = || fs::File::create(&path)?.write_all(value.as_bytes());
        write().map_err(|errno| match errno.raw_os_error() {
            Some(code) if is_refusal(code) => Error::Refused {
                path,
                value: value.trim_end().into(),
                module: self.module,
                errno,
                why: self.reason(),
            },
            _ => self.failed(path, errno),
        })
    }

    /// The error for a text that does not parse.
    pub(crate) fn malformed(&self, file: &str, what: &str, text: &str) -> Error {
        Error::Malformed {
            path: self.file(file),
            what: what.into(),
            text: text.into(),
        }
    }

    fn parse<T: FromStr<Err = Malformed>>(&self, file: &str, text: &str) -> Result<T> {
        text.parse()
            .map_err(|e: Malformed| self.malformed(file, &e.to_string(), text))
    }

    /// The module's reason without the errno and the file: `why` of `EINVAL config: why`.
    fn reason(&self) -> String {
        let reason = self.refusal().unwrap_or_default();
        match reason.split_once(": ") {
            Some((_, why)) => why.into(),
            None => reason,
        }
    }

    fn failed(&self, path: PathBuf, errno: io::Error) -> Error {
        let module = self.module;
        match errno.kind() {
            io::ErrorKind::PermissionDenied if errno.raw_os_error() == Some(EPERM) => {
                Error::LockedDown { path }
            }
            io::ErrorKind::PermissionDenied => Error::NotRoot { path },
            _ if !self.path.exists() => Error::Unloaded { path, module },
            _ => Error::Io { path, errno },
        }
    }
}

/// Reads a text, by one system call if it is short.
fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::with_capacity(1 << 13);
    fs::File::open(path)?.read_to_string(&mut text)?;
    Ok(text)
}

/// What root gets from debugfs under kernel lockdown; other users get EACCES.
const EPERM: i32 = Errno::EPERM.0;

/// Whether `root` has entries; the mount point of debugfs has none unless debugfs is mounted.
fn is_populated(root: &Path) -> bool {
    fs::read_dir(root).is_ok_and(|mut entries| entries.next().is_some())
}

/// Whether modules refuse writes with this errno, and give a reason.
fn is_refusal(errno: i32) -> bool {
    matches!(
        Errno(errno),
        Errno::EAGAIN
            | Errno::ENOMEM
            | Errno::EBUSY
            | Errno::ENODEV
            | Errno::EINVAL
            | Errno::ERANGE
            | Errno::ECANCELED
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lockdown_is_no_missing_privilege() {
        let dir = Dir {
            path: "/d/lock-load".into(),
            module: "lock-load",
        };
        let of = |errno| dir.failed(dir.file("config"), io::Error::from_raw_os_error(errno));
        assert!(of(EPERM).to_string().contains("lockdown"));
        assert!(of(13).to_string().contains("run this as root"));
    }
}
