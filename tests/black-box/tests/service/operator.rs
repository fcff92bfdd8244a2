//! The operator's verbs: `grant`, `revoke`, `list`.

use std::path::PathBuf;
use std::process::{Command, Output};

/// Runs verbs against the service under test.
pub(crate) struct Operator {
    program: PathBuf,
    arguments: Vec<String>,
    folder: PathBuf,
    environment: Vec<(String, String)>,
}

impl Operator {
    /// The runner's own binary, started where it runs.
    pub(crate) const fn binary(
        program: PathBuf,
        folder: PathBuf,
        environment: Vec<(String, String)>,
    ) -> Self {
        Self { program, arguments: Vec::new(), folder, environment }
    }

    /// A shell command that takes the verb and its words as arguments.
    pub(crate) fn shell(command: &str) -> Self {
        Self {
            program: "sh".into(),
            arguments: vec!["-c".to_owned(), format!("{command} \"$@\""), "operator".to_owned()],
            folder: ".".into(),
            environment: Vec::new(),
        }
    }

    /// Runs a verb, however it ends.
    #[track_caller]
    pub(crate) fn run(&self, verb: &[&str]) -> Output {
        Command::new(&self.program)
            .args(&self.arguments)
            .args(verb)
            .current_dir(&self.folder)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .output()
            .expect("the operator's program starts")
    }

    /// Gives a role.
    #[track_caller]
    pub(crate) fn grant(&self, username: &str, role: &str) -> String {
        self.succeeds(&["grant", username, role])
    }

    /// Takes a role.
    #[track_caller]
    pub(crate) fn revoke(&self, username: &str, role: &str) -> String {
        self.succeeds(&["revoke", username, role])
    }

    /// Runs a verb that has to succeed, for what it prints.
    #[track_caller]
    pub(crate) fn succeeds(&self, verb: &[&str]) -> String {
        let output = self.run(verb);
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{verb:?} ended with {}: {told}{printed}", output.status);
        printed
    }
}
