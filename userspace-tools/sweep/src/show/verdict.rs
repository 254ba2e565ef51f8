// SPDX-License-Identifier: GPL-2.0

//! Verdict on a result as text: its faults, retries, rules and completeness.

use crate::{
    judge::{evaluation::Evaluation, verdict::Verdict},
    store::provenance::Provenance,
};

/// Faults that are printed; the others are counted.
const SHOWN: usize = 10;

/// The verdict in one line.
pub fn line(of: &Evaluation<'_>) -> String {
    let mut line = match (of.faults().count(), of.runs()) {
        (0, 0) => "no runs".into(),
        (0, runs) => format!("oracles of {runs} runs as expected"),
        (faults, runs) => format!("oracles of {faults} of {runs} runs not as expected"),
    };
    if of.rules().next().is_some() {
        line += &format!("; rules: {}", rules(of));
    }
    match &of.incomplete {
        Some(cause) => format!("{line}; INCOMPLETE: {cause}"),
        None => line + ".",
    }
}

/// The same with the first faults and the causes of retries, a line each.
pub fn text(of: &Evaluation<'_>, provenance: &Provenance) -> String {
    let (faults, runs) = (of.faults().count(), of.runs());
    let mut text = String::new();
    if faults > 0 {
        let verdict = Verdict::worst(of.faults().map(|fault| fault.verdict));
        text += &format!("{verdict}: oracles of {faults} of {runs} runs not as expected:\n");
    }
    for fault in of.faults().take(SHOWN) {
        text += &format!("  {fault}\n");
    }
    if faults > SHOWN {
        text += &format!("  … and {} more\n", faults - SHOWN);
    }
    if provenance.retried > 0 {
        let causes = provenance.retry_causes().join("; ");
        let boots = match provenance.retried {
            1 => "1 guest boot".into(),
            n => format!("{n} guest boots"),
        };
        text += &format!("{boots} retried ({causes}).\n");
    }
    if of.rules().next().is_some() {
        text += &format!("Rules: {}.\n", rules(of));
    }
    match &of.incomplete {
        Some(cause) => text += &format!("INCOMPLETE: {cause}\n"),
        None if faults == 0 => text += &format!("PASS: oracles of {runs} runs as expected.\n"),
        None => {}
    }
    text
}

/// `3 PASS, 0 FAIL, 1 INCONCLUSIVE` of all rules.
fn rules(of: &Evaluation<'_>) -> String {
    Verdict::count(of.rules().map(|rule| rule.verdict))
}
