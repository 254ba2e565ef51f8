// SPDX-License-Identifier: GPL-2.0

//! One check, before and after it was made.

use debugfs::Error;
use serde::Serialize;

use super::session::Session;

/// What a check found.
pub struct Found {
    /// What was measured.
    pub measured: String,
    /// Whether it holds.
    pub verdict: Verdict,
}

/// Whether a check holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It does.
    Holds,
    /// It does not.
    Fails,
    /// It cannot be made here; what was measured says why.
    Skipped,
}

type Make = Box<dyn Fn(&Session) -> debugfs::Result<Found>>;

/// A check to be made.
pub struct Check {
    name: String,
    allowed: String,
    make: Make,
}

/// A check that was made.
#[derive(Serialize)]
pub struct Done {
    /// What was checked.
    pub check: String,
    /// What was measured.
    pub measured: String,
    /// What is allowed.
    pub allowed: String,
    /// Whether it holds.
    pub verdict: Verdict,
    #[serde(skip)]
    error: Option<Error>,
}

impl Check {
    /// A check called `name`, made by `make`.
    pub fn new(
        name: impl Into<String>,
        allowed: impl Into<String>,
        make: impl Fn(&Session) -> debugfs::Result<Found> + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            allowed: allowed.into(),
            make: Box::new(make),
        }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Makes it. What goes wrong is what it found.
    pub fn make(self, session: &Session) -> Done {
        let (measured, verdict, error) = match (self.make)(session) {
            Ok(found) => (found.measured, found.verdict, None),
            Err(e) => (e.to_string(), Verdict::Fails, Some(e)),
        };
        Done {
            check: self.name,
            measured,
            allowed: self.allowed,
            verdict,
            error,
        }
    }
}

impl Found {
    /// Something measured, and whether it is as allowed.
    pub fn new(measured: impl Into<String>, holds: bool) -> Self {
        Self {
            measured: measured.into(),
            verdict: match holds {
                true => Verdict::Holds,
                false => Verdict::Fails,
            },
        }
    }

    /// Nothing that could be measured here.
    pub fn skipped(why: impl Into<String>) -> Self {
        Self {
            measured: why.into(),
            verdict: Verdict::Skipped,
        }
    }
}

impl Done {
    /// What went wrong, if something did.
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// The same, for whoever gives up because of it.
    pub fn into_error(self) -> anyhow::Error {
        match self.error {
            Some(e) => e.into(),
            None => anyhow::anyhow!("{}: {}", self.check, self.measured),
        }
    }
}
