// SPDX-License-Identifier: GPL-2.0

//! Tables of the modules' READMEs, from the documentation of settings and report lines in `abi`.

use abi::{bottleneck, histogram, job_runner, lock_load, primitive, sloppy_counter, trial, Limits};

/// A machine whose number of vCPUs stands nowhere else.
const MACHINE: Limits = Limits {
    vcpus: 7919,
    bytes: u64::MAX,
};

/// A module's README and what its generated tables hold.
pub struct Document {
    /// The file, from the root of the checkout.
    pub file: &'static str,
    /// The table of settings.
    pub settings: String,
    /// The table of report lines.
    pub report: String,
}

/// One row: a word of the report, a key, what it means.
type Line = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

macro_rules! document {
    ($module:ident: $($line:ident)* $(, $other:ident::$row:ident)*) => {
        Document {
            file: concat!("rust_modules/", stringify!($module), "/README.md"),
            settings: settings(
                &$module::Config::default().show(&MACHINE).to_string(),
                $module::Config::MEANINGS,
            ),
            report: report(&[
                $(($module::$line::WORD, $module::$line::KEYS, $module::$line::MEANINGS),)*
                $(($other::$row::WORD, $other::$row::KEYS, $other::$row::MEANINGS),)*
            ]),
        }
    };
}

/// Every document with generated tables; the lines of `now` and those that follow a trial come last.
pub fn documents() -> Vec<Document> {
    vec![
        document!(lock_load: Run Sum Machine Torture Thread Sharing ThreadWaits Order Bypass CpuTime LongWaits LongWait Injected
            Injection, histogram::Head, trial::Trial, trial::Lost, trial::Steps, primitive::PrimitiveCost),
        document!(sloppy_counter: Run Sum Speed Audit Bucket Check Memory Lane Thread Now),
        document!(job_runner: Run Sum Timing Fault Oracle Unsound Worker Chunk Progress),
        document!(bottleneck: Run Sum CpuTime Thread),
    ]
}

fn settings(listing: &str, meanings: &[&str]) -> String {
    let mut table = String::from("| setting | default | allowed | meaning |\n|---|---|---|---|\n");
    for (line, meaning) in listing.lines().zip(meanings) {
        let (setting, allowed) = line.split_once("  # ").unwrap_or((line, ""));
        let (key, default) = setting.split_once('=').unwrap_or((setting, ""));
        let allowed = allowed
            .replace("791900", "100 × vCPUs")
            .replace("7919", "vCPUs");
        table += &format!(
            "| `{key}` | {default} | {allowed} | {} |\n",
            phrase(meaning)
        );
    }
    table
}

fn report(lines: &[Line]) -> String {
    let mut table = String::from("| line | key | meaning |\n|---|---|---|\n");
    for (word, keys, meanings) in lines {
        let mut word = format!("`{word}`");
        for (key, meaning) in keys.iter().zip(*meanings) {
            table += &format!("| {word} | `{key}` | {} |\n", phrase(meaning));
            word.clear();
        }
    }
    table
}

/// Documentation as a table cell holds it.
fn phrase(meaning: &str) -> String {
    let words: Vec<&str> = meaning.split_whitespace().collect();
    let text = words.join(" ").replace('|', "\\|");
    let links = text.replace("[`", "`").replace("`]", "`");
    links.trim_end_matches('.').to_string()
}

/// `text` with what stands between the marker `name` and the next end marker replaced by `table`;
/// nothing if there is no such place.
pub fn replaced(text: &str, name: &str, table: &str) -> Option<String> {
    let begin = text.find(&format!("<!-- {name}:"))?;
    let from = begin + text[begin..].find("-->\n")? + "-->\n".len();
    let until = from + text[from..].find("<!-- end -->")?;
    Some(format!("{}{table}{}", &text[..from], &text[until..]))
}
