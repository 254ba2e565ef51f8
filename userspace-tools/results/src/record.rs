// SPDX-License-Identifier: GPL-2.0

//! Records: one run as one line of JSON, as `batch` and `--json` print it.

use abi::SCHEMA;
use serde::{de::Error, ser, Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::{
    older::{self, OLDEST},
    AnyReport, Clock, Report, Verdict,
};

/// One run: its report, or why there is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The schema of its writer. An old record is rewritten with the keys of today's.
    pub schema: u32,
    /// The run's position in the input, from 0.
    pub seq: usize,
    /// The module.
    pub module: String,
    /// The unit of its times.
    pub clock: Clock,
    /// The settings and the figures, or the error.
    pub body: Body,
}

/// What follows the head of a record.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Body {
    /// The run ended with a report.
    Report(AnyReport),
    /// The run could not be made, or has no sound report.
    Failure {
        /// The reason.
        error: String,
    },
}

impl Record {
    /// The record of the `seq`th run.
    pub fn new<R: Report + Into<AnyReport>>(seq: usize, report: R) -> Self {
        Self {
            schema: SCHEMA,
            seq,
            module: R::MODULE.into(),
            clock: Clock::here(),
            body: Body::Report(report.into()),
        }
    }

    /// The record of the `seq`th run, which failed.
    pub fn failure(seq: usize, module: &str, error: impl ToString) -> Self {
        Self {
            schema: SCHEMA,
            seq,
            module: module.into(),
            clock: Clock::here(),
            body: Body::Failure {
                error: error.to_string(),
            },
        }
    }

    /// The report, if there is one.
    pub fn report(&self) -> Option<&AnyReport> {
        match &self.body {
            Body::Report(report) => Some(report),
            Body::Failure { .. } => None,
        }
    }

    /// The reason why there is no report.
    pub fn error(&self) -> Option<&str> {
        match &self.body {
            Body::Report(_) => None,
            Body::Failure { error } => Some(error),
        }
    }

    /// Parses a line of JSON.
    pub fn parse(line: &str) -> serde_json::Result<Self> {
        serde_json::from_str(line)
    }

    /// The record as a line of JSON, without its end.
    pub fn to_json(&self) -> String {
        // Maps with string keys and finite numbers: there is nothing that JSON cannot hold.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The same with the run's verdict at the end, and the reason of one other than PASS and SKIP.
    pub fn to_judged_json(&self) -> String {
        let (verdict, reason) = match &self.body {
            Body::Report(report) => {
                let outcome = report.outcome();
                (outcome.verdict(), outcome.complaint())
            }
            Body::Failure { .. } => (Verdict::NotMeasured, None),
        };
        #[derive(Serialize)]
        struct Judged<'a> {
            #[serde(flatten)]
            record: &'a Record,
            verdict: Verdict,
            #[serde(skip_serializing_if = "Option::is_none")]
            reason: Option<&'static str>,
        }
        let record = self;
        let judged = Judged {
            record,
            verdict,
            reason,
        };
        serde_json::to_string(&judged).unwrap_or_default()
    }
}

impl Serialize for Record {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Written<'a, B: Serialize> {
            schema: u32,
            seq: usize,
            module: &'a str,
            #[serde(skip_serializing_if = "Clock::is_time")]
            clock: Clock,
            #[serde(flatten)]
            body: B,
        }
        fn written<B: Serialize>(of: &Record, body: B) -> Written<'_, B> {
            Written {
                schema: SCHEMA,
                seq: of.seq,
                module: &of.module,
                clock: of.clock,
                body,
            }
        }
        match self.clock {
            Clock::Nanoseconds => written(self, &self.body).serialize(to),
            clock => {
                let body = serde_json::to_value(&self.body).map_err(ser::Error::custom)?;
                written(self, clock.written(body)).serialize(to)
            }
        }
    }
}

impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Head {
            schema: u32,
            seq: usize,
            module: String,
            #[serde(default)]
            clock: Clock,
            #[serde(flatten)]
            rest: Map<String, Value>,
        }
        let Head {
            schema,
            seq,
            module,
            clock,
            mut rest,
        } = Head::deserialize(from)?;
        if !(OLDEST..=SCHEMA).contains(&schema) {
            return Err(Error::custom(format!(
                "a record of schema {schema}; allowed: {OLDEST}..={SCHEMA}"
            )));
        }
        older::complete(schema, &module, &mut rest);
        let body = match rest.get("error").and_then(Value::as_str) {
            Some(error) => Body::Failure {
                error: error.into(),
            },
            None => AnyReport::from_json(&module, clock.parsed(Value::Object(rest)))
                .map(Body::Report)
                .map_err(|why| Error::custom(format!("record {seq} of {module}: {why}")))?,
        };
        Ok(Self {
            schema,
            seq,
            module,
            clock,
            body,
        })
    }
}

/// A report of `$module` out of the fixtures, for the tests of the crates beside this one.
#[macro_export]
macro_rules! fixture {
    ($module:ident, $name:literal) => {{
        let text = include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../results/tests/fixtures/schema-3/",
            $name,
            ".json"
        ));
        match $crate::Record::parse(text).unwrap().report() {
            Some($crate::AnyReport::$module(report)) => (**report).clone(),
            other => panic!("{other:?}"),
        }
    }};
}
