// SPDX-License-Identifier: GPL-2.0

//! Outcome of a command of the sandbox: exit code and output.

use std::process::Output;

/// Outcome of a command.
#[derive(Debug)]
pub struct Out {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Out {
    /// Asserts the exit code and texts on stdout.
    #[track_caller]
    pub fn is(self, code: i32, stdout: &[&str]) -> Self {
        self.has(code, &self.stdout, stdout);
        self
    }

    /// Asserts the exit code and texts on stderr.
    #[track_caller]
    pub fn fails(self, code: i32, stderr: &[&str]) -> Self {
        self.has(code, &self.stderr, stderr);
        self
    }

    #[track_caller]
    fn has(&self, code: i32, output: &str, texts: &[&str]) {
        assert_eq!(self.code, code, "{}{}", self.stdout, self.stderr);
        for text in texts {
            assert!(output.contains(text), "no `{text}` in:\n{output}");
        }
    }
}

impl From<Output> for Out {
    fn from(out: Output) -> Self {
        Self {
            code: out.status.code().unwrap(),
            stdout: String::from_utf8(out.stdout).unwrap(),
            stderr: String::from_utf8(out.stderr).unwrap(),
        }
    }
}
