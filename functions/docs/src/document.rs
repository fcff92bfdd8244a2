//! The API's description.

use serde_json::Value;

/// Committed as a test makes it of the routes and the types: `tests/openapi/`.
const DOCUMENT: &str = include_str!("../openapi.json");

/// The service's name in it.
const TITLE: &str = r#""title": "Latchkey""#;

/// The fewest characters of a new password in it.
const MIN_LENGTH: &str = r#""minLength": 8"#;

/// The description of this deployment: its name, its rule for passwords.
pub(crate) fn of(title: &str, password_min_length: u32) -> String {
    let title = format!(r#""title": {}"#, Value::from(title));
    let min_length = format!(r#""minLength": {password_min_length}"#);
    DOCUMENT.replacen(MIN_LENGTH, &min_length, 1).replacen(TITLE, &title, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(title: &str, password_min_length: u32) -> Value {
        serde_json::from_str(&of(title, password_min_length)).unwrap()
    }

    #[test]
    fn what_is_filled_in_has_one_place() {
        for place in [TITLE, MIN_LENGTH] {
            assert_eq!(DOCUMENT.matches(place).count(), 1, "{place}");
        }
    }

    #[test]
    fn the_title_is_the_services_name_whatever_is_in_it() {
        for title in ["Latchkey", "", "\"},{\"", "\\", "a\nb\u{2028}\0", "\"minLength\": 8", "🔑"]
        {
            let document = read(title, 8);
            assert_eq!(document["info"]["title"], title);
            assert_eq!(document["openapi"], "3.1.0");
        }
    }

    #[test]
    fn the_rule_for_passwords_is_this_deployments() {
        let document = read("Latchkey", 15);
        let fields = &document["components"]["schemas"]["NewUser"]["properties"];
        assert_eq!(fields["password"]["minLength"], 15);
        assert_eq!(fields["username"]["minLength"], 1);
    }
}
