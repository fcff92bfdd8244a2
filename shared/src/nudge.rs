//! Asks the mailer to send at once what the outbox has, instead of with the next schedule.

use std::sync::OnceLock;
use std::time::Duration;

use tokio::sync::Notify;

use crate::aws::{Service, SignedCalls};
use crate::environment::Environment;
use crate::log;

/// How long a caller waits at most for the invocation to be accepted.
const LIMIT: Duration = Duration::from_millis(500);

/// <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>
const LAMBDA: Service =
    Service { host: "lambda", signed_as: "lambda", endpoint_variable: "AWS_ENDPOINT_URL_LAMBDA" };

/// The mailer of the local runner, which is in this process.
static LOCAL: OnceLock<Notify> = OnceLock::new();

/// What a mailer in this process waits for. Nudges then go there, not to Lambda.
pub fn local() -> &'static Notify {
    LOCAL.get_or_init(Notify::new)
}

/// The mailer, by its name; none if mails wait for the schedule.
#[derive(Debug, Clone)]
pub struct Nudge(Option<(String, SignedCalls)>);

impl Nudge {
    /// Reads `MAILER_FUNCTION`.
    pub fn from_env(env: &mut Environment) -> Self {
        let rule = "must be the name of a function";
        let function = env.parsed("MAILER_FUNCTION", None, rule, |text| {
            is_name(text).then(|| Some(text.to_owned()))
        });
        Self(function.map(|function| (function, SignedCalls::new(&LAMBDA))))
    }

    /// Invokes the mailer asynchronously. Without success after 500 ms, its schedule sends the mail.
    pub async fn send(&self) {
        let Some((function, calls)) = &self.0 else { return };
        if let Some(local) = LOCAL.get() {
            local.notify_one();
            return;
        }
        let path = format!("/2015-03-31/functions/{function}/invocations");
        let headers = [("x-amz-invocation-type", "Event")];
        let cause = match calls.post(&path, &headers, b"{}".to_vec(), LIMIT).await {
            Ok(answer) if answer.status == 202 => return,
            Ok(answer) => format!("Lambda answered {}", answer.status),
            Err(cause) => cause,
        };
        log::notice(None, "mailer_not_invoked", Some(&cause));
    }
}

/// Whether Lambda lets a function have this name.
fn is_name(text: &str) -> bool {
    let is_part = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_');
    (1..=64).contains(&text.len()) && text.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::time::Instant;

    use super::*;
    use crate::clock::{Clock, NumericDate};

    fn nudge(listener: &TcpListener) -> Nudge {
        let url = format!("http://{}", listener.local_addr().unwrap());
        let clock = Clock::fixed(NumericDate::from_seconds(1_795_507_200));
        Nudge(Some(("stack-mailer".into(), SignedCalls::to(&LAMBDA, url, clock))))
    }

    #[tokio::test]
    async fn the_mailer_is_invoked_asynchronously_by_a_signed_request() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let nudge = nudge(&listener);
        let serving = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"{}") {
                assert!(stream.read_buf(&mut request).await.unwrap() > 0);
            }
            let answer = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(answer).await.unwrap();
            String::from_utf8(request).unwrap()
        };
        let ((), request) = tokio::join!(nudge.send(), serving);
        for part in [
            "POST /2015-03-31/functions/stack-mailer/invocations HTTP/1.1\r\n",
            "x-amz-invocation-type: Event\r\n",
            "x-amz-date: 20261124T080000Z\r\n",
            "Credential=AKIDEXAMPLE/20261124/eu-central-1/lambda/aws4_request",
            "SignedHeaders=content-type;host;x-amz-date;x-amz-invocation-type",
        ] {
            assert!(request.contains(part), "{part}: {request}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_waits_half_a_second_at_most() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let nudge = nudge(&listener);
        let began = Instant::now();
        nudge.send().await;
        assert_eq!(began.elapsed().as_millis(), 500);
    }

    #[tokio::test]
    async fn without_a_mailer_nothing_is_invoked_and_a_name_is_checked() {
        Nudge::from_env(&mut Environment::default()).send().await;
        for (name, is_good) in
            [("a-mailer_1", true), ("a/b", false), ("a b", false), ("a?x", false)]
        {
            let mut env = Environment::from_iter([("MAILER_FUNCTION", name)]);
            let nudge = Nudge::from_env(&mut env);
            assert_eq!((env.check().is_ok(), nudge.0.is_some()), (is_good, is_good), "{name}");
        }
    }
}
