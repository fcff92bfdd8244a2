//! What it says when it can't: what is wrong, and what to do next.

use std::{
    ffi::OsStr,
    fs,
    io::{Read, Write},
    net::TcpListener,
    os::unix::ffi::OsStrExt,
    process::Command,
    thread,
};

use crate::folder::{Folder, ended, sentence};

#[test]
fn a_second_runner_on_the_same_data_is_refused() {
    let folder = Folder::new();
    let runner = folder.start("--port 0");
    let error = sentence(&folder.end_of("--port 0"));
    assert!(error.contains("another Latchkey") && error.contains("stop it"), "{error}");
    assert!(!runner.is_gone());
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let folder = Folder::new();
    let error = sentence(&folder.end_of(&format!("--port {port}")));
    assert!(error.contains(&port.to_string()), "{error}");
    assert!(!folder.path().join(".local").exists(), "nothing is started for that");
}

#[test]
fn a_database_out_of_reach_is_reported_without_its_password() {
    let folder = Folder::new();
    let url = "--database-url postgresql://ada:hunter2@127.0.0.1:1/x";
    let error = sentence(&folder.end_of(&format!("--port 0 {url}")));
    assert!(error.contains("correct --database-url") && !error.contains("hunter2"), "{error}");
    let error = ended(&folder.end_of(&format!("--port 0 --fresh {url}")), 2);
    assert!(error.contains("--fresh") && !error.contains("hunter2"), "{error}");
    let mut fresh = folder.latchkey("--port 0 --fresh");
    let error =
        sentence(&fresh.env("DATABASE_URL", "postgresql://ada@127.0.0.1:1/x").output().unwrap());
    assert!(error.contains("--fresh") && error.contains("DATABASE_URL"), "{error}");
}

/// A server that lets nobody in: it ends a login with this code of PostgreSQL's, or never answers.
/// <https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-ERRORRESPONSE>
fn closed_server(code: Option<&str>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let fields = code.map(|code| format!("SFATAL\0VFATAL\0C{code}\0Mno\0\0"));
    thread::spawn(move || {
        let mut silent = Vec::new();
        for mut stream in listener.incoming().flatten() {
            let Some(fields) = &fields else {
                silent.push(stream);
                continue;
            };
            // The login, which it refuses whatever it says.
            let _ = stream.read(&mut [0; 1024]);
            let length = u32::try_from(fields.len() + 4).unwrap();
            let _ =
                stream.write_all(&[b"E", &length.to_be_bytes()[..], fields.as_bytes()].concat());
        }
    });
    format!("postgresql://ada:hunter2@127.0.0.1:{port}/x")
}

#[test]
fn a_login_that_is_refused_is_reported_with_what_to_correct() {
    let folder = Folder::new();
    for (code, words) in [
        ("28P01", "correct the user and the password"),
        ("28000", "correct the user and the password"),
        ("3D000", "createdb"),
        ("57P03", "try again in a moment"),
        ("53300", "max_connections"),
    ] {
        let url = closed_server(Some(code));
        for verb in ["--port 0", "list"] {
            let error = sentence(&folder.end_of(&format!("{verb} --database-url {url}")));
            assert!(error.contains(words) && !error.contains("hunter2"), "{code}: {error}");
        }
    }
}

#[test]
fn a_slow_step_is_reported_before_it_fails() {
    let folder = Folder::new();
    let url = closed_server(None);
    let mut list = folder.latchkey("list");
    let output = list.env("DATABASE_URL", url).output().unwrap();
    let error = sentence(&output);
    assert!(error.contains("doesn't answer in time: start it"), "{error}");
    let lines = String::from_utf8(output.stderr).unwrap();
    let first = lines.lines().next();
    assert_eq!(first, Some("Connecting to the database that DATABASE_URL names."));
}

#[test]
fn a_database_without_our_tables_is_reported_with_how_to_make_them() {
    let folder = Folder::new();
    let runner = folder.start("--port 0");
    let other = Folder::new();
    let url = format!("--database-url postgresql://postgres@{}", runner.database);
    let error = sentence(&other.end_of(&format!("list {url}/template1")));
    assert!(error.contains("start the service on it once"), "{error}");
    let error = sentence(&other.end_of(&format!("list {url}/nowhere")));
    assert!(error.contains("createdb"), "{error}");
}

#[test]
fn a_database_whose_tokens_another_key_signs_is_left_as_it_is() {
    let folder = Folder::new();
    let theirs = folder.start("--port 0");
    let ours = Folder::new();
    let url = format!("--database-url postgresql://postgres@{}/postgres", theirs.database);
    let error = sentence(&ours.end_of(&format!("--port 0 {url}")));
    assert!(error.contains("another key") && error.contains("SIGNING_KEY"), "{error}");
    // A verb publishes no key.
    assert!(ours.end_of(&format!("list {url}")).status.success());
}

#[test]
fn bad_settings_are_named() {
    let folder = Folder::new();
    let error = |command: &mut Command| sentence(&command.output().unwrap());
    let cost = error(folder.latchkey("--port 0").env("BCRYPT_COST", "many"));
    let rule = "BCRYPT_COST must be a number from 10 to 16: correct it in the environment";
    assert!(cost.contains(rule), "{cost}");
    let key = error(folder.latchkey("--port 0").env("SIGNING_KEY", "short"));
    assert!(
        key.contains("SIGNING_KEY must be 64")
            && key.contains("SIGNING_KEY is set in the environment")
            && key.contains("docs/operate/settings.md"),
        "{key}"
    );
    let parts = error(folder.latchkey("--port 0").env("DATABASE_HOST", "127.0.0.1"));
    assert!(parts.contains("DATABASE_NAME must be set"), "{parts}");
    let user = error(folder.latchkey("--port 0").env("DATABASE_USER", "ada"));
    assert!(
        user.contains("DATABASE_USER is set in the environment, but no setting names"),
        "{user}"
    );
    let programs = error(folder.latchkey("--port 0").env("PG_BIN", "/nowhere"));
    assert!(programs.contains("/nowhere") && programs.contains("unset PG_BIN"), "{programs}");
    let unknown = error(&mut folder.latchkey("--port 0 --parameter-overrides Nonsense=1"));
    assert!(unknown.contains("Nonsense; it has AccessTokenSeconds, "), "{unknown}");
    let mut both = folder.latchkey("--port 0 --parameter-overrides BcryptCost=99");
    let value = error(both.env("BCRYPT_COST", "4"));
    assert!(value.contains("on the command line (parameter BcryptCost)"), "{value}");
    fs::write(folder.path().join(".env"), "BCRYPT_COST=99\n").unwrap();
    let dotenv = error(&mut folder.latchkey("--port 0"));
    assert!(dotenv.contains("BCRYPT_COST") && dotenv.contains("correct it in .env"), "{dotenv}");
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    let folder = Folder::new();
    for (arguments, words) in [
        ("--port many", "--port"),
        ("lst", "'list'"),
        ("--what", "--help"),
        ("grant ada", "<USERNAME>"),
        ("--fresh list", "--fresh"),
        ("--parameter-overrides BcryptCost", "Name=value"),
    ] {
        let error = ended(&folder.end_of(arguments), 2);
        assert!(error.contains(words), "{arguments}: {error}");
    }
}

#[test]
fn help_needs_neither_template_nor_database_nor_readable_settings() {
    let folder = Folder::new();
    fs::write(folder.path().join(".env"), "nonsense\n").unwrap();
    fs::write(folder.path().join("template.yaml"), "[").unwrap();
    for arguments in ["--help", "-h", "grant --help", "list --help", "--version"] {
        let output = folder.end_of(arguments);
        assert!(output.status.success() && output.stderr.is_empty(), "{arguments}");
        assert!(output.stdout.starts_with(if arguments == "--version" {
            b"latchkey "
        } else {
            b""
        }));
    }
    assert!(!folder.path().join(".local").exists());
}

#[test]
fn a_template_that_can_not_be_read_is_named() {
    let folder = Folder::new();
    for (arguments, words) in [
        ("--template-file nowhere.yaml", "can't read nowhere.yaml"),
        ("--template-file .", "name Latchkey's template by --template-file"),
    ] {
        let error = sentence(&folder.end_of(&format!("--port 0 {arguments}")));
        assert!(error.contains(words), "{error}");
    }
    for text in ["a: [\n", "", "Resources: {}\n"] {
        fs::write(folder.path().join("template.yaml"), text).unwrap();
        let error = sentence(&folder.end_of("--port 0"));
        assert!(error.contains("/template.yaml, ") && error.contains("--template-file"), "{error}");
    }
}

#[test]
fn a_dotenv_that_can_not_be_read_is_named_without_what_it_holds() {
    let folder = Folder::new();
    let dotenv = folder.path().join(".env");
    for text in ["hunter2\n", "DATABASE_PASSWORD='hunter2\n"] {
        fs::write(&dotenv, text).unwrap();
        let error = sentence(&folder.end_of("--port 0"));
        assert!(error.contains("/.env, ") && !error.contains("hunter2"), "{error}");
    }
    fs::remove_file(&dotenv).unwrap();
    fs::create_dir(&dotenv).unwrap();
    let error = sentence(&folder.end_of("--port 0"));
    assert!(error.contains("/.env can't be read") && error.contains("move it away"), "{error}");
}

#[test]
fn a_folder_that_can_not_be_written_is_named() {
    let folder = Folder::new();
    fs::write(folder.path().join(".local"), "").unwrap();
    for arguments in ["--port 0", "list"] {
        let error = sentence(&folder.end_of(arguments));
        assert!(error.contains("/.local") && error.contains("start in another one"), "{error}");
    }
    fs::remove_file(folder.path().join(".local")).unwrap();
    fs::create_dir(folder.path().join(".local")).unwrap();
    fs::write(folder.path().join(".local/signing-key"), "").unwrap();
    let error = sentence(&folder.end_of("list"));
    assert!(error.contains("signing-key") && error.contains("remove the file"), "{error}");
}

#[test]
fn a_variable_that_is_not_unicode_is_ignored() {
    let folder = Folder::new();
    let odd = OsStr::from_bytes(b"\xff");
    let output = folder.latchkey("list").env("ODD", odd).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
