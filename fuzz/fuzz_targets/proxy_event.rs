//! API Gateway's event, through the functions that open no connection.

#![no_main]

use std::net::IpAddr;
use std::sync::LazyLock;

use content::Content;
use docs::Docs;
use fuzz::Answer;
use libfuzzer_sys::fuzz_target;
use me::Me;
use serde_json::Value;
use shared::Environment;
use shared::functions::ContentRoute;
use shared::http::{
    Accept, Endpoint, ErrorFormat, Function, HeaderMap, HeaderValue, ProxyEvent, Request,
    TrustedProxies, header,
};
use tokio::runtime::Runtime;

struct Service {
    runtime: Runtime,
    content: Function<Content>,
    docs: Function<Docs>,
    me: Function<Me>,
}

/// The routes that need no context.
const PUBLIC: [Option<&str>; 4] =
    [Some("/"), Some("/api/test/all"), Some("/docs"), Some("/openapi.json")];

static SERVICE: LazyLock<Service> = LazyLock::new(|| {
    let runtime = fuzz::runtime();
    let (content, docs, me) = (function(&runtime), function(&runtime), function(&runtime));
    Service { runtime, content, docs, me }
});

fn function<E: Endpoint>(runtime: &Runtime) -> Function<E> {
    runtime.block_on(Function::from_env(&mut Environment::default())).unwrap()
}

fuzz_target!(|event: &[u8]| {
    let Service { runtime, content, docs, me } = &*SERVICE;
    let of = || serde_json::from_slice::<ProxyEvent>(event).ok();
    let (Some(first), Some(second), Some(third)) = (of(), of(), of()) else { return };
    is_one_list(&of().unwrap().take_headers());
    is_of_the_entry_that_counts(of().unwrap());
    let (first, second, third) = runtime.block_on(async {
        (content.invoke(first).await, docs.invoke(second).await, me.invoke(third).await)
    });
    // Serde's reading, which accepts less: only text, for example.
    let Ok(event) = serde_json::from_slice::<Value>(event) else { return };
    let answers = [&first, &second, &third].map(Answer::of);
    // A route has one function; the others don't know it.
    assert!(answers.iter().filter(|answer| answer.status != 404).count() <= 1, "{event}");
    for answer in answers {
        let context = event["requestContext"]["authorizer"].as_object();
        let is_in_base64 = event["isBase64Encoded"] == true;
        match answer.status {
            // The caller's username and e-mail address.
            200 if context.is_some_and(|context| !context.is_empty()) => {}
            200 | 401 | 404 | 413 => answer.has_no_marker(),
            304 => assert_eq!(answer.body, ""),
            // Only AWS can send this: a body that isn't base64, a context without our members.
            500 => {
                assert!(is_in_base64 || !PUBLIC.contains(&event["resource"].as_str()), "{event}");
            }
            status => panic!("{status}: {event}"),
        }
    }
});

/// Panics unless several `Accept` headers are read as one list, whatever the name's case.
fn is_one_list(headers: &HeaderMap) {
    let forms = |accept: &Accept| {
        [ErrorFormat::Text, ErrorFormat::Json]
            .map(|format| (accept.of_words(format), accept.of_fields(format)))
    };
    let several = forms(&Accept::of(headers));
    let values = headers.get_all(header::ACCEPT).iter();
    let values: Vec<_> = values.map(|value| value.to_str().unwrap()).collect();
    for list in [values.join(","), values.join(" ,  ").to_ascii_uppercase()] {
        let list = HeaderValue::from_str(&list).unwrap();
        assert_eq!(forms(&Accept::of(&HeaderMap::from_iter([(header::ACCEPT, list)]))), several);
    }
}

/// Panics unless a client's address is the one that API Gateway saw, or of the entry before those of so
/// many proxies.
fn is_of_the_entry_that_counts(mut event: ProxyEvent) {
    "/".clone_into(&mut event.resource);
    "GET".clone_into(&mut event.http_method);
    let Ok((_, request)) = Request::of::<ContentRoute>(&mut event) else { return };
    let seen = TrustedProxies::default().client_address(&request);
    let values = request.headers.get_all("x-forwarded-for").iter();
    let list = values.map(|value| value.to_str().unwrap()).collect::<Vec<_>>().join(",");
    for (number, text) in ["0", "1", "2", "3"].into_iter().enumerate() {
        let mut env = Environment::from_iter([("TRUSTED_PROXIES", text)]);
        let found = TrustedProxies::from_env(&mut env).client_address(&request);
        assert!(found.is_none_or(|found| found == found.to_canonical()));
        if found != seen {
            assert!(number > 0 && is_of(list.rsplit(',').next().unwrap(), seen), "{list}");
            assert!(is_of(list.rsplit(',').nth(number).unwrap(), found), "{list}");
        }
    }
}

/// Whether an entry has that address, with or without a port and brackets.
fn is_of(entry: &str, address: Option<IpAddr>) -> bool {
    let entry = entry.trim();
    let without_port = entry.rsplit_once(':').map_or(entry, |(address, _)| address);
    let is_it = |text: &str| {
        let text = text.trim_start_matches('[').trim_end_matches(']');
        text.parse::<IpAddr>().ok().map(|it| it.to_canonical()) == address
    };
    address.is_some() && (is_it(entry) || is_it(without_port))
}
