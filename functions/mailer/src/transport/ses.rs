//! Amazon SES, by `SendEmail` of its API v2.
//! <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html>

use std::time::Duration;

use lettre::message::Mailboxes;
use lettre::message::header::{From as FromHeader, Header as _, Headers};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::Environment;
use shared::aws::{Answer, Service, SignedCalls};

use crate::letter::{AUTO_SUBMITTED, Letter};
use crate::way_out::{Outcome, Sending, Transport};

const SES: Service =
    Service { host: "email", signed_as: "ses", endpoint_variable: "AWS_ENDPOINT_URL_SESV2" };

const PATH: &str = "/v2/email/outbound-emails";

const LIMIT: Duration = Duration::from_secs(6);

/// SES, with a configuration set or the account's default.
#[derive(Debug)]
pub(super) struct Ses {
    calls: SignedCalls,
    configuration_set: Option<String>,
}

/// An answer to a mail that was accepted.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Accepted {
    message_id: String,
}

/// The body of a refusal. Its error is named in a header; emulators name it here, as AWS's clients allow.
#[derive(Deserialize, Default)]
struct Refusal {
    #[serde(rename = "__type", alias = "code", default)]
    code: String,
    #[serde(alias = "Message", default)]
    message: String,
}

impl Transport for Ses {
    fn send<'a>(&'a self, letter: &'a Letter) -> Sending<'a> {
        Box::pin(async move {
            let body = self.request(letter).to_string().into_bytes();
            match self.calls.post(PATH, &[], body, LIMIT).await {
                Ok(answer) => outcome(&answer),
                Err(cause) => Outcome::Unavailable(cause),
            }
        })
    }
}

impl Ses {
    /// Reads `MAIL_CONFIGURATION_SET`.
    pub(super) fn from_env(env: &mut Environment) -> Self {
        let configuration_set = env.text("MAIL_CONFIGURATION_SET");
        Self { calls: SignedCalls::new(&SES), configuration_set }
    }

    fn request(&self, letter: &Letter) -> Value {
        let part = |text: &str| json!({ "Data": text, "Charset": "UTF-8" });
        let header = |name: &str, value: &str| json!({ "Name": name, "Value": value });
        // A name beyond ASCII has to be encoded (RFC 2047), as it is for SMTP.
        let from = FromHeader::from(Mailboxes::from(letter.from.clone()));
        let mut request = json!({
            "FromEmailAddress": encoded(&from),
            "Destination": { "ToAddresses": [letter.to.to_string()] },
            "Content": { "Simple": {
                "Subject": part(&letter.text.subject),
                "Body": { "Text": part(&letter.text.plain), "Html": part(&letter.text.html) },
                "Headers": [
                    header("Auto-Submitted", AUTO_SUBMITTED),
                    header("Content-Language", letter.language),
                ],
            } },
        });
        if let Some(name) = &self.configuration_set {
            request["ConfigurationSetName"] = json!(name);
        }
        request
    }
}

/// The value of a header in the form that it has in a mail, on one line.
fn encoded(from: &FromHeader) -> String {
    let mut headers = Headers::new();
    headers.insert_raw(from.display());
    let text = headers.to_string();
    let value = text.split_once(':').map(|(_, value)| value).unwrap_or_default();
    value.replace("\r\n", "").trim().to_owned()
}

/// What an answer means. SES's message may repeat the address, so the log gets the code alone.
fn outcome(answer: &Answer) -> Outcome {
    if answer.status == 200 {
        let accepted = serde_json::from_slice::<Accepted>(&answer.body);
        return Outcome::Sent(accepted.map(|it| it.message_id).unwrap_or_default());
    }
    let refusal: Refusal = serde_json::from_slice(&answer.body).unwrap_or_default();
    let code = answer.error.as_deref().unwrap_or(&refusal.code);
    // `namespace#Name:address`, of which the outer parts may be missing.
    let code = code.split(':').next().and_then(|code| code.rsplit('#').next());
    let code: String =
        code.unwrap_or_default().chars().filter(char::is_ascii_alphanumeric).take(64).collect();
    match (answer.status, code.as_str()) {
        (429, _)
        | (_, "TooManyRequestsException" | "LimitExceededException" | "ThrottlingException") => {
            Outcome::Throttled
        }
        // An identity that isn't verified: the operator's, or in the sandbox anybody's.
        (_, "MessageRejected") if refusal.message.contains("not verified") => {
            Outcome::Postponed(code)
        }
        (400, "MessageRejected" | "BadRequestException") => Outcome::Refused(code),
        (status, code) => Outcome::Unavailable(format!("SES answered {status} {code}")),
    }
}

#[cfg(test)]
mod tests {
    use lettre::message::Mailbox;
    use shared::{Clock, NumericDate};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;
    use crate::kind::Kind;
    use crate::letter::mailbox;
    use crate::texts::Text;

    fn letter() -> Letter {
        Letter {
            kind: Kind::Reset,
            from: Mailbox::new(Some("Bücher".into()), mailbox("mail@example.com").unwrap()),
            to: mailbox("ada@bücher.example").unwrap(),
            language: "de",
            text: Text { subject: "Für Sie".into(), plain: "t".into(), html: "<p>t</p>".into() },
            id: "<1@example.com>".into(),
            date: NumericDate::from_seconds(1_795_507_200),
        }
    }

    /// What becomes of a mail to a server that answers so, and the request. Without a status the server
    /// leaves.
    async fn sent(status: &str, body: &str) -> (Outcome, String) {
        sent_with(status, "", body).await
    }

    /// The same, with further headers in the answer.
    async fn sent_with(status: &str, headers: &str, body: &str) -> (Outcome, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let clock = Clock::fixed(NumericDate::from_seconds(1_795_507_200));
        let ses = Ses {
            calls: SignedCalls::to(&SES, url, clock),
            configuration_set: Some("mails".into()),
        };
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}"
        );
        let serving = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"}") {
                assert!(stream.read_buf(&mut request).await.unwrap() > 0);
            }
            if !status.is_empty() {
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
            String::from_utf8(request).unwrap()
        };
        let letter = letter();
        tokio::join!(ses.send(&letter), serving)
    }

    #[tokio::test]
    async fn a_mail_is_one_signed_request_to_one_recipient() {
        let (outcome, request) = sent("200 OK", r#"{"MessageId":"0102"}"#).await;
        assert_eq!(outcome, Outcome::Sent("0102".into()));
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("POST /v2/email/outbound-emails HTTP/1.1\r\n"), "{head}");
        assert!(head.contains("/eu-central-1/ses/aws4_request"), "{head}");
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["FromEmailAddress"], "=?utf-8?b?QsO8Y2hlcg==?= <mail@example.com>");
        assert_eq!(body["Destination"], json!({ "ToAddresses": ["ada@xn--bcher-kva.example"] }));
        assert_eq!(body["ConfigurationSetName"], "mails");
        let simple = &body["Content"]["Simple"];
        assert_eq!(simple["Subject"], json!({ "Data": "Für Sie", "Charset": "UTF-8" }));
        assert_eq!(simple["Body"]["Html"]["Data"], "<p>t</p>");
        assert_eq!(
            simple["Headers"][0],
            json!({ "Name": "Auto-Submitted", "Value": "auto-generated" })
        );
    }

    /// SES may have accepted it: it is sent again.
    #[tokio::test]
    async fn a_connection_that_is_cut_after_the_mail_was_sent_leaves_it_waiting() {
        let Outcome::Unavailable(cause) = sent("", "").await.0 else { panic!("it was sent") };
        assert!(!cause.contains("ada"), "{cause}");
    }

    /// An address on the account's suppression list, say, is answered as any other.
    #[tokio::test]
    async fn an_answer_without_an_id_is_still_an_accepted_mail() {
        for body in ["", "{}", r#"{"MessageId":null}"#] {
            assert_eq!(sent("200 OK", body).await.0, Outcome::Sent(String::new()), "{body}");
        }
    }

    #[tokio::test]
    async fn each_refusal_means_what_it_says_and_none_repeats_the_address() {
        let refused = |code: &str| Outcome::Refused(code.into());
        let away = |cause: &str| Outcome::Unavailable(cause.into());
        for (status, error, body, expected) in [
            ("429 x", "TooManyRequestsException", "{}", Outcome::Throttled),
            ("429 x", "", "", Outcome::Throttled),
            ("400 x", "LimitExceededException", r#"{"message":"full"}"#, Outcome::Throttled),
            ("400 x", "MessageRejected", r#"{"message":"bad"}"#, refused("MessageRejected")),
            (
                "400 x",
                "a.b#MessageRejected:http://internal.amazon.com/coral/a.b/",
                r#"{"message":"bad"}"#,
                refused("MessageRejected"),
            ),
            (
                "400 x",
                "MessageRejected",
                r#"{"message":"Email address is not verified. The following identities failed the check in region EU-CENTRAL-1: ada@example.com"}"#,
                Outcome::Postponed("MessageRejected".into()),
            ),
            (
                "400 x",
                "BadRequestException",
                r#"{"message":"Missing final '@domain'"}"#,
                refused("BadRequestException"),
            ),
            (
                "400 x",
                "SendingPausedException",
                r#"{"message":"off"}"#,
                away("SES answered 400 SendingPausedException"),
            ),
            (
                "404 x",
                "NotFoundException",
                r#"{"message":null}"#,
                away("SES answered 404 NotFoundException"),
            ),
            ("403 x", "", "<html>ada@example.com", away("SES answered 403 ")),
            (
                "403 x",
                "AccessDeniedException",
                r#"{"Message":"no ada@example.com"}"#,
                away("SES answered 403 AccessDeniedException"),
            ),
            // An emulator's.
            ("400 x", "", r#"{"__type":"a.b#MessageRejected"}"#, refused("MessageRejected")),
            ("503 x", "", "", away("SES answered 503 ")),
        ] {
            let header = match error {
                "" => String::new(),
                error => format!("x-amzn-ErrorType: {error}\r\n"),
            };
            assert_eq!(sent_with(status, &header, body).await.0, expected, "{error} {body}");
        }
    }
}
