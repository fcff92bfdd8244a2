//! `latchkey`: the whole service on this machine. `latchkey --help` explains it.
//!
//! It ends with 0 when all is done, 1 when something is refused or fails, 2 when the command line
//! is wrong.

use std::process::ExitCode;

use local::{Arguments, Reading};

fn main() -> ExitCode {
    let (code, sentence) = match Arguments::read() {
        Ok(arguments) => match local::run(arguments) {
            Ok(()) => return ExitCode::SUCCESS,
            Err(error) => (1, error.to_string()),
        },
        Err(Reading::Shown) => return ExitCode::SUCCESS,
        Err(Reading::Wrong(sentence)) => (2, sentence),
    };
    eprintln!("error: {sentence}");
    ExitCode::from(code)
}
