//! The users whose password can't be verified, counted and listed by PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use std::collections::BTreeMap;

use legacy::passwords::{UnreadablePassword, UnreadablePasswords, scheme_of};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use shared::password::{HashedBy, StoredPassword, Unreadable};
use shared::{Secret, UserId};
use stage::Stage;

/// Hashes that other programs wrote, and texts that resemble hashes.
fn of_others() -> Vec<String> {
    let schemes = include_str!("../src/passwords/foreign_schemes.json");
    let schemes: Vec<(String, String)> = serde_json::from_str(schemes).unwrap();
    let oddities = include_str!("../../shared/src/password/passlib_oddities.json");
    let oddities: Vec<(String, String, bool)> = serde_json::from_str(oddities).unwrap();
    let texts = schemes.into_iter().map(|(_, text)| text);
    texts.chain(oddities.into_iter().map(|(_, text, _)| text)).collect()
}

/// Such texts with a few changes, and arbitrary texts.
fn texts() -> impl Strategy<Value = String> {
    let costs = vec!["$03$", "$04$", "$18$", "$19$", "$31$", "$32$", "$4$"];
    let edits = prop::collection::vec((any::<Index>(), ".", 0..3_u8), 0..3);
    let edited = (prop::sample::select(of_others()), prop::sample::select(costs), edits);
    let edited = edited.prop_map(|(text, cost, edits)| {
        let mut characters: Vec<_> = text.replace("$04$", cost).chars().collect();
        for (index, new, kind) in edits {
            let index = index.index(characters.len() + 1);
            match (kind, index < characters.len()) {
                (0, true) => drop(characters.remove(index)),
                (1, true) => characters.splice(index..=index, new.chars()).for_each(drop),
                _ => characters.splice(index..index, new.chars()).for_each(drop),
            }
        }
        characters.into_iter().collect()
    });
    prop_oneof![
        4 => edited,
        1 => ".{0,30}",
        1 => "[!*_]?[./0-9A-Za-z]{12,14}",
        1 => "[0-9a-fA-F]{31,41}",
    ]
}

fn read(text: &str) -> Option<&'static str> {
    let hash = Some(Secret::new(text.to_owned()));
    match (StoredPassword { hash, hashed_by: HashedBy::App }).read().err()? {
        Unreadable::NoPassword => Some("no_password"),
        Unreadable::TooCostly => Some("bcrypt_too_costly"),
        Unreadable::UnknownHash => Some(scheme_of(text)),
    }
}

async fn insert(stage: &Stage, passwords: &[Option<String>]) {
    let insert = "INSERT INTO users (username, email, password) \
                  SELECT n, n, password FROM unnest($1::text[]) WITH ORDINALITY AS p (password, n) \
                  ORDER BY n";
    stage.client().await.execute(insert, &[&passwords]).await.unwrap();
}

#[tokio::test]
async fn postgresql_and_rust_read_the_same_hashes() {
    let (mut runner, strategy) = (TestRunner::deterministic(), texts());
    let random = (0..20_000).map(|_| strategy.new_tree(&mut runner).unwrap().current());
    let texts: Vec<_> =
        of_others().into_iter().chain(random).filter(|it| !it.contains('\0')).collect();
    let stage = Stage::new().await;
    insert(&stage, &texts.iter().cloned().map(Some).collect::<Vec<_>>()).await;
    let passwords = UnreadablePasswords::new(stage.database());
    let (counts, found) = passwords.count(100_000).await.unwrap();
    let found: BTreeMap<_, _> = found.into_iter().map(|(id, it)| (id.get(), it)).collect();
    let mut expected = BTreeMap::new();
    for (id, text) in (1..).zip(&texts) {
        assert_eq!(found.get(&id).copied(), read(text), "{text:?}");
        if let Some(reason) = read(text) {
            *expected.entry(reason).or_default() += 1;
        }
    }
    assert_eq!(counts, expected);
    // All unreadable ones are there, and some readable ones.
    assert!(counts.len() > 40 && texts.len() > 100 + found.len(), "{counts:?}");
}

#[tokio::test]
async fn unreadable_passwords_are_listed_in_pages_over_any_ids() {
    let stage = Stage::new().await;
    let good = "$2b$04$jdKw.xB3ycMjCRZuvXU.NO.PZF0J4DmdMsksAmi85z/tWVAXa08.S";
    stage
        .execute(&format!(
            "INSERT INTO users (id, username, email, password) VALUES \
             (-2147483648, 'a', 'a', NULL), (-7, 'b', 'b', '{good}'), (0, 'c', 'c', ''), \
             (5, 'd', 'd', '$argon2id$'), (2147483647, 'e', 'e', 'plain')"
        ))
        .await;
    let passwords = UnreadablePasswords::new(stage.database());
    let plain = |found: Vec<UnreadablePassword>| {
        let plain = found.into_iter().map(|(id, reason)| (id.get(), reason));
        plain.collect::<Vec<_>>()
    };
    let page = async |after, limit| plain(passwords.list(UserId::new(after), limit).await.unwrap());
    let (counts, first) = passwords.count(2).await.unwrap();
    assert_eq!(plain(first), [(i32::MIN, "no_password"), (0, "no_password")]);
    assert_eq!(page(0, 2).await, [(5, "argon2"), (i32::MAX, "unknown")]);
    assert_eq!(page(i32::MIN, 1).await, [(0, "no_password")]);
    assert_eq!(page(i32::MAX, 2).await, []);
    let counts: Vec<_> = counts.into_iter().collect();
    assert_eq!(counts, [("argon2", 1), ("no_password", 2), ("unknown", 1)]);
}

#[tokio::test]
async fn unreadable_passwords_beyond_one_chunk_are_listed() {
    let stage = Stage::new().await;
    let good = "$2b$04$jdKw.xB3ycMjCRZuvXU.NO.PZF0J4DmdMsksAmi85z/tWVAXa08.S";
    stage
        .execute(&format!(
            "INSERT INTO users (username, email, password) \
             SELECT n, n, CASE WHEN n % 11000 = 0 THEN 'plain' ELSE '{good}' END \
             FROM generate_series(1, 25000) AS n"
        ))
        .await;
    let passwords = UnreadablePasswords::new(stage.database());
    let (counts, found) = passwords.count(1000).await.unwrap();
    let ids =
        |found: &[UnreadablePassword]| found.iter().map(|(id, _)| id.get()).collect::<Vec<_>>();
    assert_eq!(ids(&found), [11_000, 22_000]);
    assert_eq!(ids(&passwords.list(UserId::new(0), 1000).await.unwrap()), [11_000, 22_000]);
    assert_eq!(counts.values().copied().collect::<Vec<_>>(), [2]);
    let mut client = stage.client().await;
    let transaction = client.transaction().await.unwrap();
    assert_eq!(UnreadablePasswords::count_in(&transaction).await.unwrap(), counts);
}
