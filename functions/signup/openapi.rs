use serde::Serialize;
use shared::Error;
use shared::functions::SignupRoute;
use shared::http::{Location, UserBody, Violation};
use shared::rule::Rule;
use signup::{NewUser, Taken};

use crate::openapi::{Operation, Response, Tag, client_cookie, json, limited};

/// The user of the examples.
#[derive(Serialize)]
struct Ada {
    username: &'static str,
    email: &'static str,
    password: &'static str,
}

pub(crate) fn describe(SignupRoute::SignUp: SignupRoute) -> Operation {
    let ada = Ada { username: "ada", email: "ada@example.com", password: "correct horse" };
    let user = UserBody { username: ada.username, email: ada.email };
    Operation::new(Tag::Accounts, "signUp", "Sign up")
        .described(
            "Creates a user with the role `ROLE_USER` and stores a hash of the password. The \
             minimum length of a password is a setting of the service. Unknown fields are \
             ignored.",
        )
        .takes::<NewUser>("application/json", ("ada", json(&ada)))
        .answers(
            200,
            Response::json::<UserBody<'_>>("The user was created.", &user).with_header(
                "Set-Cookie",
                "That this client belongs to the account, for the limits on guesses.",
                json(&client_cookie()),
            ),
        )
        .answers(
            409,
            Response::new("Another user has this username or this e-mail address.")
                .error(&Taken::Username)
                .error(&Taken::Email),
        )
        .answers(
            422,
            Response::new("The body isn't a JSON object, or a field breaks a rule.").error(
                &Error::Unprocessable(vec![
                    Violation::new(Location::Field("email"), Rule::NotAnEmail),
                    Violation::new(Location::Field("password"), Rule::TooCommon),
                ]),
            ),
        )
        .answers(
            429,
            limited(
                "Too many sign-ups from the client's network, or requests of all clients together. \
                 Nothing was created.",
            ),
        )
}
