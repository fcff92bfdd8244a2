//! What is made of the table of functions (`shared/src/functions.rs`), of `own-routes.json` and of the code: the routes
//! in `template.yaml`, `docs/operate/functions.md`, `functions/docs/openapi.json`. Each test holds
//! one of them to what it is made of. `RENEW=1 cargo test -p local --test generated` writes them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed step is a failed test")]

mod events;
mod openapi;
mod page;
mod starts;
mod template;

use std::{env, fs, path::Path};

/// Fails unless a file of the project is what it is made of; writes it where that is asked for.
fn holds(file: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    let current = fs::read_to_string(&path).unwrap_or_default();
    if current == made {
        return;
    }
    #[expect(clippy::disallowed_methods, reason = "no setting of the service: a switch of tests")]
    if env::var_os("RENEW").is_some() {
        return fs::write(&path, made).unwrap();
    }
    let (lines, of_made) = (current.lines(), made.lines());
    let line = 1 + lines.clone().zip(of_made.clone()).take_while(|(a, b)| a == b).count();
    let [has, should_have] = [lines.clone().nth(line - 1), of_made.clone().nth(line - 1)];
    panic!(
        "{file} is not current, from line {line} on: it has\n{}\nwhere there should be\n{}\n\
         RENEW=1 cargo test -p local --test generated",
        has.unwrap_or_default(),
        should_have.unwrap_or_default()
    );
}
