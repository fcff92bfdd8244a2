//! The table of functions: the routes of each with their access, and its SQL statements.
//!
//! To find the code of a path, search for it here, then open the folder of that name under
//! `functions/`. The authorizer's policies, the local runner's registry and the SQL grants derive
//! from this table; `cargo test -p local --test generated` writes the parts of `template.yaml` and of
//! the documents that do (docs/adr/0021).

#[macro_use]
mod generated;
mod logical_id;
#[cfg(feature = "database")]
mod login;
#[cfg(feature = "database")]
pub mod logins;

#[cfg(feature = "database")]
use crate::db::{
    Group, callers, database_identity, limits, mails, operated, roles, sign_ins, signing_keys,
    users,
};
use crate::role::Role;
use crate::routes::Access::{AnyOf, Public, SignedIn};
use crate::routes::{Parse, Route, Routes, Throttle, method};
pub use logical_id::{logical_id, name_of};
#[cfg(feature = "database")]
pub use login::Login;

functions! { ($)
    signup {
        sql: Some(Group::Signup) => [limits::COUNT, users::INSERT];
        endpoint: Signup;
        routes: SignupRoute {
            SignUp = POST "/api/auth/signup", Public, Signin;
        }
    }
    signin {
        sql: Some(Group::Signin) => [
            limits::GIVE_BACK_ALONE,
            limits::PROOF_SECRET,
            users::FIND_CREDENTIALS,
            users::TRY_CREDENTIALS,
            users::REPLACE_PASSWORD,
            sign_ins::START,
        ];
        endpoint: Signin;
        routes: SigninRoute {
            SignIn = POST "/api/auth/signin", Public, Signin;
        }
    }
    token {
        sql: Some(Group::Token) => [
            limits::GIVE_BACK_ALONE,
            limits::PROOF_SECRET,
            users::FIND_CREDENTIALS,
            users::TRY_CREDENTIALS,
            users::REPLACE_PASSWORD,
            sign_ins::REFRESH,
            sign_ins::START,
        ];
        endpoint: Token;
        switch: TOKEN_ENDPOINT;
        routes: TokenRoute {
            Token = POST "/api/auth/token", Public, Signin => token_endpoint;
        }
    }
    refresh {
        sql: Some(Group::Refresh) => [sign_ins::REFRESH];
        endpoint: Refresh;
        routes: RefreshRoute {
            Refresh = POST "/api/auth/refresh", Public;
        }
    }
    account {
        sql: Some(Group::Account) => [
            limits::GIVE_BACK_ALONE,
            users::TRY_OWN_CREDENTIALS,
            users::CHANGE_PASSWORD,
            users::DELETE_ACCOUNT,
        ];
        endpoint: Account;
        routes: AccountRoute {
            ChangePassword = POST "/api/auth/users/me/password", SignedIn, Signin;
            Delete = POST "/api/auth/users/me/delete", SignedIn, Signin;
        }
    }
    mail_request {
        sql: Some(Group::MailRequest) => [mails::ASK];
        endpoint: MailRequest;
        name: "mail-request";
        routes: MailRequestRoute {
            ForgotPassword = POST "/api/auth/forgot-password", Public, Signin;
            RequestVerifyToken = POST "/api/auth/request-verify-token", Public, Signin;
        }
    }
    reset_password {
        sql: Some(Group::ResetPassword) => [
            mails::RESET,
            mails::TRY_RESET,
        ];
        endpoint: ResetPassword;
        name: "reset-password";
        routes: ResetPasswordRoute {
            Reset = POST "/api/auth/reset-password", Public, Signin;
        }
    }
    verify {
        sql: Some(Group::Verify) => [mails::VERIFY];
        endpoint: Verify;
        routes: VerifyRoute {
            Verify = POST "/api/auth/verify", Public, Signin;
        }
    }
    change_email {
        sql: Some(Group::ChangeEmail) => [users::TRY_OWN_CREDENTIALS, mails::ASK_CHANGE];
        endpoint: ChangeEmail;
        name: "change-email";
        routes: ChangeEmailRoute {
            Change = POST "/api/auth/change-email", SignedIn, Signin;
        }
    }
    mail_page {
        endpoint: MailPage;
        name: "mail-page";
        routes: MailPageRoute {
            Page = GET "/mail", Public, Docs;
            Script = GET "/mail/page.js", Public, Docs;
            Style = GET "/mail/page.css", Public, Docs;
        }
    }
    mailer {
        sql: Some(Group::Mailer) => [mails::CLAIM, mails::STORE_SECRET, mails::FINISH];
    }
    me {
        endpoint: Me;
        routes: MeRoute {
            Me = GET "/api/auth/users/me", SignedIn;
            Items = GET "/api/auth/users/me/items", SignedIn;
        }
    }
    content {
        endpoint: Content;
        routes: ContentRoute {
            Hello = GET "/", Public;
            All = GET "/api/test/all", Public;
            User = GET "/api/test/user", AnyOf(&Role::BUILT_IN);
            Moderator = GET "/api/test/mod", AnyOf(&[Role::MODERATOR]);
            Admin = GET "/api/test/admin", AnyOf(&[Role::ADMIN]);
            Profile = GET "/api/test/profile", SignedIn;
        }
    }
    jwks {
        sql: Some(Group::Jwks) => [signing_keys::LIST_ACCEPTED];
        endpoint: Jwks;
        routes: JwksRoute {
            Keys = GET "/.well-known/jwks.json", Public => jwks_uri;
            OpenIdConfiguration = GET "/.well-known/openid-configuration", Public;
            AuthorizationServer = GET "/.well-known/oauth-authorization-server", Public;
        }
    }
    sessions {
        sql: Some(Group::Sessions) => [
            sign_ins::LIST,
            sign_ins::REVOKE,
            sign_ins::END_ALL,
            sign_ins::END_OWN_TOKEN,
            sign_ins::SIGN_OUT,
            signing_keys::LIST_ACCEPTED,
        ];
        endpoint: Sessions;
        routes: SessionsRoute {
            List = GET "/api/auth/sessions", SignedIn;
            Revoke = POST "/api/auth/sessions/revoke", SignedIn;
            SignOut = POST "/api/auth/signout", Public;
            RevokeToken = POST "/api/auth/revoke", Public => revocation_endpoint;
        }
    }
    introspect {
        sql: Some(Group::Introspect) => [callers::AUTHORIZE, signing_keys::LIST_ACCEPTED];
        endpoint: Introspect;
        switch: INTROSPECTION_ENDPOINT;
        routes: IntrospectRoute {
            Introspect = POST "/api/auth/introspect", Public => introspection_endpoint;
        }
    }
    docs {
        endpoint: Docs;
        switch: API_DOCS;
        routes: DocsRoute {
            Document = GET "/openapi.json", Public, Docs;
            Page = GET "/docs", Public, Docs => service_documentation;
            Script = GET "/docs/start.js", Public, Docs;
            Style = GET "/docs/page.css", Public, Docs;
            UiScript = GET "/docs/swagger-ui-bundle.js", Public, Docs;
            UiStyle = GET "/docs/swagger-ui.css", Public, Docs;
            Licences = GET "/docs/swagger-ui-bundle.js.LICENSE.txt", Public, Docs;
        }
    }
    authorizer {
        sql: Some(Group::Authorizer) => [
            callers::AUTHORIZE,
            callers::FIND_ADOPTED,
            signing_keys::LIST_ACCEPTED,
        ];
    }
    admin {
        sql: None => [
            database_identity::ENSURE,
            limits::EMPTY,
            limits::ENSURE_PROOF_KEY,
            operated::DELETE,
            operated::DISABLE,
            operated::ENABLE,
            operated::END,
            operated::FIND,
            operated::NEXT_EPOCH,
            roles::ADD,
            roles::GRANT,
            roles::LIST,
            roles::REMOVE,
            roles::REVOKE,
            roles::ROLES,
            signing_keys::PUBLISH,
            signing_keys::PUBLISHED_AT,
            signing_keys::WITHDRAW,
        ];
    }
}

#[cfg(test)]
mod tests;
