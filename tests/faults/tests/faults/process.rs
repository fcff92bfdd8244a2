//! A function in its own process.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use serde_json::Value;

use crate::container::Answer;

/// A process that accepts requests.
pub(crate) struct Process {
    child: Child,
    events: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Process {
    /// Starts a function, `signin` or `mail-request`, with only these settings.
    pub(crate) fn start(function: &str, settings: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_container"));
        command.arg(function);
        command.env_clear().envs(settings.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let (events, answers) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut process = Self { child, events, answers: BufReader::new(answers) };
        assert_eq!(process.line(), "\n", "it has started");
        process
    }

    pub(crate) fn ask(&mut self, event: &Value) -> Answer {
        let began = Instant::now();
        writeln!(self.events, "{event}").unwrap();
        let response = serde_json::from_str(&self.line()).unwrap();
        Answer::of(response, began.elapsed())
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        line
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
