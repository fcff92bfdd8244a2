//! Notes for the operator about what the adoption leaves as it is.

use std::cmp::Reverse;

use shared::db;
use tokio_postgres::Transaction;

use super::catalog::Catalog;
use super::rows::Rows;
use crate::passwords::{Counts, UnreadablePasswords};

/// The longest username, in bytes, that fits into a form of 64 KiB beside a password of one character.
const BODY_BYTES: u32 = 65_516;

/// The most bytes of a username and an address that fit, with the routes, into an authorizer's
/// response of 8 KB. AWS documents that limit for a `WebSocket` API, and none for a REST API.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html>
const CONTEXT_BYTES: u32 = 6_000;

/// The checks of `users` that the adoption creates, some of them temporarily.
const OURS: [&str; 3] =
    ["users_hashed_by_check", "users_username_not_null_check", "users_email_not_null_check"];

/// Notes about the definitions of the tables.
pub(super) fn of_catalog(catalog: &Catalog) -> Vec<String> {
    let Some(users) = &catalog.users else { return Vec::new() };
    let holding = users.referrers.iter().filter(|it| !it.lets_go && it.table != "users_to_roles");
    let holding = holding
        .map(|it| format!("{} refers to users: a user with rows there can't be deleted", it.table));
    let known = [["id"], ["username"], ["email"]];
    let others = users.indexes.iter().filter(|it| {
        it.excludes || it.unique && !(it.plain && known.iter().any(|one| it.columns == one))
    });
    let others = others.map(|it| {
        format!("{} is a unique index too: a sign-up that it alone refuses gets 409", it.name)
    });
    let checks = users.constraints.iter().filter(|it| !OURS.contains(&&*it.name));
    let checks = checks.filter_map(|it| Some((&it.name, it.check.as_ref()?)));
    let checks = checks.map(|(name, check)| {
        format!("{name} stays: a sign-up that violates it gets 422 ({check})")
    });
    let tables = catalog.tables().into_iter().filter_map(|(name, table)| Some((name, table?)));
    let secured = tables.clone().filter(|(_, table)| table.row_security).map(|(name, _)| {
        format!(
            "{name} has row-level security: a login of Latchkey's that doesn't own it needs a \
             policy that shows it every row"
        )
    });
    let run = tables.flat_map(|(name, table)| {
        table.insert_triggers.iter().map(move |trigger| {
            format!(
                "{trigger} runs at each insert into {name}, with the rights of the owner of the \
                 tables"
            )
        })
    });
    holding.chain(others).chain(checks).chain(secured).chain(run).collect()
}

/// Notes about the rows of `users`. The table must have no [`super::shape`] obstacle.
pub(super) async fn of_rows(transaction: &Transaction<'_>) -> Result<Vec<String>, db::Error> {
    let rows = Rows(transaction);
    let mut notes = Vec::new();
    notes.extend(of_passwords(&UnreadablePasswords::count_in(transaction).await?));
    let no_body = format!("SELECT id FROM users WHERE octet_length(username) > {BODY_BYTES}");
    let what = "users that can't sign in, because no request can hold their username";
    notes.extend(rows.listed(what, &no_body).await?);
    let long = format!(
        "SELECT id FROM users WHERE octet_length(username) + octet_length(email) > {CONTEXT_BYTES}"
    );
    let what = "users whose username and email may be too long for AWS to pass from the \
                authorizer to a function";
    notes.extend(rows.listed(what, &long).await?);
    let encoding: String =
        rows.one("SELECT current_setting('server_encoding')").await?.try_get(0)?;
    if encoding != "UTF8" {
        notes.push(format!(
            "the database's encoding is {encoding}, not UTF8: a request with a character that it \
             lacks gets 500"
        ));
    }
    Ok(notes)
}

fn of_passwords(counts: &Counts) -> Option<String> {
    let users: i64 = counts.values().sum();
    let subject = if users == 1 { "1 user has".to_owned() } else { format!("{users} users have") };
    let mut schemes: Vec<_> = counts.iter().collect();
    schemes.sort_by_key(|(_, users)| Reverse(**users));
    let schemes: Vec<_> =
        schemes.iter().map(|(reason, users)| format!("{users} {reason}")).collect();
    (users > 0).then(|| {
        format!(
            "{subject} no password that can be verified, so they can't sign in: {}; list \
             --unreadable lists their ids",
            schemes.join(", ")
        )
    })
}
