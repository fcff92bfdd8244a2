use reset_password::PasswordReset;
use serde::Serialize;
use shared::Error;
use shared::functions::ResetPasswordRoute;
use shared::http::{Location, Violation};
use shared::presented_secret::InvalidSecret;
use shared::rule::Rule;

use crate::openapi::{Operation, Response, Tag, json};

#[derive(Serialize)]
struct ByLink {
    token: &'static str,
    password: &'static str,
}

pub(crate) fn describe(ResetPasswordRoute::Reset: ResetPasswordRoute) -> Operation {
    let token = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    let ada = ByLink { token, password: "battery staple" };
    Operation::new(Tag::Accounts, "resetPassword", "Set a new password by a mail")
        .described(
            "Sets a new password by the link of a mail (`token`), or by its code (`code` and \
             `email`). The address is then verified, and every session has ended. It signs nobody \
             in. A refused password leaves the link and the code good.",
        )
        .takes::<PasswordReset>("application/json", ("ada", json(&ada)))
        .answers(200, Response::json::<()>("The password was set.", &()))
        .answers(
            400,
            Response::new("No mail had this link or code, or it is used, over or void.")
                .error(&InvalidSecret(None)),
        )
        .answers(404, Response::new("Mail is off (`MAIL_SENDER`).").error(&Error::NotFound))
        .answers(
            422,
            Response::new(
                "The body isn't a JSON object with one of `token` and `code`, or the password \
                 breaks a rule.",
            )
            .error(&Error::Unprocessable(vec![Violation::new(
                Location::Field("password"),
                Rule::LikeUsername,
            )])),
        )
}
