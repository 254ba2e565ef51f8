// SPDX-License-Identifier: GPL-2.0

//! Like with like: no exception sets something for one side of a comparison alone.

use crate::plan::{
    experiment::{Compare, Except, Scenario},
    setting::{words, Pattern, Setting},
};

impl Scenario {
    /// Refuses an exception that sets something for some of the values that are set against each other. Axes of the
    /// guests are free: what a load needs may depend on the machine.
    pub(super) fn check_alike(&self) -> Result<(), String> {
        let refusal = |what: String, except: &Except| {
            let set = words(&except.set);
            Err(format!(
                "{what}: an exception sets {set} for some of its values, which then do not compare. \
                 Try: it for all, or a part of their own"
            ))
        };
        for except in self.except.iter().filter(|except| !except.set.is_empty()) {
            for (key, axis) in [("regret", &self.regret), ("waits", &self.waits)] {
                let Some(axis) = axis else { continue };
                if except.of.contains_key(axis) {
                    return refusal(format!("{key} = `{axis}`"), except);
                }
            }
            let mut compare = self.compare.iter();
            if let Some(compare) = compare.find(|compare| self.is_of_one_side(except, compare)) {
                return refusal(format!("compare `{}`", compare.figure), except);
            }
        }
        Ok(())
    }

    /// Whether some axis of this scenario has the exception apply to one side alone.
    fn is_of_one_side(&self, except: &Except, compare: &Compare) -> bool {
        let Some(to) = &compare.to else { return false };
        self.axes.iter().any(|(axis, values)| {
            let Some(excepted) = except.of.get(axis) else {
                return false;
            };
            let applies = |side: &Pattern| {
                let is_of =
                    |value: &&Setting| side.get(axis).is_none_or(|of| of.all().contains(value));
                let mut values = values.iter().filter(is_of);
                values.any(|value| excepted.all().contains(value))
            };
            applies(&compare.of) != applies(to)
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::plan::experiment::Experiment;

    fn check(except: &str, part: &str) -> Result<(), String> {
        let text = format!(
            "name = 't'\ntitle = 't'\nrepeats = 1\n\
             [guest]\nratio = [1, 2]\ncpus = 'all'\nmemory = 256\ntier = 'tcg'\n\
             [[part]]\nname = 'locks'\ntitle = 't'\nmodule = 'lock-load'\n\
             axes = {{ lock = ['ticket', 'tas'], threads = [1, 2] }}\n{part}\n\
             [[part.except]]\nof = {except}\nset = {{ histograms = 'off' }}\n\
             [[part.compare]]\nfigure = 'f'\ntext = 't'\nkind = 'order'\n\
             of = {{ lock = 'tas', threads = 2, ratio = 1 }}\nto = {{ lock = 'ticket', threads = 2, ratio = 2 }}\n"
        );
        Experiment::parse(&text).map(|_| ())
    }

    #[test]
    fn sides_that_an_exception_sets_differently_are_refused() {
        for one_side in ["{ lock = 'tas' }", "{ lock = 'ticket', threads = 2 }"] {
            let why = check(one_side, "").unwrap_err();
            assert!(
                why.contains("compare `f`: an exception sets histograms=off"),
                "{why}"
            );
        }
        for both in [
            "{ threads = 2 }",
            "{ lock = ['tas', 'ticket'] }",
            "{ ratio = 2 }",
        ] {
            assert_eq!(check(both, ""), Ok(()), "{both}");
        }
    }

    #[test]
    fn regret_and_waits_need_all_values_set_alike() {
        for key in ["regret", "waits"] {
            let part = format!("{key} = 'lock'");
            let why = check("{ lock = ['tas', 'ticket'] }", &part).unwrap_err();
            assert!(
                why.contains(&format!("{key} = `lock`: an exception sets")),
                "{why}"
            );
            assert_eq!(check("{ ratio = 2 }", &part), Ok(()));
        }
    }
}
