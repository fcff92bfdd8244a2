//! The operator's verbs: `grant`, `revoke`, `role`, `list`.

use std::path::PathBuf;
use std::process::{Command, Output};

/// Runs the operator's verbs against the service under test.
pub(crate) struct Operator {
    program: PathBuf,
    arguments: Vec<String>,
    folder: PathBuf,
    environment: Vec<(String, String)>,
}

impl Operator {
    /// The runner's binary, in the runner's folder.
    pub(crate) const fn binary(
        program: PathBuf,
        folder: PathBuf,
        environment: Vec<(String, String)>,
    ) -> Self {
        Self { program, arguments: Vec::new(), folder, environment }
    }

    /// A shell command that gets the verb and its arguments.
    pub(crate) fn shell(command: &str) -> Self {
        Self {
            program: "sh".into(),
            arguments: vec!["-c".to_owned(), format!("{command} \"$@\""), "operator".to_owned()],
            folder: ".".into(),
            environment: Vec::new(),
        }
    }

    /// Runs a verb, which may fail.
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

    /// Grants a role.
    #[track_caller]
    pub(crate) fn grant(&self, username: &str, role: &str) -> String {
        self.succeeds(&["grant", username, role])
    }

    /// Revokes a role.
    #[track_caller]
    pub(crate) fn revoke(&self, username: &str, role: &str) -> String {
        self.succeeds(&["revoke", username, role])
    }

    /// Runs a verb that must succeed, and returns its output.
    #[track_caller]
    pub(crate) fn succeeds(&self, verb: &[&str]) -> String {
        let output = self.run(verb);
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{verb:?} ended with {}: {complaint}{printed}",
            output.status
        );
        printed
    }
}
