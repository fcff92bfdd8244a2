//! The operator's event, without `migrate`: each run takes longer than a thousand other inputs.

#![no_main]

use std::sync::LazyLock;

use admin::{Admin, Refusal};
use fuzz::Fixture;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

static SERVICE: LazyLock<(Fixture, Admin)> = LazyLock::new(|| {
    let fixture = Fixture::after(
        "INSERT INTO users (username, email) VALUES ('ada', 'ada@example.com'), ('', '')",
    );
    let admin = fixture.stage.admin();
    (fixture, admin)
});

fuzz_target!(|event: &[u8]| {
    let Ok(event) = serde_json::from_slice::<Value>(event) else { return };
    if event["verb"] == "migrate" {
        return;
    }
    let (fixture, admin) = &*SERVICE;
    match fixture.wait(admin.handle(event.clone())) {
        Ok(answer) if event["verb"] == "list" => {
            let limit = event.get("limit").map_or(1000, |limit| limit.as_u64().unwrap());
            assert!(answer["users"].as_array().unwrap().len() as u64 <= limit);
        }
        Ok(answer) if event["verb"] == "list_roles" => assert!(answer["roles"].is_array()),
        Ok(answer) if event["verb"] == "add_role" || event["verb"] == "remove_role" => {
            assert_eq!(answer["role"], event["role"]);
        }
        Ok(answer) if answer["roles"].is_null() => {
            assert!(answer["username"] == event["username"] || !event["id"].is_null());
        }
        Ok(answer) => {
            assert!(answer["username"] == event["username"] || !event["id"].is_null());
            let has_role = answer["roles"].as_array().unwrap().contains(&event["role"]);
            assert_eq!(has_role, event["verb"] == "grant");
        }
        Err(
            Refusal::NoSuchRequest
            | Refusal::NoSuchUser
            | Refusal::BadRole
            | Refusal::NoSuchRole
            | Refusal::BuiltInRole
            | Refusal::RoleHeld { .. }
            | Refusal::TooManyRoles
            | Refusal::BadLimit,
        ) => {}
        Err(refusal) => panic!("{refusal}"),
    }
});
