//! A request, as an endpoint sees it.

use lambda_http::http::{HeaderMap, HeaderName};

use super::event::ProxyEvent;
use crate::caller::Caller;
use crate::clock::Clock;
use crate::error::Error;
use crate::routes::{Access, Route};

/// Most bytes of a request's body that a function reads.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// The template has no authorizer on a route that needs one, or it answered something else.
const NO_CONTEXT: &str = "no authorizer's context on a route that needs one";

/// One call of a route.
pub struct Request {
    /// The route that API Gateway matched.
    pub route: &'static Route,
    /// The path that was called: the route's, perhaps behind a stage's name.
    pub path: String,
    /// All headers.
    pub headers: HeaderMap,
    /// The body's bytes.
    pub body: Vec<u8>,
    caller: Option<Caller>,
}

impl Request {
    /// Takes headers and body out of the event, the headers only where it doesn't fail: with
    /// [`Error::NotFound`] if `function` doesn't serve its route, with [`Error::Forbidden`] if the
    /// authorizer's context doesn't open it, whatever its policy said.
    pub fn of(event: &mut ProxyEvent, function: &str) -> Result<Self, Error> {
        let route = Route::find(&event.http_method, &event.resource)
            .filter(|route| route.function == function)
            .ok_or(Error::NotFound)?;
        let caller = Caller::from_context(event.authorizer());
        match &caller {
            _ if route.access == Access::Public => {}
            Some(caller) if route.access.allows(&caller.roles) => {}
            Some(_) => return Err(Error::Forbidden),
            None => return Err(Error::Internal(NO_CONTEXT.into())),
        }
        let body =
            event.take_body().ok_or_else(|| Error::Internal("a body that is no base64".into()))?;
        if body.len() > MAX_BODY_BYTES {
            return Err(Error::PayloadTooLarge);
        }
        let (path, headers) = (event.take_path(), event.take_headers());
        Ok(Self { route, path, headers, body, caller })
    }

    /// The first value of a header, if it has one that is ASCII.
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Who is calling. A cached policy outlives its token, so the time is looked at again:
    /// [`Error::InvalidToken`] from `exp` on.
    pub fn caller(&self, clock: &Clock) -> Result<&Caller, Error> {
        let caller = self.caller.as_ref().ok_or_else(|| Error::Internal(NO_CONTEXT.into()))?;
        if clock.now() >= caller.expires_at { Err(Error::InvalidToken) } else { Ok(caller) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::clock::NumericDate;
    use crate::role::Role;
    use crate::routes::ROUTES;

    fn of(route: &Route, authorizer: &Value) -> Result<Request, Error> {
        let event = json!({
            "resource": route.path, "httpMethod": route.method,
            "requestContext": { "authorizer": authorizer },
        });
        Request::of(&mut serde_json::from_value(event).unwrap(), route.function)
    }

    fn context(roles: &[Role]) -> Value {
        let roles: Vec<_> = roles.iter().map(|role| role.name()).collect();
        json!({
            "sub": "7", "username": "ada", "email": "a@b", "roles": roles.join(" "), "exp": "1000",
        })
    }

    #[test]
    fn a_policy_that_allows_too_much_opens_nothing() {
        for route in ROUTES {
            for chosen in 0..1 << Role::ALL.len() {
                let roles =
                    Role::ALL.iter().enumerate().filter(|(place, _)| chosen >> place & 1 == 1);
                let roles: Vec<_> = roles.map(|(_, role)| *role).collect();
                let opens = match route.access {
                    Access::Public | Access::SignedIn => true,
                    Access::AnyOf(wanted) => wanted.iter().any(|role| roles.contains(role)),
                };
                match of(route, &context(&roles)) {
                    Ok(_) => assert!(opens, "{} {roles:?}", route.path),
                    Err(error) => assert!(
                        !opens && matches!(error, Error::Forbidden),
                        "{} {roles:?}: {error:?}",
                        route.path
                    ),
                }
            }
            // Without a context, only what is public is open; `null` is what the emulator sends.
            for none in [json!({}), json!(null), json!({ "sub": "7" })] {
                let opened = of(route, &none).is_ok();
                assert_eq!(opened, route.access == Access::Public, "{} {none}", route.path);
            }
        }
    }

    #[test]
    fn a_cached_policy_does_not_outlive_its_token() {
        let me = Route::find("GET", "/api/auth/users/me").unwrap();
        let request = || of(me, &context(&[Role::User])).unwrap();
        let at = |seconds| Clock::fixed(NumericDate::from_seconds(seconds));
        assert!(request().caller(&at(999)).is_ok());
        let late = request();
        assert!(matches!(late.caller(&at(1000)), Err(Error::InvalidToken)));
    }

    #[test]
    fn a_body_of_64_kib_is_read_and_a_larger_one_is_413() {
        let of = |bytes: usize| {
            let event = json!({ "resource": "/", "httpMethod": "GET", "body": "x".repeat(bytes) });
            Request::of(&mut serde_json::from_value(event).unwrap(), "content")
        };
        assert!(of(MAX_BODY_BYTES).is_ok());
        assert!(matches!(of(MAX_BODY_BYTES + 1), Err(Error::PayloadTooLarge)));
    }

    #[test]
    fn a_function_serves_its_own_routes_only() {
        let headers = json!({ "Accept": "a" });
        let event = json!({ "resource": "/", "httpMethod": "GET", "headers": headers });
        let mut event = serde_json::from_value(event).unwrap();
        let other = Request::of(&mut event, "me");
        assert!(matches!(other, Err(Error::NotFound)));
        // The headers are still there: they say in which form an error is taken.
        assert_eq!(Request::of(&mut event, "content").unwrap().headers["accept"], "a");
    }
}
