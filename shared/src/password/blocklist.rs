//! The blocklist of passwords that are long enough but easily guessed.

use super::common_passwords;
use crate::new_password::NewPassword;
use crate::rule::Rule;

/// Refuses common passwords, and passwords made of a word of the account or of the service, without
/// regard to case (NIST SP 800-63B-4 §3.1.1.2).
#[derive(Debug)]
pub struct Blocklist {
    service: [String; 2],
}

impl Blocklist {
    /// The service's words are `APP_NAME` and `latchkey`.
    pub fn new(app_name: &str) -> Self {
        Self { service: ["latchkey".to_owned(), app_name.to_lowercase()] }
    }

    /// Checks the password against the blocklist, as far as the username and the e-mail address are
    /// known.
    pub fn check(
        &self,
        password: &NewPassword,
        username: Option<&str>,
        email: Option<&str>,
    ) -> Result<(), Rule> {
        let password = password.expose().to_lowercase();
        let made_of = |word: &str| is_made_of(&password, &word.to_lowercase());
        let local_part = email.and_then(|address| address.split('@').next());
        if common_passwords::contains(&password) {
            Err(Rule::TooCommon)
        } else if username.is_some_and(made_of) {
            Err(Rule::LikeUsername)
        } else if email.is_some_and(made_of) || local_part.is_some_and(made_of) {
            Err(Rule::LikeEmail)
        } else if self.service.iter().any(|word| made_of(word)) {
            Err(Rule::LikeService)
        } else {
            Ok(())
        }
    }
}

/// Whether a password is the word, once or more, with only [dressing](is_dressing) around it. A word
/// that consists of dressing, such as a telephone number, must be the whole password: any number
/// could contain it.
fn is_made_of(password: &str, word: &str) -> bool {
    if word.chars().all(is_dressing) {
        password == word
    } else {
        password.contains(word) && password.split(word).all(|part| part.chars().all(is_dressing))
    }
}

/// Characters that people put around a word to make a password of it.
fn is_dressing(character: char) -> bool {
    character.is_ascii_digit() || character.is_ascii_punctuation() || character == ' '
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The result for a password of the user `ada.lovelace` with the address `countess@mail.example`,
    /// at the service `My Shop`.
    fn check(password: &str) -> Result<(), Rule> {
        let password = NewPassword::parse(password.to_owned(), 1).unwrap();
        let (username, email) = (Some("Ada.Lovelace"), Some("Countess@mail.example"));
        Blocklist::new("My Shop").check(&password, username, email)
    }

    #[test]
    fn a_common_password_is_refused_in_any_case() {
        for password in ["password", "Password", "pAsSwOrD", "12345678", "QWERTYUIOP", "ПАРОЛЬ"]
        {
            assert_eq!(check(password), Err(Rule::TooCommon), "{password}");
        }
    }

    #[test]
    fn only_the_whole_password_is_compared_with_common_ones() {
        for password in ["password of mine", "my sunshine1", "12345678 horses"] {
            assert_eq!(check(password), Ok(()), "{password}");
        }
    }

    #[test]
    fn names_of_user_and_service_are_refused_in_any_case_and_between_punctuation() {
        for (words, rule) in [
            (["ada.lovelace", "ADA.LOVELACE", "Ada.Lovelace"], Rule::LikeUsername),
            (["countess", "COUNTESS", "Countess"], Rule::LikeEmail),
            (
                ["countess@mail.example", "Countess@Mail.Example", "COUNTESS@MAIL.EXAMPLE"],
                Rule::LikeEmail,
            ),
            (["latchkey", "LATCHKEY", "Latchkey"], Rule::LikeService),
            (["my shop", "MY SHOP", "My Shop"], Rule::LikeService),
        ] {
            for word in words {
                for password in [
                    word.to_owned(),
                    format!("{word}123!"),
                    format!("2024{word}"),
                    format!("!!{word}!!"),
                    format!("{word} 2024"),
                    format!("{word}{word}"),
                    format!("1-{word}.{word}/2"),
                ] {
                    assert_eq!(check(&password), Err(rule), "{password}");
                }
            }
        }
    }

    #[test]
    fn a_pass_phrase_that_contains_a_name_is_accepted() {
        for password in [
            "latchkey opens the door",
            "the latchkey",
            "latchkeys",
            "ada.lovelace was first",
            "ada.love1ace",
            "countess of lovelace",
            "someone@mail.example",
            "mail.example",
            "correct horse",
            "correct horse battery staple",
        ] {
            assert_eq!(check(password), Ok(()), "{password}");
        }
    }

    #[test]
    fn a_number_as_a_username_is_refused_only_as_the_whole_password() {
        let check = |password: &str| {
            let password = NewPassword::parse(password.to_owned(), 1).unwrap();
            Blocklist::new("Latchkey").check(&password, Some("+31 0815"), None)
        };
        assert_eq!(check("+31 0815"), Err(Rule::LikeUsername));
        assert_eq!(check("+31 0815!"), Ok(()));
        assert_eq!(check("7294+31 08151186"), Ok(()));
    }

    #[test]
    fn a_name_in_any_script_is_refused_in_any_case() {
        let check = |username: &str, password: &str| {
            let password = NewPassword::parse(password.to_owned(), 1).unwrap();
            Blocklist::new("Latchkey").check(&password, Some(username), None)
        };
        assert_eq!(check("Zoë-Ångström", "ZOË-ÅNGSTRÖM1"), Err(Rule::LikeUsername));
        assert_eq!(check("Лавлейс", "лавлейс2024"), Err(Rule::LikeUsername));
        assert_eq!(check("王小明", "王小明王小明"), Err(Rule::LikeUsername));
        assert_eq!(check("王小明", "王小明喜欢猫和狗"), Ok(()));
    }

    #[test]
    fn an_unknown_username_or_address_refuses_no_password() {
        let password = NewPassword::parse("ada.lovelace".into(), 8).unwrap();
        assert_eq!(Blocklist::new("Latchkey").check(&password, None, None), Ok(()));
    }

    proptest! {
        // A look-up is slow without optimisation.
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_listed_password_is_refused_in_any_case(
            line in any::<prop::sample::Index>(),
            upper in any::<u32>(),
        ) {
            let listed: Vec<_> = include_str!("../../common-passwords/list.txt").lines().collect();
            let password = in_case(listed[line.index(listed.len())], upper);
            prop_assert_eq!(check(&password), Err(Rule::TooCommon));
        }

        #[test]
        fn a_username_is_refused_in_any_case_and_between_punctuation(
            name in "[a-z]{1,20}",
            upper in any::<u32>(),
            before in "[0-9!-/:-@ ]{0,6}",
            after in "[0-9!-/:-@ ]{0,6}",
        ) {
            let password = format!("{before}{}{after}", in_case(&name, upper));
            let password = NewPassword::parse(password, 1).unwrap();
            prop_assert!(Blocklist::new("").check(&password, Some(&name), None).is_err());
        }

        #[test]
        fn a_pass_phrase_is_taken(password in "[a-z]{5,9}( [a-z]{5,9}){3,6}") {
            prop_assert_eq!(check(&password), Ok(()));
        }
    }

    /// The text in upper case where a bit of `upper` is set.
    fn in_case(text: &str, upper: u32) -> String {
        let letter = |(bit, letter): (usize, char)| match upper >> bit & 1 {
            0 => letter.to_string(),
            _ => letter.to_uppercase().to_string(),
        };
        text.chars().enumerate().map(letter).collect()
    }
}
