//! The names of functions in `template.yaml`.

/// The logical id of a function: `MailRequestFunction` for `mail-request`.
pub fn logical_id(function: &str) -> String {
    let words = function.split('-').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_uppercase() + rest
    });
    words.collect::<String>() + "Function"
}

/// The name of the function with a logical id: `mail-request` for `MailRequestFunction`.
pub fn name_of(logical_id: &str) -> String {
    let mut name = String::new();
    for character in logical_id.strip_suffix("Function").unwrap_or(logical_id).chars() {
        if character.is_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.extend(character.to_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_of_a_name_has_a_capital_in_the_template() {
        for (name, id) in [
            ("signup", "SignupFunction"),
            ("mail-request", "MailRequestFunction"),
            ("x2-y", "X2YFunction"),
        ] {
            assert_eq!((logical_id(name).as_str(), name_of(id).as_str()), (id, name));
        }
        assert_eq!(name_of("Other"), "other");
    }
}
