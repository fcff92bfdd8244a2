//! The answer of the authorizer.

use std::collections::BTreeMap;

use serde::Serialize;
use shared::Caller;
use shared::routes::{Access, Route};

/// A policy that allows every route of an API that the caller may use, with the caller as its context.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html>
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    principal_id: String,
    #[serde(rename = "policyDocument")]
    document: Document,
    context: BTreeMap<&'static str, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    version: &'static str,
    statement: [Statement; 1],
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    action: &'static str,
    effect: &'static str,
    resource: Vec<String>,
}

impl Policy {
    /// The policy for `caller` on the API and stage of `method_arn`, which has these routes; `None` if
    /// that is no ARN of a method.
    pub fn of<'a>(
        caller: &Caller,
        routes: impl Iterator<Item = &'a Route>,
        method_arn: &str,
    ) -> Option<Self> {
        let (api, rest) = method_arn.split_once('/')?;
        let (stage, _) = rest.split_once('/')?;
        let usable = routes
            .filter(|route| route.access != Access::Public && route.access.allows(&caller.roles));
        let arn = |route: &Route| [api, "/", stage, "/", route.method, &route.pattern()].concat();
        let statement = Statement {
            action: "execute-api:Invoke",
            effect: "Allow",
            resource: usable.map(arn).collect(),
        };
        Some(Self {
            principal_id: caller.id.to_string(),
            document: Document { version: "2012-10-17", statement: [statement] },
            context: caller.to_context(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shared::functions::ROUTES;
    use shared::routes::Throttle;
    use shared::routes::method::{DELETE, GET};
    use shared::{Email, NumericDate, Role, TokenKey, UserId, Username};

    use super::*;

    const API: &str = "arn:aws:execute-api:eu-west-1:123456789012:abc123";

    fn policy(roles: &[Role]) -> Policy {
        let caller = Caller {
            id: UserId::new(7),
            username: Username::parse("ada".into()).unwrap(),
            email: Email::from_row("ada@example.com".into()),
            roles: roles.to_vec(),
            expires_at: NumericDate::from_seconds(5),
            token_key: Some(TokenKey::Digest([7; 32])),
        };
        Policy::of(&caller, ROUTES.iter(), &format!("{API}/Prod/GET/api/test/all")).unwrap()
    }

    #[test]
    fn a_policy_names_every_route_that_the_roles_open_and_no_other() {
        for roles in [
            &[][..],
            &[Role::USER],
            &[Role::MODERATOR],
            &[Role::ADMIN],
            &[Role::USER, Role::ADMIN],
            &Role::BUILT_IN,
        ] {
            let policy = policy(roles);
            let resources = &policy.document.statement[0].resource;
            for route in ROUTES {
                let arn = format!("{API}/Prod/{}{}", route.method, route.pattern());
                let wanted = route.access != Access::Public && route.access.allows(roles);
                assert_eq!(resources.contains(&arn), wanted, "{roles:?} {}", route.path);
                assert_eq!(arn.matches('*').count(), route.parameters().count(), "{}", route.path);
            }
            let usable = ROUTES.iter().filter(|route| route.access != Access::Public);
            let usable = usable.filter(|route| route.access.allows(roles));
            assert_eq!(resources.len(), usable.count(), "{roles:?}");
        }
    }

    fn route(method: &'static str, path: &'static str, access: Access) -> Route {
        let throttle = Throttle::Default;
        Route { method, path, function: "f", access, throttle, examples: &[], metadata: None }
    }

    const ADMINS: Access = Access::AnyOf(&[Role::ADMIN]);
    const USERS: Access = Access::AnyOf(&[Role::USER]);

    /// In a policy, the `*` of a parameter matches any text, slashes too: it may match another route
    /// of the table only if every caller of the one may use the other.
    #[test]
    fn a_star_opens_no_other_route() {
        for route in ROUTES {
            assert_eq!(ROUTES.iter().find(|other| route.opens(other)), None, "{route}");
        }
        let of_user = "/users/{id}";
        for (method, path, access, is_opened) in [
            (GET, "/users/{id}/notes", ADMINS, true),
            (GET, "/users/me", ADMINS, true),
            (GET, "/users/me/{note}", ADMINS, true),
            (DELETE, "/users/{id}/notes", ADMINS, false),
            (GET, "/users/{id}/notes", USERS, false),
            (GET, "/users/{id}/notes", Access::SignedIn, false),
            (GET, "/users/me", Access::Public, false),
            (GET, "/users", ADMINS, true),
            (GET, "/users", USERS, false),
            (GET, "/user/me", ADMINS, false),
        ] {
            let opened = route(GET, of_user, USERS).opens(&route(method, path, access));
            assert_eq!(opened, is_opened, "{method} {path} {access:?}");
        }
    }

    #[test]
    fn a_policy_has_the_form_that_api_gateway_documents() {
        let open = ROUTES.iter().filter(|route| route.access == Access::SignedIn);
        let arns: Vec<_> =
            open.map(|it| format!("{API}/Prod/{}{}", it.method, it.pattern())).collect();
        assert!(arns.contains(&format!("{API}/Prod/GET/api/auth/users/me")));
        assert_eq!(
            serde_json::to_value(policy(&[])).unwrap(),
            json!({
                "principalId": "7",
                "policyDocument": { "Version": "2012-10-17", "Statement": [{
                    "Action": "execute-api:Invoke", "Effect": "Allow",
                    "Resource": arns,
                }] },
                "context": {
                    "sub": "7", "username": "ada", "email": "ada@example.com", "roles": "",
                    "exp": "5", "sid": "",
                    "token_digest": "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc",
                },
            })
        );
    }

    /// The documented limits: 8 KB for an authorizer's answer (of WebSocket APIs; REST APIs have been
    /// seen to take more), and 512 characters for a resource.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html>
    #[test]
    fn sixty_routes_and_thirty_roles_are_within_api_gateways_limits() {
        let names = (10..40).map(|n| format!("ROLE_TEAM_{n}_EDITOR"));
        let roles: Vec<Role> = names.map(|name| Role::parse(name).unwrap()).collect();
        let routes: Vec<_> = (0..60)
            .map(|n| {
                let needed = roles.iter().cycle().skip(n).take(3).cloned().collect::<Vec<_>>();
                let path = format!("/api/teams/{{team}}/reports-{n}");
                route([GET, DELETE][n % 2], path.leak(), Access::AnyOf(needed.leak()))
            })
            .collect();
        let answer = |roles: &[Role]| {
            let caller = Caller {
                id: UserId::new(i32::MAX),
                username: Username::parse("a".repeat(64)).unwrap(),
                email: Email::from_row("a".repeat(64)),
                roles: roles.to_vec(),
                expires_at: NumericDate::from_seconds(4_102_444_800),
                token_key: Some(TokenKey::Digest([7; 32])),
            };
            let arn = "arn:aws:execute-api:ap-southeast-2:123456789012:abcdefghij/production/GET/";
            let policy = Policy::of(&caller, routes.iter(), arn).unwrap();
            let resources = &policy.document.statement[0].resource;
            assert!(resources.iter().all(|it| it.len() <= 512));
            (resources.len(), serde_json::to_vec(&policy).unwrap().len())
        };
        let (opened, bytes) = answer(&roles);
        assert_eq!(opened, 60);
        assert!(bytes <= 8 * 1024, "{bytes}");
        let (opened, less) = answer(&roles[..1]);
        assert_eq!(opened, 6);
        assert!(less < bytes / 4, "{less}");
    }

    #[test]
    fn an_invalid_method_arn_gives_no_policy() {
        let caller = Caller {
            id: UserId::new(7),
            username: Username::parse("ada".into()).unwrap(),
            email: Email::from_row(String::new()),
            roles: Vec::new(),
            expires_at: NumericDate::from_seconds(5),
            token_key: Some(TokenKey::Digest([7; 32])),
        };
        assert_eq!(Policy::of(&caller, ROUTES.iter(), API), None);
        assert_eq!(Policy::of(&caller, ROUTES.iter(), ""), None);
    }
}
