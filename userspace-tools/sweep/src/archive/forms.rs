// SPDX-License-Identifier: GPL-2.0

//! Forms of a result for a reader without any of the tools: text, HTML, CSV.

use std::path::Path;

use anyhow::{bail, Context};

use crate::{
    archive::{
        claims::{self, Files},
        manifest::Kind,
    },
    judge::{claims::again, evaluation::Evaluation},
    show::{export, html, summary},
    store::{directory, loaded::Loaded},
};

/// Files made for a reader, which are not read back.
pub struct Forms {
    /// What the result is of.
    pub kind: Kind,
    /// The verdict on it.
    pub verdict: String,
    /// The files.
    pub files: Files,
}

const README: &str = "\
A result of Slowpath, complete: nothing else is needed to read it.

  report.html  verdicts, figures and provenance: open it in a browser
  *.csv        the same numbers, for other programs
  *.txt        the same as text
  bundle.json  each file with its SHA-256
";
const OF_A_RESULT: &str = "\
  runs.jsonl, plan.json, provenance.json, experiment.toml
               records, plan with the seed of its order, provenance, experiment
  boot-*/      each guest boot: console, messages, record of vm, host samples

`sweep rerun` of this file runs the same plan elsewhere and compares.
";
const OF_CLAIMS: &str = "\
  claims.toml  the claims and the steps that measure them
  other folders: the output of each step, and the results of its experiments
";

impl Forms {
    /// The forms of the complete result, or verdicts on claims, in `dir`; `name` is how they call it.
    pub fn of(dir: &Path, name: &str) -> anyhow::Result<Self> {
        let mut forms = match again::file(dir) {
            Some(file) => Self::of_claims(&file, name)?,
            None => Self::of_result(dir, name)?,
        };
        let more = match forms.kind {
            Kind::Result => OF_A_RESULT,
            Kind::Claims => OF_CLAIMS,
        };
        let readme = format!("{README}{more}");
        forms.files.push(("README.txt".into(), readme.into()));
        Ok(forms)
    }

    fn of_claims(file: &Path, name: &str) -> anyhow::Result<Self> {
        let (verdict, files) = claims::forms(file, name)?;
        Ok(Self {
            kind: Kind::Claims,
            verdict,
            files,
        })
    }

    fn of_result(dir: &Path, name: &str) -> anyhow::Result<Self> {
        let loaded = Loaded::complete(dir, "bundle")?;
        if loaded.records.is_empty() {
            bail!(
                "cannot bundle {}: it has no records. Try: sweep run",
                dir.display()
            );
        }
        let evaluation = Evaluation::of(&loaded)?;
        let summary = summary::text(&evaluation, &loaded.provenance);
        let page = html::text(&loaded, dir, Path::new(name), &evaluation);
        let mut csv = Vec::new();
        export::write(&loaded, &mut csv).context("cannot write CSV")?;
        Ok(Self {
            kind: Kind::Result,
            verdict: evaluation.verdict().to_string(),
            files: vec![
                (directory::SUMMARY.into(), summary.into()),
                (html::FILE.into(), page.into()),
                (export::FILE.into(), csv),
            ],
        })
    }
}
