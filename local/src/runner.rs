//! From the command line to a service that answers, or to a verb that is done.

use std::{
    io::{self, BufWriter},
    net::TcpListener,
    sync::Arc,
    time::Duration,
};

use tokio::{
    runtime::Runtime,
    signal::unix::{SignalKind, signal},
};

use crate::{
    arguments::{Arguments, Verb},
    aws,
    database::Purpose,
    error::Error,
    mails, operator, server,
    setup::Setup,
    start_page,
};

/// How long hashes that are under way may take to end once we stop.
const STOPPING: Duration = Duration::from_secs(1);

/// Does what the command line says, until it is done or a signal stops it.
pub fn run(arguments: Arguments) -> Result<(), Error> {
    let Arguments { listen, fresh, shared, verb } = arguments;
    aws::install();
    if let Some(verb) = verb {
        let runtime = Runtime::new()?;
        let setup = runtime.block_on(Setup::prepare(shared, Purpose::Verb, None))?;
        let done = runtime.block_on(operate(&setup, verb));
        drop(runtime); // with its connections, before the database stops
        return done;
    }
    // Before the database: a port that is taken shows at once.
    let listener = server::bind(&listen.host, listen.port)?;
    let purpose = if fresh { Purpose::FreshService } else { Purpose::Service };
    let base = start_page::base(listener.local_addr()?);
    let runtime = Runtime::new()?;
    let setup = runtime.block_on(Setup::prepare(shared, purpose, Some(base.clone())))?;
    shared::log::init();
    let served = runtime.block_on(serve(&setup, listener, &base));
    runtime.shutdown_timeout(STOPPING);
    drop(setup); // the database stops after the last that may use it
    served
}

async fn operate(setup: &Setup, verb: Verb) -> Result<(), Error> {
    let operator = setup.operator(&verb).await?;
    let mut output = BufWriter::new(io::stdout().lock());
    match operator.run(verb, &mut output).await {
        // The reader has gone, as behind `| head`: that is no mistake.
        Err(operator::Error::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done.map_err(|error| setup.fault(error)),
    }
}

async fn serve(setup: &Setup, listener: TcpListener, base: &str) -> Result<(), Error> {
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let mut stop = std::pin::pin!(async move {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
    });
    // Before the functions: each nudge of theirs goes to the mailer in this process.
    let _ = shared::nudge::local();
    let (gateway, mailer) = tokio::select! {
        service = setup.service() => service?,
        () = &mut stop => return Ok(()),
    };
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let database = setup.own_database_url();
    let mut lines = start_page::lines(base, database.as_deref(), setup.sends_mail()?);
    tokio::select! {
        missing = setup.missing_functions() => lines.extend(missing),
        () = &mut stop => return Ok(()),
    }
    start_page::print(&lines)?;
    let mailing = tokio::spawn(mails::play(mailer));
    server::serve(listener, Arc::new(gateway), setup.mails(), stop).await;
    mailing.abort();
    Ok(())
}
