//! What the operator's verbs print.

use std::{fs::File, process::Stdio};

use serde_json::{Value, json};

use crate::folder::{Folder, sentence};

#[test]
fn a_list_is_a_table_for_people_and_an_array_for_programs() {
    let folder = Folder::new();
    let runner = folder.start("--port 0 --parameter-overrides BcryptCost=4");
    for username in ["ada", "\\\"[2J\\\\", "\u{674e}"] {
        runner.sign_up(username);
    }
    assert!(folder.end_of("grant ada ROLE_ADMIN").status.success());
    let table = String::from_utf8(folder.end_of("list").stdout).unwrap();
    let expected = "\
ID  USERNAME   ROLES
 1  ada        ROLE_USER, ROLE_ADMIN
 2  \"\\\"[2J\\\\\"  ROLE_USER
 3  \u{674e}         ROLE_USER
3 users
";
    assert_eq!(table, expected);
    let array = folder.end_of("list --json").stdout;
    let array: Value = serde_json::from_slice(&array).unwrap();
    let names: Vec<_> = array.as_array().unwrap().iter().map(|user| &user["username"]).collect();
    assert_eq!(names, ["ada", "\"[2J\\", "\u{674e}"]);
    let ada = json!({ "id": 1, "username": "ada", "roles": ["ROLE_USER", "ROLE_ADMIN"], "disabled_at": null });
    assert_eq!(array[0], ada);
}

#[test]
fn no_user_is_reported_in_words_and_in_an_empty_array() {
    let folder = Folder::new();
    let _runner = folder.start("--port 0");
    let output = folder.end_of("list");
    assert!(output.status.success() && output.stdout.is_empty());
    assert!(String::from_utf8(output.stderr).unwrap().contains("no users"));
    let output = folder.end_of("list --json");
    assert_eq!((output.stdout, output.stderr), (b"[]\n".to_vec(), Vec::new()));
}

#[test]
fn a_name_or_a_role_that_is_not_there_is_reported_with_what_there_is() {
    let folder = Folder::new();
    let runner = folder.start("--port 0 --parameter-overrides BcryptCost=4");
    runner.sign_up("ada");
    for verb in ["grant", "revoke"] {
        let error = sentence(&folder.end_of(&format!("{verb} Ada ROLE_ADMIN")));
        assert!(error.contains("exactly") && error.contains("`list`"), "{error}");
        let error = sentence(&folder.end_of(&format!("{verb} ada ADMIN")));
        assert!(error.contains("exactly") && error.contains("`role list`"), "{error}");
        let error = sentence(&folder.end_of(&format!("{verb} ada admin")));
        assert!(error.contains("A-Z, 0-9 and _"), "{error}");
    }
    let granted = folder.end_of("grant ada ROLE_ADMIN");
    assert_eq!(String::from_utf8(granted.stdout).unwrap(), "ada: ROLE_USER, ROLE_ADMIN\n");
    // Twice is no mistake.
    for left in ["ROLE_USER", "ROLE_USER"] {
        let revoked = folder.end_of("revoke ada ROLE_ADMIN");
        assert_eq!(String::from_utf8(revoked.stdout).unwrap(), format!("ada: {left}\n"));
    }
}

#[test]
fn a_role_of_the_teams_own_is_added_listed_and_removed() {
    let folder = Folder::new();
    let runner = folder.start("--port 0 --parameter-overrides BcryptCost=4");
    runner.sign_up("ada");
    let printed = |line: &str| String::from_utf8(folder.end_of(line).stdout).unwrap();
    assert_eq!(printed("role add ROLE_EDITOR"), "ROLE_EDITOR: added\n");
    assert_eq!(printed("role add ROLE_EDITOR"), "ROLE_EDITOR: exists already\n");
    assert_eq!(printed("grant ada ROLE_EDITOR"), "ada: ROLE_USER, ROLE_EDITOR\n");
    let expected = "\
USERS  ROLE
    1  ROLE_USER
    0  ROLE_MODERATOR
    0  ROLE_ADMIN
    1  ROLE_EDITOR
4 roles
";
    assert_eq!(printed("role list"), expected);
    let array: Value = serde_json::from_str(&printed("role list --json")).unwrap();
    let editor = json!({ "name": "ROLE_EDITOR", "users": 1, "is_ignored": false });
    assert_eq!(array[3], editor);
    let error = sentence(&folder.end_of("role remove ROLE_EDITOR"));
    assert!(error.contains("have this role: 1.") && error.contains("--revoke"), "{error}");
    let removed = printed("role remove ROLE_EDITOR --revoke");
    assert_eq!(removed, "ROLE_EDITOR: revoked from 1, removed\n");
    assert_eq!(printed("role remove ROLE_EDITOR"), "ROLE_EDITOR: doesn't exist\n");
    for (line, words) in [
        ("role add editor", "A-Z, 0-9 and _"),
        ("role remove ROLE_USER --revoke", "can't be removed"),
    ] {
        assert!(sentence(&folder.end_of(line)).contains(words), "{line}");
    }
}

#[test]
fn a_user_is_signed_out_disabled_enabled_and_deleted() {
    let folder = Folder::new();
    let runner = folder.start("--port 0 --parameter-overrides BcryptCost=4");
    runner.sign_up("ada");
    let printed = |line: &str| String::from_utf8(folder.end_of(line).stdout).unwrap();
    assert_eq!(printed("sign-out ada"), "ada: signed out, sessions ended: 0\n");
    let disabled = printed("disable --id 1");
    assert!(disabled.starts_with("ada: disabled since 20"), "{disabled}");
    assert!(disabled.ends_with("Z, sessions ended: 0\n"), "{disabled}");
    assert_eq!(printed("disable ada"), disabled);
    assert!(printed("list").contains(" 1  ada       ROLE_USER (disabled)\n"));
    let since = &disabled["ada: disabled since ".len()..][..20];
    let array: Value = serde_json::from_str(&printed("list --json")).unwrap();
    assert_eq!(array[0]["disabled_at"], since);
    assert_eq!(printed("enable ada"), "ada: enabled\n");
    assert!(printed("list").contains(" 1  ada       ROLE_USER\n"));
    assert_eq!(printed("delete ada"), "ada: deleted, sessions ended: 0\n");
    for verb in ["sign-out", "disable", "enable", "delete"] {
        let error = sentence(&folder.end_of(&format!("{verb} ada")));
        assert!(error.contains("exactly") && error.contains("`list`"), "{error}");
    }
}

#[test]
fn a_reader_that_leaves_is_no_mistake_and_a_full_disk_is() {
    let folder = Folder::new();
    let runner = folder.start("--port 0 --parameter-overrides BcryptCost=4");
    runner.sign_up("ada");
    let mut list = folder.latchkey("list");
    let mut list = list.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(list.stdout.take());
    let output = list.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty());
    let Ok(full) = File::options().write(true).open("/dev/full") else { return };
    let output = folder.latchkey("list").stdout(full).output().unwrap();
    let error = sentence(&output);
    assert!(error.contains("can't print") && error.contains("space"), "{error}");
}

#[test]
fn a_migration_is_reported_and_a_check_changes_nothing() {
    let folder = Folder::new();
    let checked = || String::from_utf8(folder.end_of("migrate --check").stdout).unwrap();
    assert!(checked().contains("  apply V1__users_and_roles\n"));
    assert!(checked().contains("none of Latchkey's tables"));
    let output = folder.end_of("migrate");
    let beside = String::from_utf8(output.stderr).unwrap();
    assert!(beside.ends_with("2147483647 more users can sign up.\n"), "{beside}");
    let migrated = String::from_utf8(output.stdout).unwrap();
    assert!(migrated.contains("  V1__users_and_roles\n"), "{migrated}");
    assert_eq!(checked(), "The database is Latchkey's.\nThere is nothing to do.\n");
}
