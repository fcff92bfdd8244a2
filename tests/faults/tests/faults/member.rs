//! A user with a session, and what its client asks.

use serde_json::{Value, json};

use crate::refresh::refresh;
use crate::service::{PASSWORD, post};

/// A user with a session.
pub(crate) struct Member {
    pub(crate) token: String,
    pub(crate) refresh_token: String,
    /// The context of the authorizer's policy.
    pub(crate) context: Value,
}

/// `introspect` and [`INTROSPECTION_SECRET`](crate::container::INTROSPECTION_SECRET).
const BASIC: &str = "Basic aW50cm9zcGVjdDp0aGUtc2VjcmV0LW9mLXRoZS10ZXN0cy1vZi1mYXVsdHM=";

/// Requests, some of which end the session.
impl Member {
    pub(crate) fn list(&self) -> Value {
        self.live(json!({ "resource": "/api/auth/sessions", "httpMethod": "GET" }))
    }

    pub(crate) fn introspect(&self) -> Value {
        let mut event = form("/api/auth/introspect", &self.token);
        event["headers"]["Authorization"] = BASIC.into();
        event
    }

    pub(crate) fn refresh(&self) -> Value {
        refresh(&self.refresh_token)
    }

    pub(crate) fn sign_out(&self) -> Value {
        let headers = json!({ "Authorization": format!("Bearer {}", self.token) });
        json!({ "resource": "/api/auth/signout", "httpMethod": "POST", "headers": headers })
    }

    pub(crate) fn revoke_token(&self) -> Value {
        form("/api/auth/revoke", &self.refresh_token)
    }

    pub(crate) fn end_others(&self) -> Value {
        self.live(post("/api/auth/sessions/revoke", &json!({ "which": "others" })))
    }

    /// To the same password, which is another hash.
    pub(crate) fn change_password(&self) -> Value {
        let passwords = json!({ "old_password": PASSWORD, "new_password": PASSWORD });
        self.live(post("/api/auth/users/me/password", &passwords))
    }

    pub(crate) fn delete(&self) -> Value {
        self.live(post("/api/auth/users/me/delete", &json!({ "password": PASSWORD })))
    }

    pub(crate) fn change_email(&self, address: &str) -> Value {
        let body = json!({ "email": address, "password": PASSWORD });
        self.live(post("/api/auth/change-email", &body))
    }

    fn live(&self, mut event: Value) -> Value {
        event["requestContext"] = json!({ "authorizer": self.context });
        event
    }
}

fn form(resource: &str, token: &str) -> Value {
    let headers = json!({ "Content-Type": "application/x-www-form-urlencoded" });
    let body = format!("token={token}");
    json!({ "resource": resource, "httpMethod": "POST", "headers": headers, "body": body })
}
