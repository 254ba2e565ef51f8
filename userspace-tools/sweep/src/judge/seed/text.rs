// SPDX-License-Identifier: GPL-2.0

//! A document's claims as people read them.

use super::{
    answer::{Answer, Verdict},
    document::Document,
};

/// Where the words of a claim begin, and where a line ends.
const INDENT: usize = 15;
const WIDTH: usize = 118;

/// The document, its claims with their answers, and the sum of them.
pub fn text(seed: &str, document: &Document, answers: &[Answer]) -> String {
    let about = &document.about;
    let mut text = format!(
        "{seed}  {}, \"{}\", {}\n",
        about.author, about.title, about.year
    );
    text += &entry("", &about.about);
    for (i, answer) in answers.iter().enumerate() {
        text += &format!("\n {:>3}  {}\n", i + 1, answer.place);
        text += &entry("says", &answer.says);
        if let Some(measured) = &answer.measured {
            text += &entry("measured", measured);
        }
        for beside in &answer.beside {
            text += &entry("beside", beside);
        }
        let required = answer.required.as_deref();
        let required = required.map_or_else(String::new, |rule| format!(" (it takes {rule})"));
        text += &entry("verdict", &format!("{}{required}", answer.verdict.words()));
        text += &entry("why", &answer.why);
    }
    text += &format!("\n{}", sum(answers));
    text
}

fn sum(answers: &[Answer]) -> String {
    let count = |wanted| answers.iter().filter(|one| one.verdict == wanted).count();
    let mut sum = format!("{} claims", answers.len());
    for (i, verdict) in [
        Verdict::Reproduced,
        Verdict::NotReproduced,
        Verdict::CannotBeShown,
        Verdict::NotMeasured,
    ]
    .into_iter()
    .enumerate()
    {
        // Nothing is left unmeasured unless something failed.
        if verdict != Verdict::NotMeasured || count(verdict) > 0 {
            let sign = if i == 0 { ':' } else { ',' };
            sum += &format!("{sign} {} {}", count(verdict), verdict.words());
        }
    }
    sum
}

/// A word and what is to be said under it, in lines that are not too long.
fn entry(word: &str, said: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for part in said.split_whitespace() {
        match lines.last_mut() {
            Some(line) if INDENT + line.chars().count() + 1 + part.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(part);
            }
            _ => lines.push(part.into()),
        }
    }
    let mut text = String::new();
    for (i, line) in lines.iter().enumerate() {
        let word = if i == 0 { word } else { "" };
        text += &format!("      {word:<9}{line}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(verdict: Verdict, measured: Option<&str>) -> Answer {
        Answer {
            place: "slide 7".into(),
            says: "a lock".into(),
            measured: measured.map(str::to_string),
            required: measured.map(|_| "> 1 x".into()),
            beside: vec!["97 %: of ideal".into()],
            verdict,
            why: "since".into(),
        }
    }

    #[test]
    fn a_claim_is_shown_whole() {
        let document: Document = toml::from_str(
            "claim = []\ndocument = { author = 'A and B', title = 'T', year = 2011, about = 'x' }",
        )
        .unwrap();
        let answers = [
            answer(Verdict::Reproduced, Some("2 x: f")),
            answer(Verdict::CannotBeShown, None),
        ];
        let text = text("000", &document, &answers);
        let due = "000  A and B, \"T\", 2011\n               x\n\n   1  slide 7\n      says     a lock\n      \
            measured 2 x: f\n      beside   97 %: of ideal\n      verdict  reproduced (it takes > 1 x)\n      \
            why      since\n\n   2  slide 7\n      says     a lock\n      beside   97 %: of ideal\n      \
            verdict  cannot be shown on this machine\n      why      since\n\n\
            2 claims: 1 reproduced, 0 not reproduced, 1 cannot be shown on this machine";
        assert_eq!(text, due);
    }

    #[test]
    fn what_was_not_measured_is_in_the_sum() {
        let answers = [answer(Verdict::NotMeasured, None)];
        assert!(sum(&answers).ends_with(", 1 NOT MEASURED"));
    }

    #[test]
    fn long_lines_are_broken_between_words() {
        let text = entry("why", &"word ".repeat(60));
        assert!(text.lines().count() > 2);
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
        assert_eq!(text.matches("word").count(), 60);
    }
}
