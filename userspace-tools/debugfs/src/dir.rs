// SPDX-License-Identifier: GPL-2.0

//! The files of one module, as text and as what the text means.

use std::{
    fs, io,
    io::{Read, Write},
    path::{Path, PathBuf},
    str::FromStr,
};

use abi::{
    status::{State, Status, ERROR},
    Abi, Malformed, SCHEMA,
};

use crate::{Error, Result};

/// A loaded module's directory.
#[derive(Debug)]
pub struct Dir {
    path: PathBuf,
    module: &'static str,
}

impl Dir {
    /// Finds `module` under `root` and checks that it speaks the tools' version of the text.
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

    /// Changes the settings that `text` names, all or none.
    pub fn set(&self, text: &str) -> Result<()> {
        self.write("config", text)
    }

    /// Starts a run with the current settings.
    pub fn start(&self) -> Result<()> {
        self.write("run", "start")
    }

    /// Tells the current run to stop, if there is one.
    pub fn stop(&self) -> Result<()> {
        self.write("run", "stop")
    }

    /// Forgets the last report and goes back to the default settings.
    pub fn reset(&self) -> Result<()> {
        self.write("reset", "1")
    }

    /// What the module is doing.
    pub fn status(&self) -> Result<Status> {
        let text = self.read("status")?;
        self.parse("status", text.lines().next().unwrap_or(""))
    }

    /// Why the last write was refused; empty if it was not.
    pub fn refusal(&self) -> Result<String> {
        let text = self.read("status")?;
        match text.lines().nth(1).and_then(|l| l.strip_prefix(ERROR)) {
            Some(reason) => Ok(reason.into()),
            None => Err(self.malformed("status", "no second line `error=`", &text)),
        }
    }

    /// What `run` shows.
    pub fn state(&self) -> Result<State> {
        self.parse("run", self.read("run")?.trim_end())
    }

    /// The last finished run's report, or an empty text.
    pub fn report(&self) -> Result<String> {
        self.read("report")
    }

    /// Reads a file whole, again if it changed between two pieces (`ESTALE`).
    pub fn read(&self, name: &str) -> Result<String> {
        let path = self.file(name);
        loop {
            match read_at_once(&path) {
                Err(e) if e.raw_os_error() == Some(ESTALE) => {}
                text => return text.map_err(|e| self.failed(path, e)),
            }
        }
    }

    /// Writes to a file by one call, as the modules want it.
    pub fn write(&self, name: &str, value: &str) -> Result<()> {
        let path = self.file(name);
        let write = || fs::File::create(&path)?.write_all(value.as_bytes());
        write().map_err(|errno| match errno.raw_os_error() {
            Some(code) if is_verdict(code) => Error::Refused {
                path,
                value: value.trim_end().into(),
                module: self.module,
                errno,
                why: self.reason(),
            },
            _ => self.failed(path, errno),
        })
    }

    /// The error for a text that is not what `abi` says it is.
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

    /// The module's reason without what the error says anyway: `EINVAL config: why` gives `why`.
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
            io::ErrorKind::PermissionDenied => Error::NotRoot { path },
            _ if !self.path.exists() => Error::Unloaded { path, module },
            _ => Error::Io { path, errno },
        }
    }
}

/// Reads a text by one call if it fits, which it does for some thousand vCPUs: each call shows
/// the module as it is then, so what grows meanwhile must not be read in pieces.
fn read_at_once(path: &Path) -> io::Result<String> {
    let mut file = fs::File::open(path)?;
    let mut text = vec![0; 1 << 18];
    let length = file.read(&mut text)?;
    if length == text.len() {
        file.read_to_end(&mut text)?;
    } else {
        text.truncate(length);
    }
    String::from_utf8(text).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))
}

/// Not the state of the file that reading began with.
const ESTALE: i32 = 116;

/// Whether `root` holds anything: a mount point of debugfs is empty exactly when nothing is
/// mounted on it.
fn is_populated(root: &Path) -> bool {
    fs::read_dir(root).is_ok_and(|mut entries| entries.next().is_some())
}

/// Whether a module means something by this errno: ENOMEM, EBUSY, ENODEV, EINVAL, ERANGE.
fn is_verdict(errno: i32) -> bool {
    matches!(errno, 12 | 16 | 19 | 22 | 34)
}
