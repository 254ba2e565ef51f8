// SPDX-License-Identifier: GPL-2.0

//! Cause of a verdict as a claim file states it: a conjecture, unless it names a figure that was measured.

/// The mark of a cause that was not measured.
const CONJECTURE: &str = "conjecture: ";

/// `text` with the value of each figure that it names in backquotes behind the name; marked as a
/// conjecture if it names none that was measured.
pub fn cause(text: &str, measured: impl Fn(&str) -> Option<String>) -> String {
    let mut any = false;
    let parts = text.split('`').enumerate().map(|(n, part)| match n % 2 {
        0 => part.to_string(),
        _ => match measured(part) {
            None => format!("`{part}`"),
            Some(value) => {
                any = true;
                format!("`{part}` ({value})")
            }
        },
    });
    let whole: String = parts.collect();
    match any || whole.is_empty() || whole.starts_with(CONJECTURE) {
        true => whole,
        false => CONJECTURE.to_string() + &whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cause_that_names_no_measured_figure_is_a_conjecture() {
        let measured = |name: &str| (name == "stolen").then(|| "31 %".to_string());
        for (text, shown) in [
            ("the machine was busy", "conjecture: the machine was busy"),
            ("conjecture: a slice", "conjecture: a slice"),
            ("`stolen` delays it", "`stolen` (31 %) delays it"),
            ("`mcs/spin` waits", "conjecture: `mcs/spin` waits"),
            ("", ""),
        ] {
            assert_eq!(cause(text, measured), shown);
        }
    }
}
