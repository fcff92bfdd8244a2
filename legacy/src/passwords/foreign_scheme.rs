//! Names the scheme of a stored password that Latchkey can't verify, by passlib's name if there is
//! one. The names are a fixed list: none contains stored text, which may be a plain password.

use shared::password::{TOO_COSTLY, UNKNOWN_SCHEME};

/// The form of a scheme's texts.
struct Form {
    scheme: &'static str,
    prefix: &'static str,
    /// The length and alphabet of the rest, if the prefix alone isn't enough.
    rest: Option<(usize, Alphabet)>,
}

/// A set of characters.
#[derive(Clone, Copy)]
enum Alphabet {
    /// Hexadecimal digits in either case.
    Hex,
    /// Letters and digits.
    Alphanumeric,
    /// The base64 of `crypt(3)`.
    Crypt,
}

impl Alphabet {
    /// The bracket expression of a regular expression.
    const fn bracket(self) -> &'static str {
        match self {
            Self::Hex => "[0-9A-Fa-f]",
            Self::Alphanumeric => "[0-9A-Za-z]",
            Self::Crypt => "[./0-9A-Za-z]",
        }
    }

    const fn has(self, byte: u8) -> bool {
        match self {
            Self::Hex => byte.is_ascii_hexdigit(),
            Self::Alphanumeric => byte.is_ascii_alphanumeric(),
            Self::Crypt => byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/'),
        }
    }
}

const fn starting(scheme: &'static str, prefix: &'static str) -> Form {
    Form { scheme, prefix, rest: None }
}

const fn shaped(
    scheme: &'static str,
    prefix: &'static str,
    length: usize,
    alphabet: Alphabet,
) -> Form {
    Form { scheme, prefix, rest: Some((length, alphabet)) }
}

/// The schemes of passlib, Django, Werkzeug, LDAP, PHP and Unix. No text has two of the forms.
/// <https://passlib.readthedocs.io/en/stable/lib/passlib.hash.html>
const FORMS: &[Form] = &[
    // bcrypt that is damaged or cut off, or printed as bytes by Python or PostgreSQL.
    starting("bcrypt_damaged", "$2$"),
    starting("bcrypt_damaged", "$2a$"),
    starting("bcrypt_damaged", "$2b$"),
    starting("bcrypt_damaged", "$2y$"),
    starting("bcrypt_damaged", "b'$2"),
    starting("bcrypt_damaged", "\\x2432"),
    starting("bcrypt_sha256_damaged", "$bcrypt-sha256$"),
    // By a crypt_blowfish with a bug (CVE-2011-2483). passlib can't verify it either.
    starting("bcrypt_2x", "$2x$"),
    starting("argon2", "$argon2"),
    starting("scrypt", "$scrypt$"),
    starting("scrypt", "$7$"),
    starting("yescrypt", "$y$"),
    starting("pbkdf2_sha1", "$pbkdf2$"),
    starting("pbkdf2_sha256", "$pbkdf2-sha256$"),
    starting("pbkdf2_sha512", "$pbkdf2-sha512$"),
    starting("sha512_crypt", "$6$"),
    starting("sha256_crypt", "$5$"),
    starting("sha1_crypt", "$sha1$"),
    starting("md5_crypt", "$1$"),
    starting("apr_md5_crypt", "$apr1$"),
    starting("phpass", "$P$"),
    starting("phpass", "$H$"),
    starting("django_argon2", "argon2$"),
    starting("django_scrypt", "scrypt$"),
    starting("django_pbkdf2_sha256", "pbkdf2_sha256$"),
    starting("django_pbkdf2_sha1", "pbkdf2_sha1$"),
    starting("django_bcrypt_sha256", "bcrypt_sha256$"),
    starting("django_bcrypt", "bcrypt$"),
    starting("django_salted_sha1", "sha1$"),
    starting("django_salted_md5", "md5$"),
    shaped("django_disabled", "!", 40, Alphabet::Alphanumeric),
    starting("werkzeug_scrypt", "scrypt:"),
    starting("werkzeug_pbkdf2", "pbkdf2:"),
    starting("ldap_salted_sha512", "{SSHA512}"),
    starting("ldap_salted_sha256", "{SSHA256}"),
    starting("ldap_salted_sha1", "{SSHA}"),
    starting("ldap_sha1", "{SHA}"),
    starting("ldap_salted_md5", "{SMD5}"),
    starting("ldap_md5", "{MD5}"),
    starting("ldap_crypt", "{CRYPT}"),
    shaped("unix_disabled", "!", 0, Alphabet::Hex),
    shaped("unix_disabled", "*", 0, Alphabet::Hex),
    shaped("hex_md5", "", 32, Alphabet::Hex),
    shaped("hex_sha1", "", 40, Alphabet::Hex),
    shaped("hex_sha256", "", 64, Alphabet::Hex),
    shaped("hex_sha512", "", 128, Alphabet::Hex),
    shaped("des_crypt", "", 13, Alphabet::Crypt),
    shaped("bsdi_crypt", "_", 19, Alphabet::Crypt),
];

/// The forms as lists for PostgreSQL. The items at one index are one form.
pub(super) struct Patterns {
    pub(super) schemes: Vec<&'static str>,
    pub(super) prefixes: Vec<&'static str>,
    /// The length of the whole text, if it is fixed.
    pub(super) lengths: Vec<Option<i32>>,
    /// A regular expression of the whole text, if the prefix isn't enough.
    pub(super) wholes: Vec<Option<String>>,
}

/// The reason for a user without a stored password.
const NO_PASSWORD: &str = "no_password";

/// The scheme of a text that isn't Latchkey's hash, for the log and for `list --unreadable`.
pub fn scheme_of(text: &str) -> &'static str {
    FORMS.iter().find(|form| form.fits(text)).map_or(UNKNOWN_SCHEME, |form| form.scheme)
}

/// The static name that equals `name`.
pub(super) fn named(name: &str) -> Option<&'static str> {
    [NO_PASSWORD].into_iter().chain(all()).find(|it| *it == name)
}

fn all() -> impl Iterator<Item = &'static str> {
    FORMS.iter().map(|form| form.scheme).chain([TOO_COSTLY, UNKNOWN_SCHEME])
}

pub(super) fn patterns() -> Patterns {
    Patterns {
        schemes: FORMS.iter().map(|form| form.scheme).collect(),
        prefixes: FORMS.iter().map(|form| form.prefix).collect(),
        lengths: FORMS.iter().map(Form::length).collect(),
        wholes: FORMS.iter().map(Form::whole).collect(),
    }
}

impl Form {
    fn fits(&self, text: &str) -> bool {
        let Some(rest) = text.strip_prefix(self.prefix) else { return false };
        self.rest.is_none_or(|(length, alphabet)| {
            rest.len() == length && rest.bytes().all(|byte| alphabet.has(byte))
        })
    }

    fn length(&self) -> Option<i32> {
        self.rest.and_then(|(length, _)| i32::try_from(self.prefix.len() + length).ok())
    }

    /// A regular expression of the whole text. A repetition count would make it ten times as slow, so
    /// the length is compared separately.
    fn whole(&self) -> Option<String> {
        let (_, alphabet) = self.rest?;
        let prefix: String = self.prefix.chars().flat_map(|it| ['[', it, ']']).collect();
        Some(format!("^{prefix}{}*$", alphabet.bracket()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// Schemes, each with a text written by passlib 1.7.4 (with argon2-cffi 25.1.0), Django 5.2.19
    /// (`django_scrypt`) or Werkzeug 3.1.9.
    const OF_OTHERS: &str = include_str!("foreign_schemes.json");

    fn of_others() -> Vec<(String, String)> {
        serde_json::from_str(OF_OTHERS).unwrap()
    }

    #[test]
    fn a_foreign_hash_has_the_name_that_its_library_uses() {
        for (name, text) in of_others() {
            assert_eq!(scheme_of(&text), name, "{text}");
        }
    }

    #[test]
    fn every_scheme_but_those_of_no_library_has_a_text_of_others() {
        let known: BTreeSet<_> = of_others().into_iter().map(|(name, _)| name).collect();
        let without: BTreeSet<_> = all().filter(|name| !known.contains(*name)).collect();
        let expected = [
            "bcrypt_2x",
            "bcrypt_damaged",
            "bcrypt_sha256_damaged",
            "bcrypt_too_costly",
            "unknown",
            "yescrypt",
        ];
        assert_eq!(without, BTreeSet::from(expected));
    }

    #[test]
    fn a_damaged_hash_of_ours_has_another_name_than_other_texts() {
        for (text, name) in [
            ("$2b$12$tooshort", "bcrypt_damaged"),
            ("$2$", "bcrypt_damaged"),
            ("b'$2b$12$abcdefghijklmnopqrstuu0123456789012345678901234567890'", "bcrypt_damaged"),
            ("\\x243262243132", "bcrypt_damaged"),
            ("$2x$12$abcdefghijklmnopqrstuu0123456789012345678901234567890", "bcrypt_2x"),
            ("$bcrypt-sha256$v=3,t=2b,r=12$a$b", "bcrypt_sha256_damaged"),
            ("$y$j9T$salt$digest", "yescrypt"),
            ("!!", "unknown"),
            ("hunter2", "unknown"),
            (" ", "unknown"),
            ("é", "unknown"),
        ] {
            assert_eq!(scheme_of(text), name, "{text}");
        }
    }

    #[test]
    fn no_text_has_two_forms() {
        for (name, text) in of_others() {
            let fitting = FORMS.iter().filter(|form| form.fits(&text)).count();
            assert_eq!(fitting, 1, "{name}");
        }
        for form in FORMS.iter().filter(|form| form.rest.is_none()) {
            let fitting = FORMS.iter().filter(|other| other.fits(form.prefix)).count();
            assert_eq!(fitting, 1, "{}", form.prefix);
        }
    }

    #[test]
    fn the_page_of_behaviour_names_every_scheme() {
        let page = include_str!("../../../docs/use/behaviour.md");
        for scheme in all() {
            assert!(page.contains(&format!("`{scheme}`")), "{scheme:?}");
        }
    }

    proptest! {
        #[test]
        fn the_name_is_one_of_the_list_whatever_the_text(
            text in ".*|(\\$2[abxy]?\\$|\\$argon2|\\{SHA\\}|sha1\\$|[!*_])?.{0,40}|[0-9a-f]{30,42}",
        ) {
            let name = scheme_of(&text);
            prop_assert!(named(name).is_some());
        }
    }
}
