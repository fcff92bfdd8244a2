//! `signin` in a process of its own, whose settings are the process's and which can be stopped:
//! events in, answers out, each a line of JSON.

use std::error::Error;
use std::io::{BufRead as _, Write as _, stdin, stdout};

use shared::Environment;
use shared::http::Function;
use signin::Signin;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    shared::log::init();
    let function = Function::<Signin>::from_env(&mut Environment::of_process()).await?;
    // Its init is over.
    println!();
    for event in stdin().lock().lines() {
        let response = function.invoke(serde_json::from_str(&event?)?).await;
        println!("{}", serde_json::to_string(&response)?);
        stdout().flush()?;
    }
    Ok(())
}
