// SPDX-License-Identifier: GPL-2.0

//! One check of `validate`: what it measures, what is allowed, its outcome.

use debugfs::{Error, Result};
use results::Outcome;
use serde::Serialize;

use super::session::Session;

/// What a check measured, and its outcome.
pub struct Found {
    measured: String,
    outcome: Outcome,
}

impl Found {
    /// A measurement, and whether it is as allowed.
    pub fn new(measured: impl Into<String>, is_allowed: bool) -> Self {
        Self {
            measured: measured.into(),
            outcome: match is_allowed {
                true => Outcome::Pass,
                false => Outcome::Fail,
            },
        }
    }

    /// A check that cannot be made on this machine.
    pub fn skipped(reason: impl Into<String>) -> Self {
        Self {
            measured: reason.into(),
            outcome: Outcome::Skip,
        }
    }
}

type Make = dyn Fn(&Session) -> Result<Found>;

/// A check to be made.
pub struct Check {
    pub name: String,
    allowed: String,
    make: Box<Make>,
}

/// A check that was made.
#[derive(Serialize)]
pub struct Done {
    pub check: String,
    /// What was measured, or why it was not.
    pub measured: String,
    pub allowed: String,
    #[serde(rename = "verdict")]
    pub outcome: Outcome,
    /// The error that kept it from measuring.
    #[serde(skip)]
    pub error: Option<Error>,
}

impl Check {
    /// A check called `name`, made by `make`.
    pub fn new(
        name: impl Into<String>,
        allowed: impl Into<String>,
        make: impl Fn(&Session) -> Result<Found> + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            allowed: allowed.into(),
            make: Box::new(make),
        }
    }

    /// Makes it; an error is a failure.
    pub fn make(self, session: &Session) -> Done {
        let (Found { measured, outcome }, error) = match (self.make)(session) {
            Ok(found) => (found, None),
            Err(e) => (Found::new(e.to_string(), false), Some(e)),
        };
        Done {
            check: self.name,
            measured,
            allowed: self.allowed,
            outcome,
            error,
        }
    }
}
