//! The API's description, `openapi.json`.

use serde_json::Value;
use shared::http::ErrorFormat;

/// Generated from the routes and the types by `tests/openapi/`.
const DOCUMENT: &str = include_str!("../openapi.json");

/// The service's name in the document, to be replaced.
const TITLE: &str = r#""title": "Latchkey""#;

/// The minimum length of a new password in the document, to be replaced.
const MIN_LENGTH: &str = r#""minLength": 8"#;

/// An error's JSON form. In the document it follows the form of `ERROR_FORMAT=text`.
const PROBLEM: &str = r#""application/problem+json": {"#;

/// The service's address in the document, to be replaced.
const ADDRESS: &str = r#""url": "https://api.example.com""#;

/// The API's description of this deployment.
#[derive(Debug)]
pub(crate) struct Document {
    /// The text before the service's address, and the text after it.
    parts: (String, String),
}

impl Document {
    /// The document with the service's name, the minimum length of a password, and the default
    /// format of errors.
    pub(crate) fn new(title: &str, password_min_length: u32, format: ErrorFormat) -> Self {
        let title = format!(r#""title": {}"#, Value::from(title));
        let min_length = format!(r#""minLength": {password_min_length}"#);
        let document = match format {
            ErrorFormat::Text => DOCUMENT.to_owned(),
            ErrorFormat::Json => problems_first(DOCUMENT),
        };
        let document = document.replace(MIN_LENGTH, &min_length);
        let (before, after) = document.split_once(ADDRESS).unwrap_or((&document, ""));
        Self { parts: (before.replacen(TITLE, &title, 1), after.to_owned()) }
    }

    /// The document with the API's address; without one, that is relative to the document.
    pub(crate) fn at(&self, address: Option<&str>) -> String {
        let (before, after) = &self.parts;
        format!(r#"{before}"url": "{}"{after}"#, address.unwrap_or("."))
    }
}

/// Puts each error's JSON form before its text form: generated clients use the first media type only.
fn problems_first(document: &str) -> String {
    let mut swapped = String::with_capacity(document.len());
    let mut rest = document;
    while let Some((above, problem, below)) = next_problem(rest) {
        let indent = &above[above.trim_end().len()..];
        let sibling = above.trim_end().trim_end_matches(',').rsplit_once(&format!("{indent}\""));
        let Some((before, sibling)) = sibling else { break };
        swapped.extend([before, indent, problem, ",", indent, "\"", sibling]);
        rest = below;
    }
    swapped + rest
}

/// Splits the text around the next JSON form of an error, which ends at the brace with the
/// indentation of its first line.
fn next_problem(document: &str) -> Option<(&str, &str, &str)> {
    let (above, from) = document.split_at(document.find(PROBLEM)?);
    let end = format!("{}}}", &above[above.rfind('\n')?..]);
    let (problem, below) = from.split_at(from.find(&end)? + end.len());
    Some((above, problem, below))
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;

    use super::*;

    fn read(title: &str, password_min_length: u32) -> Value {
        serde_json::from_str(&of(title, password_min_length, ErrorFormat::Text)).unwrap()
    }

    fn of(title: &str, password_min_length: u32, format: ErrorFormat) -> String {
        Document::new(title, password_min_length, format).at(None)
    }

    #[test]
    fn each_text_to_replace_is_there_once() {
        for text in [TITLE, ADDRESS] {
            assert_eq!(DOCUMENT.matches(text).count(), 1, "{text}");
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

    /// The media types of each answer that has problem details, in the document's order.
    fn media_types(document: &str) -> Vec<Vec<String>> {
        let after = document.split("\"content\": {").skip(1);
        let objects = after.map(|rest| {
            let rest = format!("{{{rest}");
            let mut objects = serde_json::Deserializer::from_str(&rest)
                .into_iter::<IndexMap<String, serde::de::IgnoredAny>>();
            objects.next().unwrap().unwrap().into_keys().collect()
        });
        objects.filter(|names: &Vec<_>| names.iter().any(|name| name.contains("problem"))).collect()
    }

    #[test]
    fn the_first_form_of_an_error_is_what_a_client_gets_that_leaves_it_open() {
        let [text, json] =
            [ErrorFormat::Text, ErrorFormat::Json].map(|format| of("Latchkey", 8, format));
        let texts = media_types(&text);
        assert!(texts.len() > 10);
        for (mut names, swapped) in texts.into_iter().zip(media_types(&json)) {
            let last = names.len() - 1;
            assert_eq!(names[last], "application/problem+json");
            names.swap(last - 1, last);
            assert_eq!(names, swapped);
        }
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(read(&text), read(&json), "nothing else differs");
    }

    #[test]
    fn the_first_server_is_the_api_by_its_whole_address() {
        let document = Document::new("Latchkey", 8, ErrorFormat::Text);
        let servers = |address| {
            let document: Value = serde_json::from_str(&document.at(address)).unwrap();
            [0, 1].map(|number| document["servers"][number]["url"].clone())
        };
        assert_eq!(servers(Some("https://a.example/Prod")), ["https://a.example/Prod", "."]);
        assert_eq!(servers(None), [".", "."]);
    }

    #[test]
    fn the_rule_for_passwords_is_this_deployments() {
        let document = read("Latchkey", 15);
        let fields = &document["components"]["schemas"]["NewUser"]["properties"];
        assert_eq!(fields["password"]["minLength"], 15);
        assert_eq!(fields["username"]["minLength"], 1);
        let fields = &document["components"]["schemas"]["PasswordChange"]["properties"];
        assert_eq!(fields["new_password"]["minLength"], 15);
        assert!(fields["old_password"].get("minLength").is_none());
    }
}
