use std::{fs, time::Duration};

use super::*;

fn layered(environment: &[(&str, &str)], dotenv: &str) -> Result<Settings, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".env");
    fs::write(&path, dotenv).unwrap();
    let environment = environment.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    Settings::layered(environment, &path)
}

fn function(environment: &[(&str, &str)]) -> Function {
    let environment = environment.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    Function {
        logical_id: "XFunction".into(),
        name: "x".into(),
        timeout: Duration::from_secs(3),
        concurrency: None,
        environment: environment.collect(),
        routes: Vec::new(),
        has_url: false,
    }
}

fn command_line(values: &[(&str, &str)]) -> Vec<(String, String)> {
    values.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

#[test]
fn the_command_line_wins_over_the_environment_and_that_over_the_file_and_that_over_the_template() {
    let environment = [("A", "environment"), ("B", "environment"), ("E", "")];
    let dotenv = "A=file\nB=file\nC='file'\nC=second\nD=\nE=file\n";
    let mut settings = layered(&environment, dotenv).unwrap();
    settings.give(Source::CommandLine, command_line(&[("A", "command line"), ("B", "")]));
    let names = ["A", "B", "C", "D", "E"];
    let function = function(&names.map(|name| (name, "template")));
    let mut of_function = settings.of(&function);
    for (name, value) in
        names.into_iter().zip(["command line", "environment", "file", "template", "file"])
    {
        let given = settings.get(name).unwrap_or("template");
        assert_eq!(given, value, "{name}");
        assert_eq!(of_function.text(name).as_deref(), Some(value), "{name}");
    }
}

#[test]
fn an_empty_sender_of_mails_counts() {
    let mut settings = layered(&[("MAIL_SENDER", "")], "MAIL_SENDER=a@example.com").unwrap();
    let mailer = function(&[("MAIL_SENDER", "template@example.com")]);
    assert_eq!(settings.of(&mailer).text("MAIL_SENDER"), None);
    settings.give(Source::CommandLine, command_line(&[("MAIL_SENDER", "b@example.com")]));
    assert_eq!(settings.of(&mailer).text("MAIL_SENDER").as_deref(), Some("b@example.com"));
}

#[test]
fn a_setting_takes_the_value_of_its_alternative_below_away() {
    let url = "DATABASE_URL=postgresql://ada@localhost/ada";
    let settings = layered(&[("DATABASE_HOST", "db")], url).unwrap();
    assert_eq!((settings.get("DATABASE_URL"), settings.get("DATABASE_HOST")), (None, Some("db")));
    let both = [("DATABASE_HOST", "db"), ("DATABASE_URL", "postgresql://eve@localhost/eve")];
    let settings = layered(&both, url).unwrap();
    assert_eq!(settings.get("DATABASE_URL"), Some("postgresql://eve@localhost/eve"));
    let mut settings = layered(&[("SIGNING_KEY", "1")], "SIGNING_KEY_ARN=arn").unwrap();
    assert_eq!(settings.get("SIGNING_KEY"), Some("1"));
    settings.give(Source::CommandLine, command_line(&[("SIGNING_KEY_ARN", "arn")]));
    assert_eq!(settings.get("SIGNING_KEY"), None);
}

/// The settings of the database that are left of `.env` below the command line.
fn of_database(command_line: &[(&str, &str)], dotenv: &str) -> Result<Vec<String>, String> {
    let mut settings = layered(&[], dotenv)?;
    settings.give(Source::CommandLine, self::command_line(command_line));
    settings.check_login()?;
    Ok(settings.given().iter().map(|(name, (value, _))| format!("{name}={value}")).collect())
}

#[test]
fn a_url_takes_the_parts_and_the_secret_below_away() {
    for below in PARTS.into_iter().chain(["DATABASE_SECRET_ARN"]) {
        let dotenv = format!("{below}=5433\nDATABASE_AUTH=iam");
        let left = of_database(&[("DATABASE_URL", "url")], &dotenv);
        assert_eq!(left.unwrap(), ["DATABASE_AUTH=iam", "DATABASE_URL=url"], "{below}");
    }
}

#[test]
fn a_part_that_would_lose_to_a_url_or_a_secret_below_is_refused_with_both_sources() {
    for whole in ["DATABASE_URL", "DATABASE_SECRET_ARN"] {
        for part in PARTS {
            let left = of_database(&[(part, "eve")], &format!("{whole}=x"));
            if (whole, part) == ("DATABASE_URL", "DATABASE_HOST") {
                assert_eq!(left.unwrap(), ["DATABASE_HOST=eve"]);
                continue;
            }
            let error = left.unwrap_err();
            let both = format!(
                "{part} is set on the command line, and {whole}, which is set in .env, wins"
            );
            assert!(error.starts_with(&both), "{error}");
            let together = of_database(&[(part, "eve"), (whole, "y")], &format!("{whole}=x"));
            assert_eq!(together.unwrap().len(), 2, "{whole} {part}");
        }
    }
}

#[test]
fn a_secret_and_a_whole_login_take_each_other_away() {
    let login = [("DATABASE_HOST", "db"), ("DATABASE_USER", "eve")];
    let left = of_database(&login, "DATABASE_SECRET_ARN=arn\nDATABASE_NAME=n");
    assert_eq!(left.unwrap(), ["DATABASE_HOST=db", "DATABASE_NAME=n", "DATABASE_USER=eve"]);
    // What the secret lacks may be set below it.
    let left = of_database(&[("DATABASE_SECRET_ARN", "arn")], "DATABASE_HOST=db");
    assert_eq!(left.unwrap(), ["DATABASE_HOST=db", "DATABASE_SECRET_ARN=arn"]);
    let left = of_database(&[("DATABASE_SECRET_ARN", "arn")], "DATABASE_URL=url");
    assert_eq!(left.unwrap(), ["DATABASE_SECRET_ARN=arn"]);
}

#[test]
fn a_login_by_iam_takes_the_passwords_below_away() {
    for below in PASSWORDS {
        let dotenv = format!("{below}=x\nDATABASE_HOST=db");
        let left = of_database(&[("DATABASE_AUTH", "iam")], &dotenv);
        assert_eq!(left.unwrap(), ["DATABASE_AUTH=iam", "DATABASE_HOST=db"], "{below}");
        let left = of_database(&[("DATABASE_AUTH", "password")], &dotenv);
        assert_eq!(left.unwrap().len(), 3, "{below}");
        // The functions refuse this, and the sentence names both.
        let left = of_database(&[(below, "x")], "DATABASE_AUTH=iam");
        assert_eq!(left.unwrap().len(), 2, "{below}");
    }
}

#[test]
fn a_refused_setting_is_named_with_its_source() {
    let settings = layered(&[("A", "x")], "B=x\n").unwrap();
    let mut environment = Environment::default();
    for name in ["A", "B", "C"] {
        environment.refuse(name, "must be something else");
    }
    let invalid = environment.check().unwrap_err();
    let error = " A is set in the environment. B is set in .env.";
    assert_eq!(settings.sources_of(&invalid), error);
}

#[test]
fn a_bad_file_is_reported_without_what_it_holds() {
    let error = layered(&[], "DATABASE_PASSWORD='hunter2\n").unwrap_err();
    assert!(error.contains(".env, DATABASE_PASSWORD: "), "{error}");
    assert!(!error.contains("hunter2"), "{error}");
    let error = layered(&[], "hunter2\n").unwrap_err();
    assert!(error.contains("write NAME=value") && !error.contains("hunter2"), "{error}");
}

#[test]
fn a_function_gets_what_its_template_names_its_region_and_nothing_else() {
    let given = [("A", "given"), ("AWS_REGION", "eu-central-1"), ("SECRET", "s")];
    let mut settings = layered(&given, "").unwrap();
    settings.own("URL", "own".into());
    let function = function(&[("A", "a"), ("B", "b"), ("URL", "")]);
    let mut environment = settings.of(&function);
    assert_eq!(environment.text("A").as_deref(), Some("given"));
    assert_eq!(environment.text("B").as_deref(), Some("b"));
    assert_eq!(environment.text("URL").as_deref(), Some("own"));
    assert_eq!(environment.text("SECRET"), None);
    assert_eq!(environment.text("AWS_REGION").as_deref(), Some("eu-central-1"));
}

#[test]
fn the_arn_of_a_secret_is_what_was_given_or_nothing() {
    let function = function(&[("KEY", ""), ("KEY_ARN", "")]);
    let mut settings = layered(&[], "").unwrap();
    settings.own("KEY", "own".into());
    let mut environment = settings.of(&function);
    assert_eq!(environment.text("KEY").as_deref(), Some("own"));
    assert_eq!(environment.text("KEY_ARN"), None);
    settings.give(Source::CommandLine, command_line(&[("KEY_ARN", "arn:aws:x")]));
    assert_eq!(settings.of(&function).text("KEY_ARN").as_deref(), Some("arn:aws:x"));
}

#[test]
fn a_part_of_a_login_without_a_database_is_refused() {
    assert_eq!(layered(&[], "").unwrap().refuse_parts(), Ok(()));
    for part in &PARTS[1..] {
        let refused = layered(&[(part, "hunter2")], "").unwrap().refuse_parts().unwrap_err();
        assert!(refused.starts_with(part) && refused.contains("names a database"), "{refused}");
        assert!(!refused.contains("hunter2"), "{refused}");
    }
}
