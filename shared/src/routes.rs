//! Every address, the function that serves it, and who may call it.
//!
//! Search here for a path, then open the folder of that name under `functions/`. A test holds
//! `template.yaml` equal to this table; the authorizer's policies and the refusal tests are made
//! from it.

use crate::role::Role;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anyone; the authorizer isn't asked.
    Public,
    /// Whoever holds a valid token, with any role or none.
    SignedIn,
    /// Whoever holds a valid token and one of these roles.
    AnyOf(&'static [Role]),
}

impl Access {
    /// Whether a valid token whose user has `roles` opens the route.
    pub fn allows(self, roles: &[Role]) -> bool {
        match self {
            Self::Public | Self::SignedIn => true,
            Self::AnyOf(wanted) => wanted.iter().any(|role| roles.contains(role)),
        }
    }
}

/// One method of one path.
#[derive(Debug, PartialEq, Eq)]
pub struct Route {
    /// The HTTP method, in capitals.
    pub method: &'static str,
    /// The path as `template.yaml` has it, without the stage.
    pub path: &'static str,
    /// The function that serves it: the name of its crate and of its binary.
    pub function: &'static str,
    /// Who may call it.
    pub access: Access,
}

impl Route {
    const fn get(path: &'static str, function: &'static str, access: Access) -> Self {
        Self { method: "GET", path, function, access }
    }

    const fn post(path: &'static str, function: &'static str, access: Access) -> Self {
        Self { method: "POST", path, function, access }
    }

    /// The route of that method and path, compared exactly.
    pub fn find(method: &str, path: &str) -> Option<&'static Self> {
        ROUTES.iter().find(|route| route.method == method && route.path == path)
    }
}

/// The whole API.
pub const ROUTES: &[Route] = &[
    Route::post("/api/auth/signup", "signup", Access::Public),
    Route::post("/api/auth/signin", "signin", Access::Public),
    Route::post("/api/auth/token", "token", Access::Public),
    Route::get("/api/auth/users/me", "me", Access::SignedIn),
    Route::get("/api/auth/users/me/items", "me", Access::SignedIn),
    Route::get("/", "content", Access::Public),
    Route::get("/api/test/all", "content", Access::Public),
    Route::get("/api/test/user", "content", Access::AnyOf(&Role::ALL)),
    Route::get("/api/test/mod", "content", Access::AnyOf(&[Role::Moderator])),
    Route::get("/api/test/admin", "content", Access::AnyOf(&[Role::Admin])),
    Route::get("/api/test/profile", "content", Access::SignedIn),
    Route::get("/.well-known/jwks.json", "jwks", Access::Public),
    Route::get("/openapi.json", "docs", Access::Public),
    Route::get("/docs", "docs", Access::Public),
    Route::get("/docs/start.js", "docs", Access::Public),
    Route::get("/docs/page.css", "docs", Access::Public),
    Route::get("/docs/swagger-ui-bundle.js", "docs", Access::Public),
    Route::get("/docs/swagger-ui.css", "docs", Access::Public),
    Route::get("/docs/swagger-ui-bundle.js.LICENSE.txt", "docs", Access::Public),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_have_no_hierarchy() {
        let moderators = Access::AnyOf(&[Role::Moderator]);
        assert!(moderators.allows(&[Role::User, Role::Moderator]));
        assert!(!moderators.allows(&[Role::User, Role::Admin]));
        assert!(!moderators.allows(&[]));
    }

    #[test]
    fn a_signed_in_caller_needs_no_role() {
        assert!(Access::SignedIn.allows(&[]));
    }

    #[test]
    fn no_route_stands_twice() {
        for route in ROUTES {
            assert_eq!(Route::find(route.method, route.path), Some(route));
        }
        assert_eq!(Route::find("GET", "/api/test/all/"), None);
        assert_eq!(Route::find("HEAD", "/"), None);
    }
}
