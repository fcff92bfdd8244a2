use proptest::prelude::*;

use super::*;

fn of_reports(routes: &str) -> String {
    format!(r#"{{"functions": {{"reports": {routes}}}}}"#)
}

fn fault(text: &str) -> String {
    OwnRoutes::parse(text).unwrap_err().to_string()
}

#[test]
fn the_document_of_this_program_is_good() {
    assert!(OwnRoutes::built_in().is_ok());
}

#[test]
fn routes_are_of_a_function_or_of_another_api() {
    let text = r#"{
        "functions": { "reports": {
            "GET /reports": ["ROLE_USER", "ROLE_ADMIN"], "POST /reports/{id}": "signed-in" } },
        "apis": { "orders": { "GET /orders": ["ROLE_MODERATOR"] } }
    }"#;
    let routes = OwnRoutes::parse(text).unwrap();
    let [list, add] = routes.of_functions() else { panic!("{routes:?}") };
    assert_eq!((list.to_string().as_str(), list.function), ("GET /reports", "reports"));
    assert_eq!((add.path, add.example().as_ref()), ("/reports/{id}", "/reports/example"));
    assert_eq!(add.access, Access::SignedIn);
    let of_api = |name| routes.of_api(name).map(Iterator::count);
    assert_eq!(of_api(ACCOUNTS), Some(ROUTES.len() + 2));
    assert_eq!(routes.of_accounts().count(), ROUTES.len() + 2);
    assert_eq!((of_api("orders"), of_api("other"), of_api("")), (Some(1), None, None));
    let roles: Vec<_> = routes.roles().map(|(role, route)| format!("{role}: {route}")).collect();
    assert_eq!(
        roles,
        ["ROLE_MODERATOR: GET /orders", "ROLE_USER: GET /reports", "ROLE_ADMIN: GET /reports"]
    );
}

#[test]
fn an_invalid_route_is_refused_with_its_location() {
    let location = |route: &str| format!("own-routes.json, functions.reports, \"{route}\": ");
    for (route, rule) in [
        ("GET", "a route is a method, a space and a path, as GET /reports"),
        ("HEAD /reports", "the method must be one of DELETE, GET, PATCH, POST, PUT"),
        ("get /reports", "the method must be one of DELETE, GET, PATCH, POST, PUT"),
        ("* /reports", "the method must be one of DELETE, GET, PATCH, POST, PUT"),
        (
            "GET /api/test/mod",
            "Latchkey's own GET /api/test/mod may match the same path; use another",
        ),
        (
            "GET /api/{any}/mod",
            "Latchkey's own GET /api/test/mod may match the same path; use another",
        ),
        (
            "GET /api/test/mod/{any}",
            "Latchkey's own GET /api/test/mod may match the same path; use another",
        ),
        ("GET /{any}", "Latchkey's own GET /mail may match the same path; use another"),
        (
            "POST /{a}/{b}",
            "Latchkey's own POST /api/auth/signup may match the same path; use another",
        ),
    ] {
        let text = of_reports(&format!(r#"{{"{route}": "signed-in"}}"#));
        assert_eq!(fault(&text), location(route) + rule);
    }
    for path in
        ["reports", "//", "/a/", "/*", "/a b", "/{a+}", "/{}", "/x{a}", "/..", "/é", "/%41", "/a?b"]
    {
        let text = of_reports(&format!(r#"{{"GET {path}": "signed-in"}}"#));
        assert!(fault(&text).contains(": a path begins with / and has segments of "), "{path}");
    }
    let long = format!(r#"{{"GET /{}": "signed-in"}}"#, "a".repeat(200));
    assert!(fault(&of_reports(&long)).ends_with(" in at most 200 bytes"));
}

#[test]
fn an_access_is_signed_in_or_a_list_of_roles() {
    for (access, rule) in [
        ("[]", r#"functions.reports, "GET /r": name a role, or write "signed-in" for every user"#),
        (
            r#"["role_user"]"#,
            "functions.reports, \"GET /r\": \"role_user\" is no role. \
             A role's name has 1 to 64 characters of A-Z, 0-9 and _.",
        ),
        (
            r#""public""#,
            r#"invalid value: string "public", expected "signed-in" or a list of roles"#,
        ),
        ("7", "invalid type: integer `7`, expected \"signed-in\" or a list of roles"),
        ("[7]", "invalid type: integer `7`, expected a string"),
    ] {
        let said = fault(&of_reports(&format!(r#"{{"GET /r": {access}}}"#)));
        assert!(said.contains(rule), "{said}");
    }
    for role in ["*", "", "ROLE USER", "RÔLE"] {
        let said = fault(&of_reports(&format!(r#"{{"GET /r": ["{role}"]}}"#)));
        assert!(said.contains("is no role"), "{said}");
    }
}

#[test]
fn routes_of_one_api_do_not_open_each_other() {
    let signed_in = r#""signed-in""#;
    let admins = r#"["ROLE_ADMIN"]"#;
    for (one, other, said) in [
        (
            ("GET /r/{id}", signed_in),
            ("GET /r/all", admins),
            Some("its parameter also matches GET /r/all"),
        ),
        (
            ("GET /r/{id}", signed_in),
            ("GET /r/{id}/log", admins),
            Some("its parameter also matches"),
        ),
        (("GET /r/{id}", signed_in), ("GET /r", admins), Some("its parameter also matches GET /r")),
        (("GET /r/{id}", admins), ("GET /r/all", signed_in), None),
        (("GET /r/{id}", signed_in), ("DELETE /r/all", admins), None),
        (("GET /r/{id}", signed_in), ("GET /r/{id}/log", signed_in), None),
        (
            ("GET /r/{id}", signed_in),
            ("GET /r/{name}/log", signed_in),
            Some("is named otherwise in /r/{id}"),
        ),
        (("GET /r/{id}", signed_in), ("GET /r/{other}", signed_in), Some("is named otherwise")),
    ] {
        let members = [one, other].map(|(route, access)| format!(r#""{route}": {access}"#));
        let text = of_reports(&format!("{{{}}}", members.join(", ")));
        match (OwnRoutes::parse(&text), said) {
            (Ok(_), None) => {}
            (Err(fault), Some(said)) => assert!(fault.to_string().contains(said), "{fault}"),
            (parsed, _) => panic!("{text}: {parsed:?}"),
        }
        let other_api = text.replace("functions", "apis");
        assert_eq!(OwnRoutes::parse(&other_api).is_err(), said.is_some(), "{other_api}");
    }
    let two = r#"{"functions": {"a": {"GET /r": "signed-in"}, "b": {"GET /r": "signed-in"}}}"#;
    assert_eq!(
        fault(two),
        r#"own-routes.json, functions.b, "GET /r": the same route is there twice"#
    );
    // Another API has paths of its own.
    assert!(OwnRoutes::parse(r#"{"apis": {"a": {"GET /": ["ROLE_USER"]}}}"#).is_ok());
}

#[test]
fn each_route_of_a_function_has_a_name_of_its_own() {
    let two = |one: &str, other: &str| {
        OwnRoutes::parse(&of_reports(&format!(
            r#"{{"GET {one}": "signed-in", "GET {other}": "signed-in"}}"#
        )))
    };
    for (one, other, names) in [
        ("/reports/id", "/reports/{id}", ["GetReportsId", "GetReportsById"]),
        ("/a-b", "/a/b", ["GetADashB", "GetAB"]),
        ("/a.b", "/a_b", ["GetADotB", "GetALowB"]),
    ] {
        let routes = two(one, other).unwrap();
        assert!(routes.of_functions().iter().map(event_name).eq(names), "{one} {other}");
    }
    assert_eq!(
        two("/a", "/A").unwrap_err().to_string(),
        "own-routes.json, functions.reports, \"GET /A\": in the template it has the name of \
         GET /a; use another"
    );
    let dashes = two("/a", &"/-".repeat(60)).unwrap_err().to_string();
    assert!(dashes.ends_with(" is too long; use a shorter path"), "{dashes}");
}

#[test]
fn a_document_that_is_malformed_is_refused_with_its_line() {
    for (text, said) in [
        ("", "line 1, column 0: EOF while parsing a value"),
        ("{\n  \"apis\": {},\n  \"apis\": {}\n}", "line 3, column 8: duplicate field `apis`"),
        (" []", "line 1: the document must be an object"),
        ("[{}, {}]", "line 1: the document must be an object"),
        ("{\"routes\": {}}", "line 1, column 9: unknown field `routes`"),
        ("{\"functions\": []}", "line 1, column 14: invalid type: sequence, expected an object"),
        (
            "{\"functions\": {\"a\": {\"GET /a\": \"signed-in\",\n\"GET /a\": \"signed-in\"}}}",
            "line 2, column 8: \"GET /a\" is there twice",
        ),
        ("{\"functions\": {\"a\": {}}}", "functions.a: it has no route"),
        (
            "{\"functions\": {\"signin\": {}}}",
            "functions.signin: Latchkey has a function of that name",
        ),
        (
            "{\"functions\": {\"admin\": {}}}",
            "functions.admin: Latchkey has a function of that name",
        ),
        ("{\"functions\": {\"My-Reports\": {}}}", "functions.My-Reports: a function's name has"),
        ("{\"apis\": {\"accounts\": {}}}", "apis.accounts: this is the name of Latchkey's own API"),
        ("{\"apis\": {\"Orders\": {}}}", "apis.Orders: an API's name has"),
    ] {
        let found = fault(text);
        assert!(found.starts_with(&format!("own-routes.json, {said}")), "{found}");
        assert!(!found.contains('\n'), "{found}");
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,60}", path in "[/{}a.*]{0,12}") {
        let _ = OwnRoutes::parse(&text);
        let _ = OwnRoutes::parse(&of_reports(&format!(r#"{{"GET {path}": "signed-in"}}"#)));
    }
}
