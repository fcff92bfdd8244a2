//! `latchkey`: the whole service on this machine. `latchkey --help` tells how.

use std::process::ExitCode;

use local::{Arguments, Reading};

fn main() -> ExitCode {
    let done = match Arguments::read() {
        Ok(arguments) => local::run(arguments).map_err(|error| error.to_string()),
        Err(Reading::Shown) => Ok(()),
        Err(Reading::Wrong(sentence)) => Err(sentence),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("error: {sentence}");
            ExitCode::FAILURE
        }
    }
}
