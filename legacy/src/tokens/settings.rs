//! The settings for the legacy app's tokens.

use shared::{Environment, NumericDate, Secret};

use super::rfc_3339;
use super::secret::{BadSecret, LegacySecret};

const SECRET: &str = "LEGACY_TOKEN_SECRET";
const SECRET_ARN: &str = "LEGACY_TOKEN_SECRET_ARN";
const UNTIL: &str = "LEGACY_TOKENS_UNTIL";
const FORGEABLE: &str = "FORGEABLE_LEGACY_TOKEN_SECRET";

/// The settings for the legacy app's tokens.
#[derive(Debug, Clone)]
pub struct Settings {
    pub(super) secret: SecretSetting,
    /// The time from which none is accepted.
    pub(super) until: NumericDate,
}

/// The source of the secret.
#[derive(Debug, Clone)]
pub(super) enum SecretSetting {
    /// `LEGACY_TOKEN_SECRET`: the secret itself.
    Value(LegacySecret),
    /// `LEGACY_TOKEN_SECRET_ARN`, and `FORGEABLE_LEGACY_TOKEN_SECRET` to compare the secret with.
    Arn { arn: String, forgeable: Option<Secret<String>> },
}

impl Settings {
    /// Reads `LEGACY_TOKEN_SECRET`, or else `LEGACY_TOKEN_SECRET_ARN`; `LEGACY_TOKENS_UNTIL`;
    /// `FORGEABLE_LEGACY_TOKEN_SECRET`. `None` if none is set or one is bad.
    pub fn from_env(env: &mut Environment) -> Option<Self> {
        let (value, arn) = (env.secret(SECRET), env.text(SECRET_ARN));
        let forgeable = env.secret(FORGEABLE);
        let is_set = value.is_some() || arn.is_some();
        let until = until(env, is_set);
        if forgeable.is_some() && !is_set {
            env.refuse(FORGEABLE, "needs LEGACY_TOKEN_SECRET");
        }
        let secret = match (value, arn) {
            (Some(value), _) => match LegacySecret::parse(&value, forgeable.as_ref()) {
                Ok(secret) => SecretSetting::Value(secret),
                Err(bad) => {
                    let (name, rule) = bad.fault();
                    env.refuse(name, rule);
                    return None;
                }
            },
            (None, arn) => SecretSetting::Arn { arn: arn?, forgeable },
        };
        Some(Self { secret, until: until? })
    }
}

/// Reads `LEGACY_TOKENS_UNTIL`, which must be set with a secret and only then.
fn until(env: &mut Environment, is_set: bool) -> Option<NumericDate> {
    let rule = "must be an RFC 3339 date and time, such as 2027-01-31T00:00:00Z";
    let until = env.parsed(UNTIL, None, rule, |text| rfc_3339::parse(text).map(Some));
    match (is_set, env.text(UNTIL).is_some()) {
        (true, false) => env.refuse(
            UNTIL,
            "must be set with LEGACY_TOKEN_SECRET or LEGACY_TOKEN_SECRET_ARN: the time from \
             which the legacy app's tokens are refused",
        ),
        (false, true) => env.refuse(
            UNTIL,
            "needs LEGACY_TOKEN_SECRET or LEGACY_TOKEN_SECRET_ARN: set one of them, or \
             none of the three",
        ),
        (true, true) | (false, false) => {}
    }
    until
}

impl BadSecret {
    /// The bad setting, and the rest of a sentence that begins with its name.
    const fn fault(self) -> (&'static str, &'static str) {
        match self {
            Self::Printed => (
                SECRET,
                "is the tutorial's published secret, with which anyone can forge a token of any \
                 user: unset it and LEGACY_TOKENS_UNTIL, so that every user signs in again, or \
                 set FORGEABLE_LEGACY_TOKEN_SECRET to the same secret to accept such tokens \
                 anyway",
            ),
            Self::Short => (
                SECRET,
                "has fewer than 32 bytes, so anyone can guess it from one token and forge a \
                 token of any user: unset it and LEGACY_TOKENS_UNTIL, so that every user signs \
                 in again, or set FORGEABLE_LEGACY_TOKEN_SECRET to the same secret to accept \
                 such tokens anyway",
            ),
            Self::OtherForgeable => (
                FORGEABLE,
                "must be the same secret as that of LEGACY_TOKEN_SECRET or \
                 LEGACY_TOKEN_SECRET_ARN, or be unset",
            ),
            Self::Json => (
                SECRET,
                "is a JSON object: it must be the legacy app's SECRET_KEY itself, as in its source",
            ),
            Self::Empty => (SECRET, "is empty: it must be the legacy app's SECRET_KEY"),
        }
    }
}

/// The sentence about a bad secret that an ARN refers to.
pub(super) fn sentence(bad: BadSecret) -> String {
    let (name, rule) = bad.fault();
    let behind = if name == SECRET { "the secret of LEGACY_TOKEN_SECRET_ARN" } else { name };
    format!("{behind} {rule}")
}

#[cfg(test)]
mod tests {
    use super::super::secret::tests::printed;
    use super::*;

    const GOOD: &str = "the secret of an app that has grown";
    const ARN: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:x";
    const DAY: &str = "2027-01-31T00:00:00Z";

    /// The result of these variables, and the sentence about the bad ones.
    fn read(pairs: &[(&str, &str)]) -> (Option<Settings>, Option<String>) {
        let mut env = pairs.iter().copied().collect::<Environment>();
        let settings = Settings::from_env(&mut env);
        assert_eq!(env.asked().count(), 4, "each is asked for, whatever the others say");
        (settings, env.check().err().map(|invalid| invalid.to_string()))
    }

    #[track_caller]
    fn refused(pairs: &[(&str, &str)]) -> String {
        let (settings, sentence) = read(pairs);
        assert!(settings.is_none());
        let sentence = sentence.unwrap();
        for (name, value) in pairs {
            let is_shown = !name.ends_with("ARN") && sentence.contains(value);
            assert!(!is_shown, "{name}: {sentence}");
        }
        sentence
    }

    #[test]
    fn without_settings_no_legacy_token_is_accepted() {
        let (settings, sentence) = read(&[]);
        assert!(settings.is_none() && sentence.is_none());
        let (settings, sentence) =
            read(&[(SECRET, ""), (SECRET_ARN, ""), (UNTIL, ""), (FORGEABLE, "")]);
        assert!(settings.is_none() && sentence.is_none());
    }

    #[test]
    fn a_secret_or_its_arn_and_a_day_are_enough() {
        let (settings, sentence) = read(&[(SECRET, GOOD), (UNTIL, DAY)]);
        let settings = settings.unwrap();
        assert!(matches!(settings.secret, SecretSetting::Value(_)) && sentence.is_none());
        assert_eq!(settings.until, NumericDate::from_seconds(1_801_353_600));
        let (settings, sentence) = read(&[(SECRET_ARN, ARN), (UNTIL, DAY)]);
        let SecretSetting::Arn { arn, forgeable } = settings.unwrap().secret else { panic!() };
        assert_eq!((&*arn, forgeable, sentence), (ARN, None, None));
        // The secret has precedence over its ARN, as for the signing key.
        let (settings, _) = read(&[(SECRET, GOOD), (SECRET_ARN, ARN), (UNTIL, DAY)]);
        assert!(matches!(settings.unwrap().secret, SecretSetting::Value(_)));
        assert!(!format!("{:?}", read(&[(SECRET, GOOD), (UNTIL, DAY)])).contains(GOOD));
    }

    #[test]
    fn a_secret_without_a_last_day_or_a_day_without_a_secret_is_refused() {
        for secret in [(SECRET, GOOD), (SECRET_ARN, ARN)] {
            let sentence = refused(&[secret]);
            assert!(
                sentence.contains("bad settings: LEGACY_TOKENS_UNTIL must be set"),
                "{sentence}"
            );
        }
        let sentence = refused(&[(UNTIL, DAY)]);
        assert!(sentence.contains("LEGACY_TOKENS_UNTIL needs LEGACY_TOKEN_SECRET"), "{sentence}");
        let sentence = refused(&[(FORGEABLE, GOOD)]);
        let words = "FORGEABLE_LEGACY_TOKEN_SECRET needs LEGACY_TOKEN_SECRET";
        assert!(sentence.contains(words), "{sentence}");
        let sentence = refused(&[(FORGEABLE, GOOD), (UNTIL, DAY)]);
        assert_eq!(sentence.matches(" needs LEGACY").count(), 2, "all in one: {sentence}");
    }

    #[test]
    fn the_printed_secret_is_refused_unless_it_is_set_twice() {
        let printed = printed();
        let printed = printed.expose().as_str();
        let sentence = refused(&[(SECRET, printed), (UNTIL, DAY)]);
        for words in
            ["LEGACY_TOKEN_SECRET is the tutorial's", "anyone", "set FORGEABLE_LEGACY_TOKEN_SECRET"]
        {
            assert!(sentence.contains(words), "{sentence}");
        }
        let both = [(SECRET, printed), (FORGEABLE, printed), (UNTIL, DAY)];
        let (settings, sentence) = read(&both);
        assert!(settings.is_some() && sentence.is_none());
        for other in ["true", GOOD] {
            let sentence = refused(&[(SECRET, printed), (FORGEABLE, other), (UNTIL, DAY)]);
            assert!(sentence.contains("FORGEABLE_LEGACY_TOKEN_SECRET must be"), "{sentence}");
        }
        // Any other secret may be repeated too, without effect.
        assert!(read(&[(SECRET, GOOD), (FORGEABLE, GOOD), (UNTIL, DAY)]).0.is_some());
        refused(&[(SECRET, GOOD), (FORGEABLE, printed), (UNTIL, DAY)]);
    }

    #[test]
    fn all_that_is_bad_is_in_one_sentence() {
        let printed = printed();
        let sentence = refused(&[(SECRET, printed.expose()), (UNTIL, "soon")]);
        assert!(sentence.contains("; LEGACY_TOKEN_SECRET is the tutorial's"), "{sentence}");
        assert!(sentence.contains("LEGACY_TOKENS_UNTIL must be an RFC 3339 date"), "{sentence}");
        assert_eq!(sentence.matches("LEGACY_TOKENS_UNTIL must").count(), 1, "{sentence}");
    }
}
