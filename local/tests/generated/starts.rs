//! The starts of all functions, for tests of what they read.

use std::collections::BTreeSet;

use shared::{
    Environment,
    environment::Invalid,
    for_each_endpoint,
    http::{Endpoint, Function},
};

/// What a function did with its settings when it started.
pub(crate) struct Start {
    pub(crate) function: &'static str,
    /// The names of those that it asked for.
    pub(crate) asked: BTreeSet<String>,
    #[allow(dead_code, reason = "not every test looks at it")]
    /// What it said of those that are bad.
    pub(crate) refusal: Option<String>,
}

/// A function's start with these settings. It may be refused: it asks for all of them first.
async fn start<E: Endpoint>(mut settings: Environment) -> Start {
    let started = Function::<E>::from_env(&mut settings).await;
    Start::of(E::FUNCTION, &settings, started.err())
}

impl Start {
    fn of(function: &'static str, settings: &Environment, refusal: Option<Invalid>) -> Self {
        let asked = settings.asked().map(str::to_owned).collect();
        Self { function, asked, refusal: refusal.map(|refusal| refusal.to_string()) }
    }
}

/// The starts of all functions, each with these settings.
pub(crate) async fn starts(settings: impl Fn() -> Environment) -> Vec<Start> {
    let mut environments = [settings(), settings(), settings()];
    let [authorizer, admin, mailer] = &mut environments;
    let refusals = [
        authorizer::Authorizer::from_env(authorizer).await.err(),
        admin::Admin::from_env(admin).await.err(),
        mailer::Mailer::from_env(mailer).await.err(),
    ];
    let names = ["authorizer", "admin", "mailer"].into_iter().zip(&environments).zip(refusals);
    let mut starts: Vec<_> =
        names.map(|((name, settings), refusal)| Start::of(name, settings, refusal)).collect();
    macro_rules! start_each {
        ($(($function:ident $($name:literal)? $endpoint:ident $routes:ident))+) => {
            $(starts.push(start::<$function::$endpoint>(settings()).await);)+
        };
    }
    for_each_endpoint!(start_each);
    starts
}
