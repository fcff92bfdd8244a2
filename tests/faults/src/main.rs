//! `signin` or `mail-request` in a process of its own, whose settings are the process's and which can be
//! stopped: events in, answers out, each a line of JSON.

use std::error::Error;
use std::io::{BufRead as _, Write as _, stdin, stdout};

use mail_request::MailRequest;
use shared::Environment;
use shared::http::{Endpoint, Function};
use signin::Signin;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    shared::log::init();
    match std::env::args().nth(1).as_deref() {
        Some("mail-request") => Box::pin(serve::<MailRequest>()).await,
        _ => Box::pin(serve::<Signin>()).await,
    }
}

async fn serve<E: Endpoint>() -> Result<(), Box<dyn Error>> {
    let function = Function::<E>::from_env(&mut Environment::of_process()).await?;
    // Its init is over.
    println!();
    for event in stdin().lock().lines() {
        let response = function.invoke(serde_json::from_str(&event?)?).await;
        println!("{}", serde_json::to_string(&response)?);
        stdout().flush()?;
    }
    Ok(())
}
