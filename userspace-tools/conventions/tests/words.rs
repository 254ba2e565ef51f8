// SPDX-License-Identifier: GPL-2.0

//! The field's term, always: the words of `words.txt` stand in no code, help, message or document.

use std::{fs, path::Path};

use conventions::{
    root,
    texts::{texts, words},
};

/// Each metaphor as [`words`] writes it, with the term to use.
fn metaphors() -> Vec<(String, String)> {
    let list = include_str!("../words.txt").lines();
    let entries = list.filter(|line| !line.starts_with('#') && !line.is_empty());
    let split = |line: &str| {
        let (word, term) = line.split_once(" = ").expect("a line is WORD = TERM");
        (words(word), term.to_string())
    };
    entries.map(split).collect()
}

/// Authors whose names are words of the list.
const AUTHORS: [&str; 1] = ["Dice and Kogan"];

/// One line for each metaphor in a text.
fn found(name: &str, text: &str, metaphors: &[(String, String)]) -> Vec<String> {
    let lines = text.lines().zip(1..);
    let mut found = Vec::new();
    for (line, number) in lines {
        let without = |line: String, author: &&str| line.replace(author, "");
        let split = words(&AUTHORS.iter().fold(line.to_string(), without));
        for (word, term) in metaphors.iter().filter(|(word, _)| split.contains(word)) {
            found.push(format!("{name}:{number}: `{}`: write {term}", word.trim()));
        }
    }
    found
}

/// The list itself and this test.
fn is_exempt(path: &Path) -> bool {
    path.ends_with("conventions/words.txt")
        || path.ends_with("conventions/tests/words.rs")
        || path.ends_with("conventions/src/texts.rs")
}

#[test]
fn no_metaphor_stands_where_the_field_has_a_term() {
    let (root, metaphors) = (root(), metaphors());
    let texts = texts();
    assert!(texts.len() > 300, "only {} texts were found", texts.len());
    let mut all = Vec::new();
    for path in texts.iter().filter(|path| !is_exempt(path)) {
        let text = fs::read_to_string(path).unwrap();
        let name = path.strip_prefix(&root).unwrap_or(path).display();
        all.extend(found(&name.to_string(), &text, &metaphors));
    }
    assert!(
        all.is_empty(),
        "{} metaphors:\n{}\n",
        all.len(),
        all.join("\n")
    );
}

#[test]
fn a_metaphor_is_found_in_names_and_prose() {
    let found = |text| found("planted", text, &metaphors()).len();
    assert_eq!(found("fn halt_deaf() {} // Whoever waits"), 2);
    assert_eq!(found("struct OnlookerDiary;"), 2);
    assert_eq!(found("the breather of the bellows"), 0);
    assert_eq!(found("// the dice; Dice and Kogan, 2019"), 1);
}
