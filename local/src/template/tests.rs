//! The template reader, on small templates of its own and on the project's.

use std::collections::BTreeMap;

use super::{parameter::Parameter, *};

/// The project's own template.
pub(crate) const OURS: &str = include_str!("../../../template.yaml");

/// The project's parameters.
pub(crate) fn parameters() -> BTreeMap<String, Parameter> {
    let root = Node::parse(OURS).unwrap();
    Scope::default().read(lookup(&root, "Parameters").unwrap(), "Parameters", None).unwrap()
}

fn given(overrides: &[(&str, &str)]) -> Given {
    let overrides = overrides.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    Given { overrides: overrides.collect(), ..Given::default() }
}

/// A template with this in its function's properties, and one condition.
fn with_function(properties: &str) -> Result<Template> {
    let text = format!(
        "Parameters:\n  Name: {{Type: String, Default: ada}}\n\
         Conditions:\n  IsAda: !Equals [!Ref Name, ada]\n  Other: !Not [!Equals [!Ref Name, ada]]\n\
         \x20 Both: !And [!Equals [!Ref Name, ada], !Equals [!Ref Unheard, ada]]\n\
         Resources:\n  Key: {{Type: 'AWS::SecretsManager::Secret'}}\n\
         \x20 Api: {{Type: 'AWS::Serverless::Api', Properties: {{StageName: Prod}}}}\n\
         \x20 HelloFunction:\n    Type: AWS::Serverless::Function\n    Properties:\n{}\n",
        properties.lines().flat_map(|line| ["      ", line, "\n"]).collect::<String>()
    );
    Template::read(&text, Given::default())
}

fn variable(value: &str) -> Result<String> {
    let template = with_function(&format!("Environment: {{Variables: {{X: {value}}}}}"))?;
    Ok(template.function("hello")?.environment["X"].clone())
}

#[test]
fn functions_of_cloudformation_are_evaluated() {
    for (value, expected) in [
        ("!Ref Name", "ada"),
        ("!Sub '${Name} of ${AWS::StackName}, ${!Name}'", "ada of latchkey, ${Name}"),
        ("!If [IsAda, yes-it-is, !Ref Name]", "yes-it-is"),
        ("!If [Other, yes-it-is, !Ref Name]", "ada"),
        ("{'Fn::Sub': 'x${Name}'}", "xada"),
        ("!Sub ['${Name} ${Own}', {Own: !Ref Name, Name: eve}]", "eve ada"),
        ("!Select [1, !Split [',', 'a,b']]", "b"),
        ("!Join [' or ', !Split [',', !Sub '${Name},b']]", "ada or b"),
        ("!Join ['', [a, !Ref Name]]", "aada"),
    ] {
        assert_eq!(variable(value), Ok(expected.to_owned()), "{value}");
    }
    assert_eq!(variable("!Ref Key"), Ok(String::new()));
}

#[test]
fn an_unsupported_feature_is_reported_with_its_path() {
    for (value, fault) in [
        ("!Base64 a", "!Base64"),
        ("!Join [a, b]", "list"),
        ("!Join [a]", "!Join takes"),
        ("!Join [a, !GetAZs '']", "!GetAZs"),
        ("!Select [1, [a]]", "!Select takes"),
        ("!Select [a, [a]]", "!Select takes"),
        ("!GetAtt Key.Arn", "!GetAtt"),
        ("!Ref Nobody", "Nobody"),
        ("!Sub '${Key}'", "secret"),
        ("!Sub ['${Name}']", "!Sub takes"),
        ("!Sub {}", "!Sub takes"),
        ("!If [Unheard, a, b]", "Unheard"),
        ("!If IsAda", "!If takes a condition and two values"),
        ("!If [IsAda, !If {}, b]", "!If takes"),
        ("[a]", "string"),
    ] {
        let error = variable(value).unwrap_err().to_string();
        assert!(error.contains(fault), "{value}: {error}");
        assert!(error.contains("Resources.HelloFunction.Properties"), "{value}: {error}");
    }
}

#[test]
fn a_condition_is_decided_only_where_it_is_used() {
    // Nothing that is read here uses `Both`.
    assert!(with_function("VpcConfig: !If [Both, {}, !Ref 'AWS::NoValue']").is_ok());
    let error = variable("!If [Both, a, b]").unwrap_err().to_string();
    assert!(error.contains("Conditions.Both"), "{error}");
}

#[test]
fn a_function_is_there_if_its_condition_holds() {
    let read = |condition: &str| {
        let text = format!(
            "Conditions: {{Yes: !Equals [a, a], No: !Equals [a, b]}}\n\
             Resources:\n  Api: {{Type: 'AWS::Serverless::Api', Properties: {{StageName: Prod}}}}\n\
             \x20 HelloFunction: {{Type: 'AWS::Serverless::Function', Condition: {condition}, Properties: {{}}}}"
        );
        Template::read(&text, Given::default())
    };
    assert!(read("Yes").unwrap().function("hello").is_ok());
    assert!(read("No").unwrap().function("hello").is_err());
    let error = read("Missing").unwrap_err().to_string();
    let fault = "line 4 (Resources.HelloFunction.Condition): there is no condition Missing";
    assert!(error.contains(fault), "{error}");
}

#[test]
fn a_condition_can_not_ask_for_itself() {
    for compared in ["!If [A, b, c]", "!Join ['', [!If [A, b, c]]]"] {
        let text = format!(
            "Conditions: {{A: !Equals [{compared}, b]}}\n\
             Resources: {{Api: {{Type: 'AWS::Serverless::Api', Properties: {{StageName: !If [A, b, c]}}}}}}"
        );
        let error = Template::read(&text, Given::default()).unwrap_err().to_string();
        assert!(error.contains("(Conditions.A.Equals): !If is not supported"), "{error}");
    }
}

#[test]
fn unknown_fields_of_what_it_reads_are_errors() {
    for properties in [
        "Environment: {Secrets: {A: b}}",
        "Events: {E: {Type: Schedule}}",
        "Events: {E: {Type: Api, Properties: {RestApiId: !Ref Api, Method: get, Path: '/{id+}'}}}",
        "Events: {E: {Type: Api, Properties: {RestApiId: !Ref Api, Method: any, Path: /}}}",
        "Events: {E: {Type: Api, Properties: {RestApiId: !Ref No, Method: get, Path: /}}}",
        "Events: {E: {Type: Api, Properties: {RestApiId: !Ref Api, Method: get, Path: /, Auth: {Authorizer: No}}}}",
    ] {
        assert!(with_function(properties).is_err(), "{properties}");
    }
    assert!(with_function("Layers: !Split [a, b]\nTimeout: 7").is_ok());
}

#[test]
fn a_variable_that_a_condition_leaves_out_is_not_there() {
    let template =
        with_function("Environment: {Variables: {A: !If [IsAda, !Ref 'AWS::NoValue', x], B: b}}");
    let template = template.unwrap();
    let names: Vec<_> = template.function("hello").unwrap().environment.keys().collect();
    assert_eq!(names, ["B"]);
}

#[test]
fn every_part_of_our_template_is_read() {
    let template = Template::read(OURS, Given::default()).unwrap();
    let authorizer = template.api.authorizer.as_ref().unwrap();
    assert_eq!((authorizer.function.as_str(), authorizer.cache_seconds), ("authorizer", 60));
    assert_eq!(authorizer.header, "authorization");
    let signin = template.function("signin").unwrap();
    assert_eq!(signin.timeout.as_secs(), 29);
    assert_eq!(signin.environment["SIGNING_KEY_ARN"], "");
    // No parameter, and no key: on AWS there is no other than the secret's.
    assert_eq!(signin.environment["SIGNING_KEY"], "");
    assert_eq!(signin.environment["TOKEN_ISSUER"], "latchkey");
    assert_eq!(signin.environment["APP_NAME"], "Latchkey");
    assert!(template.api.binary_media_types.contains(&"multipart/form-data".to_owned()));
    let unauthorized = &template.api.gateway_responses[&ResponseType::Unauthorized];
    assert!(unauthorized.headers.iter().any(|(name, _)| name == "www-authenticate"));
}

#[test]
fn overrides_win_over_settings_and_those_over_defaults() {
    let cache_seconds =
        |given| Template::read(OURS, given).unwrap().api.authorizer.unwrap().cache_seconds;
    let mut given = given(&[("AuthorizerCacheSeconds", "5")]);
    let setting = ("6".to_owned(), Source::Environment);
    given.settings = BTreeMap::from([("AUTHORIZER_CACHE_SECONDS".into(), setting)]);
    assert_eq!(cache_seconds(given.clone()), 5);
    given.overrides.clear();
    assert_eq!(cache_seconds(given.clone()), 6);
    given.settings.clear();
    assert_eq!(cache_seconds(given), 60);
}

#[test]
fn the_limits_of_a_network_are_off_in_the_runner_unless_they_are_set() {
    let text = "Parameters:\n  GuessesPerNetwork: {Type: String, Default: '3000'}\n\
        \x20 SignupsPerNetwork: {Type: String, Default: '400'}\n\
        \x20 GuessesPerAccount: {Type: String, Default: '100'}\n\
        Resources:\n  Api:\n    Type: AWS::Serverless::Api\n    Properties: {StageName: !Join \
        [' ', [!Ref GuessesPerNetwork, !Ref SignupsPerNetwork, !Ref GuessesPerAccount]]}";
    let limits = |given| Template::read(text, given).unwrap().api.stage;
    assert_eq!(limits(Given::default()), "off off 100");
    let overrides = [("GuessesPerNetwork", "5"), ("GuessesPerAccount", "7")];
    assert_eq!(limits(given(&overrides)), "5 off 7");
    for source in [Source::Environment, Source::Dotenv] {
        let settings = [("SIGNUPS_PER_NETWORK".to_owned(), ("6".to_owned(), source))];
        let given = Given { settings: settings.into(), ..given(&overrides) };
        assert_eq!(limits(given), "5 6 7", "{source}");
    }
}

#[test]
fn an_issuer_or_a_domain_of_the_template_wins_over_the_runners_address() {
    let issuer = |template: &str, overrides: &[(&str, &str)], setting: Option<&str>| {
        let issuer = Some("http://127.0.0.1:3000".to_owned());
        let setting = setting.map(|value| (value.to_owned(), Source::Environment));
        let settings = setting.into_iter().map(|value| ("TOKEN_ISSUER".to_owned(), value));
        let given = Given { settings: settings.collect(), issuer, ..given(overrides) };
        let template = Template::read(template, given).unwrap();
        template.function("signin").unwrap().environment["TOKEN_ISSUER"].clone()
    };
    let with = |parameter: &str, default: &str| {
        let (before, after) = OURS.split_once(&format!("\n  {parameter}:\n")).unwrap();
        let after = after.replacen("Default: ''", &format!("Default: {default}"), 1);
        format!("{before}\n  {parameter}:\n{after}")
    };
    let named = with("TokenIssuer", "https://id.example.com");
    let of_domain = with("DomainName", "api.example.com");
    assert_eq!(issuer(OURS, &[], None), "http://127.0.0.1:3000");
    assert_eq!(issuer(OURS, &[("DomainName", "a.example.com")], None), "https://a.example.com");
    assert_eq!(issuer(&named, &[], None), "https://id.example.com");
    assert_eq!(issuer(&of_domain, &[], None), "https://api.example.com");
    for template in [OURS, &named, &of_domain] {
        assert_eq!(issuer(template, &[], Some("set")), "set");
        assert_eq!(issuer(template, &[("TokenIssuer", "chosen")], Some("set")), "chosen");
    }
}

#[test]
fn a_variable_that_happens_to_have_the_name_of_a_parameter_of_aws_alone_does_no_harm() {
    let settings = [("TRACING", "verbose"), ("VPC_ID", "office"), ("DOMAIN_NAME", "localhost")];
    let settings =
        settings.map(|(name, value)| (name.to_owned(), (value.to_owned(), Source::Environment)));
    // The runner always has an issuer, so that no domain makes one.
    let issuer = Some("latchkey".to_owned());
    let given = Given { settings: settings.into_iter().collect(), issuer, ..Given::default() };
    assert!(Template::read(OURS, given).is_ok());
}

#[test]
fn an_issuer_that_the_template_accepts_is_one_to_the_functions() {
    let parameters = parameters();
    let accepts =
        |name: &str, text: &str| parameters[name].check(name, text, Source::Dotenv).is_ok();
    let (both, functions, neither) = ((true, true), (false, true), (false, false));
    for (text, accepted) in [
        ("latchkey", both),
        ("1.2", both),
        (&*"x".repeat(255), both),
        ("https://a", both),
        ("https://1.a1", both),
        ("https://a.example:8443/a/b.c-d_e~f", both),
        ("http://localhost", both),
        ("http://127.0.0.1:8000/Prod", both),
        ("http://[::1]:443", both),
        // An address of the API on AWS has a domain.
        ("https://192.0.2.7", functions),
        ("https://[2001:db8::1]", functions),
        ("https://a.", functions),
        ("https://a.1b", functions),
        ("https://a.123", neither),
        ("https://123", neither),
        ("https://a.123.", neither),
        ("https://a.0x1", neither),
        ("https://a.0xg", neither),
        ("https://1.2.3", neither),
        ("https://1.2.3.256", neither),
        ("https://01.2.3.4", neither),
        ("https://.", neither),
        ("https://[::0]", neither),
        ("https://[::", neither),
        ("https://a:443", neither),
        ("https://a:080", neither),
        ("https://a:65536", neither),
        ("https://a/", neither),
        ("https://a/.b", neither),
        ("https://A", neither),
        ("http://a", neither),
        ("http://localhost:80", neither),
        (&"x".repeat(256), neither),
    ] {
        let of_functions = text.parse::<shared::jwt::Issuer>().is_ok();
        for name in ["TokenIssuer", "PreviousTokenIssuer"] {
            assert_eq!((accepts(name, text), of_functions), accepted, "{name} {text}");
        }
    }
    for domain in ["a.example", "1.a1", "a.123", "1.2.3.256", "a.0x1"] {
        let issuer = format!("https://{domain}").parse::<shared::jwt::Issuer>();
        assert_eq!(accepts("DomainName", domain), issuer.is_ok(), "{domain}");
    }
}

#[test]
fn bad_overrides_are_named() {
    for (name, value, expected) in [
        ("AuthorizerCacheSeconds", "soon", "AUTHORIZER_CACHE_SECONDS"),
        ("NoSuchParameter", "1", "NoSuchParameter"),
    ] {
        let error = Template::read(OURS, given(&[(name, value)])).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
