//! `mail-request` on Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    shared::http::serve::<mail_request::MailRequest>().await
}
