// SPDX-License-Identifier: GPL-2.0

//! Verdicts on claims as text: a table of the project's own, an entry for each of a document.

use results::Counts;
use serde_json::{json, Value};

use super::{check::Checked, file::ClaimFile, step::Steps};
use crate::{console::table::plain, judge::verdict::Verdict};

/// Where the words of an entry begin, and where a line ends.
const INDENT: usize = 15;
const WIDTH: usize = 118;

/// All claims with their verdicts, and their count.
pub fn text(name: &str, file: &ClaimFile, checked: &[Checked]) -> String {
    let verdicts = checked.iter().map(|claim| claim.verdict);
    match &file.document {
        None => format!(
            "{}\n\n{}\n\n{}{} claims: {}",
            file.title,
            table(checked),
            steal_note(checked),
            checked.len(),
            Verdict::count(verdicts)
        ),
        Some(document) => {
            let (author, title, year) = (&document.author, &document.title, document.year);
            let mut text = format!("{name}  {author}, \"{title}\", {year}\n");
            text += &entry("", &document.about);
            for (n, claim) in (1..).zip(checked) {
                text += &format!("\n {n:>3}  {}\n", claim.place);
                text += &entries(claim);
            }
            text + &format!("\n{} claims: {}", checked.len(), count(checked))
        }
    }
}

/// A line for each step of which runs have no report, or an oracle that is not as expected.
pub fn faults(steps: &Steps) -> String {
    let faults = steps
        .iter()
        .filter_map(|(name, step)| Some((name, step.faults()?)));
    let line = |(name, (faults, verdict))| {
        format!("\n{verdict}: {faults} runs of step {name} have no report, or an oracle that is not as expected")
    };
    faults.map(line).collect()
}

/// The verdicts on claims, and the number of surrogates, whose verdict is none on the claim.
fn on_claims(checked: &[Checked]) -> (Vec<Verdict>, usize) {
    let is_instead = |claim: &&Checked| claim.surrogate.is_some() && is_answer(claim.verdict);
    let (instead, own): (Vec<&Checked>, Vec<&Checked>) = checked.iter().partition(is_instead);
    let own = own.into_iter().map(|claim| claim.verdict);
    (own.collect(), instead.len())
}

/// How many claims of a document have which verdict.
fn count(checked: &[Checked]) -> String {
    let (verdicts, surrogates) = on_claims(checked);
    let count = Verdict::count_as(verdicts, word);
    match surrogates {
        0 => count,
        n => format!("{count}, {n} surrogate"),
    }
}

/// The same for programs, as all tools count verdicts.
pub fn counts(checked: &[Checked]) -> Value {
    let (verdicts, surrogates) = on_claims(checked);
    let mut counts = json!(Counts::of_verdicts(verdicts.into_iter()));
    counts["surrogate"] = surrogates.into();
    counts
}

/// Whether something was measured.
fn is_answer(verdict: Verdict) -> bool {
    !matches!(verdict, Verdict::Skip | Verdict::NotMeasured)
}

/// The word for a verdict on a source document's claim.
fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "reproduced",
        Verdict::Fail => "contradicted",
        Verdict::Inconclusive => "inconclusive",
        Verdict::Skip => "not testable here",
        Verdict::NotMeasured => "NOT MEASURED",
    }
}

/// One line for each claim.
fn table(checked: &[Checked]) -> String {
    let rows = checked.iter().map(|claim| {
        let measured = claim.measured.as_ref().unwrap_or(&claim.why);
        let measured = match claim.stolen {
            Some(part) => format!("{measured}, {:.0} % stolen", part * 100.0),
            None => measured.clone(),
        };
        let required = claim.required.clone().unwrap_or_default();
        let verdict = claim.verdict.to_string();
        [claim.text.clone(), required, measured, verdict]
    });
    plain(["claim", "required", "measured", "verdict"], rows).trim_fmt()
}

fn steal_note(checked: &[Checked]) -> &'static str {
    match checked.iter().any(|claim| claim.stolen.is_some()) {
        true => "stolen: steal time of this machine, part of all CPU time; ratios near 1 are uncertain then\n",
        false => "",
    }
}

fn entries(claim: &Checked) -> String {
    let required = claim.required.as_ref();
    let required = required.map_or_else(String::new, |rules| format!(" (required: {rules})"));
    let verdict = match (&claim.surrogate, claim.verdict) {
        (Some(_), Verdict::Pass) => "surrogate: as claimed",
        (Some(_), Verdict::Fail) => "surrogate: not as claimed",
        (Some(_), Verdict::Inconclusive) => "surrogate: inconclusive",
        (_, verdict) => word(verdict),
    };
    let verdict = format!("{verdict}{required}");
    let mut text = entry("claim", &claim.text);
    text.extend(claim.measured.iter().map(|it| entry("measured", it)));
    text.extend(claim.surrogate.iter().map(|it| entry("instead", it)));
    text.extend(claim.beside.iter().map(|it| entry("beside", it)));
    text + &entry("verdict", &verdict) + &entry("why", &claim.why)
}

/// A word and the text after it, in lines of limited length.
fn entry(word: &str, text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for part in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if INDENT + line.chars().count() + 1 + part.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(part);
            }
            _ => lines.push(part.into()),
        }
    }
    let words = std::iter::once(word).chain(std::iter::repeat(""));
    let lines = words.zip(&lines);
    let lines = lines.map(|(word, line)| format!("      {word:<9}{line}\n"));
    lines.collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::claims::step::StepResult;

    fn claim(verdict: Verdict, measured: Option<&str>) -> Checked {
        Checked {
            place: "slide 7".into(),
            text: "a lock".into(),
            measured: measured.map(str::to_string),
            label: None,
            required: measured.map(|_| "> 1 x".into()),
            reason: "paper, table 3".into(),
            surrogate: None,
            beside: vec!["97 %: of ideal".into()],
            verdict,
            why: "since".into(),
            stolen: None,
        }
    }

    fn file(head: &str) -> ClaimFile {
        toml::from_str(&format!("claim = []\n{head}")).unwrap()
    }

    #[test]
    fn document_has_an_entry_for_each_claim_and_a_count() {
        let file = file("document = { author = 'A and B', title = 'T', year = 2011, about = 'x' }");
        let checked = [
            claim(Verdict::Pass, Some("2 x: f")),
            claim(Verdict::Skip, None),
            claim(Verdict::NotMeasured, None),
        ];
        let due = "000  A and B, \"T\", 2011\n               x\n\n   1  slide 7\n      claim    a lock\n      \
            measured 2 x: f\n      beside   97 %: of ideal\n      verdict  reproduced (required: > 1 x)\n      \
            why      since\n\n   2  slide 7\n      claim    a lock\n      beside   97 %: of ideal\n      \
            verdict  not testable here\n      why      since\n\n   3  slide 7\n      claim    a lock\n      \
            beside   97 %: of ideal\n      verdict  NOT MEASURED\n      why      since\n\n\
            3 claims: 1 reproduced, 0 contradicted, 0 inconclusive, 1 not testable here, 1 NOT MEASURED";
        assert_eq!(text("000", &file, &checked), due);
    }

    #[test]
    fn surrogate_is_counted_by_itself_and_says_what_it_is_instead_of() {
        let file = file("document = { author = 'A', title = 'T', year = 2011, about = 'x' }");
        let mut instead = claim(Verdict::Pass, Some("2 x"));
        instead.surrogate = Some("a loop for the program".into());
        let text = text("000", &file, &[claim(Verdict::Pass, Some("2 x")), instead]);
        assert!(text.contains("instead  a loop for the program"), "{text}");
        assert!(text.contains("verdict  surrogate: as claimed"), "{text}");
        let count = "2 claims: 1 reproduced, 0 contradicted, 0 inconclusive, 1 surrogate";
        assert!(text.ends_with(count), "{text}");
    }

    #[test]
    fn run_that_hung_is_not_measured_though_every_claim_passes() {
        let passed = [claim(Verdict::Pass, Some("2 x"))];
        let step = |faults: &[f64]| {
            let names = ["faults", "faults.failed"].into_iter();
            let faults = names
                .zip(faults)
                .map(|(name, n)| (name.into(), (*n).into()));
            Steps::from([("grid".into(), StepResult::Ran(faults.collect()))])
        };
        let document = "document = { author = 'A', title = 'T', year = 2011, about = 'x' }";
        for head in ["title = 't'", document] {
            let of = |steps: &Steps| super::super::verdict(&file(head), steps, &passed);
            assert_eq!(of(&step(&[])), Verdict::Pass);
            assert_eq!(of(&step(&[54.0, 0.0])), Verdict::NotMeasured);
            assert_eq!(of(&step(&[54.0, 1.0])), Verdict::Fail);
        }
        assert_eq!(faults(&step(&[])), "");
        let line = faults(&step(&[54.0, 0.0]));
        assert!(
            line.contains("NOT MEASURED: 54 runs of step grid"),
            "{line}"
        );
    }

    #[test]
    fn table_shows_notable_steal_time_beside_the_measurement() {
        let mut one = claim(Verdict::Pass, Some("2 x"));
        let text = |one: &Checked| text("t", &file("title = 't'"), std::slice::from_ref(one));
        let count = "1 claims: 1 PASS, 0 FAIL, 0 INCONCLUSIVE";
        assert!(!text(&one).contains("stolen") && text(&one).ends_with(count));
        one.stolen = Some(0.31);
        assert!(text(&one).contains("2 x, 31 % stolen") && text(&one).contains("steal time"));
    }

    #[test]
    fn long_text_is_broken_between_words() {
        let text = entry("why", &"word ".repeat(60));
        assert!(text.lines().count() > 2);
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
        assert_eq!(text.matches("word").count(), 60);
    }
}
