// SPDX-License-Identifier: GPL-2.0

//! Commands of a step: words for a program, without a shell's syntax.

use std::path::Path;

use serde::{de::Error, Deserialize, Deserializer};

use super::records::{COMMAND, EXIT};
use crate::plan::setting::Many;

/// A command, in a guest or on the host.
#[derive(Clone, Debug)]
pub struct Command {
    pub words: Vec<String>,
    /// Whether any exit code is an answer; else only 0.
    pub may_fail: bool,
    /// Runs again and again meanwhile.
    pub beside: Option<Vec<String>>,
}

#[derive(Clone, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Written {
    Text(String),
    Table {
        command: String,
        #[serde(default)]
        may_fail: bool,
        beside: Option<String>,
    },
}

impl TryFrom<Written> for Command {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let (text, may_fail, beside) = match written {
            Written::Text(text) => (text, false, None),
            Written::Table {
                command,
                may_fail,
                beside,
            } => (command, may_fail, beside),
        };
        Ok(Self {
            words: words(&text)?,
            may_fail,
            beside: beside.as_deref().map(words).transpose()?,
        })
    }
}

/// Reads one command, or several.
pub fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Command>, D::Error> {
    let written = Many::<Written>::deserialize(deserializer)?;
    let commands = written.all().iter().cloned().map(Command::try_from);
    commands.collect::<Result<_, _>>().map_err(D::Error::custom)
}

/// The words of a command.
fn words(text: &str) -> Result<Vec<String>, String> {
    let words = shlex::split(text).filter(|words| !words.is_empty());
    let words = words.ok_or_else(|| format!("command `{text}`: no words, or an open quote"))?;
    let is_syntax = |word: &&String| {
        let syntax = ["|", "&", ";", "<", ">", "&&", "||"];
        syntax.contains(&word.as_str()) || word.contains("$(") || word.contains('`')
    };
    match words.iter().find(is_syntax) {
        Some(word) => Err(format!(
            "command `{text}`: `{word}` is for a shell, and there is none. Try: a list of commands"
        )),
        None => Ok(words),
    }
}

impl Command {
    /// Its text, for messages.
    pub fn text(&self) -> String {
        quoted(&self.words)
    }

    /// Its words on the host, where `$DIR` is the step's directory.
    pub fn on_host(&self, dir: &Path) -> Vec<String> {
        let dir = dir.display().to_string();
        let words = self.words.iter();
        words.map(|word| word.replace("$DIR", &dir)).collect()
    }
}

fn quoted(words: &[String]) -> String {
    let words = words.iter().map(String::as_str);
    shlex::try_join(words).unwrap_or_default()
}

/// A line for the guest's `sh` that runs all `commands` and prints a record of each one's exit code.
pub fn guest_line(commands: &[Command]) -> String {
    let each = (1..).zip(commands).map(|(n, command)| {
        let text = command.text();
        let exit = format!("echo '{{\"{COMMAND}\":{n},\"{EXIT}\":'$?'}}'");
        match &command.beside {
            None => format!("{text}; {exit}\n"),
            Some(beside) => {
                let again = format!("while :; do {}; done >/dev/null 2>&1", quoted(beside));
                let again = quoted(&["setsid".into(), "sh".into(), "-c".into(), again]);
                format!(
                    "{again} & beside=$!\nsleep 0.3\n{text}; {exit}\nkill -- -$beside; wait $beside\n"
                )
            }
        }
    });
    each.collect::<String>() + "exit 0\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct File {
        #[serde(deserialize_with = "read")]
        run: Vec<Command>,
    }

    fn commands(text: &str) -> Result<Vec<Command>, String> {
        let file: Result<File, _> = toml::from_str(&format!("run = {text}"));
        file.map(|file| file.run).map_err(|error| error.to_string())
    }

    #[test]
    fn shell_syntax_is_refused() {
        for (text, why) in [
            ("'a | b'", "`|` is for a shell"),
            ("'a; b ; c'", "`;` is for a shell"),
            ("'a $(b)'", "`$(b)` is for a shell"),
            ("'a > b'", "`>` is for a shell"),
            ("''", "no words"),
            ("'a \"b'", "an open quote"),
        ] {
            let error = commands(text).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
        assert!(commands("['true', { command = 'false', may_fail = true }]").is_ok());
        assert!(commands("[{ command = 'true', other = 1 }]").is_err());
    }

    #[test]
    fn guest_line_reports_the_exit_code_of_every_command() {
        let all = commands(
            "['echo \"a b\"', 'sh -c \"exit 3\"', { command = 'true', beside = 'sleep 9' }]",
        );
        let line = guest_line(&all.unwrap());
        let out = std::process::Command::new("sh")
            .args(["-c", &line])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&out.stdout);
        let due = "a b\n{\"command\":1,\"exit\":0}\n{\"command\":2,\"exit\":3}\n{\"command\":3,\"exit\":0}\n";
        assert_eq!((text.as_ref(), out.status.code()), (due, Some(0)));
    }

    #[test]
    fn directory_of_the_step_is_a_word_on_the_host() {
        let all = commands("'tool --results $DIR'").unwrap();
        let words = all[0].on_host(Path::new("/with a blank"));
        assert_eq!(words, ["tool", "--results", "/with a blank"]);
    }
}
