//! The rules that a field can break.

use std::borrow::Cow;

/// The rule that a field breaks, in pydantic's words as the legacy app has them, if it has the rule.
/// It never repeats the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The field is missing.
    Missing,
    /// The field isn't a string.
    NotAString,
    /// The string contains half of a surrogate pair, which isn't a character.
    NotUnicode,
    /// Fewer characters than this.
    TooShort(usize),
    /// More characters than this.
    TooLong(usize),
    /// More bytes of UTF-8 than this.
    TooManyBytes(usize),
    /// Not a whole number without a sign and leading zeros, or out of range.
    NotAnInteger,
    /// Not a UUID.
    NotAUuid,
    /// Not one of these words, each in quotation marks.
    NotALiteral(&'static str),
    /// Not exactly one of these fields, named with commas and "and".
    NotExactlyOneOf(&'static str),
    /// A cookie for a page of another site than the API's, which browsers drop.
    OtherSite,
    /// A parameter is repeated.
    Repeated,
    /// Not an e-mail address.
    NotAnEmail,
    /// PostgreSQL's text and bcrypt both end at a NUL.
    Nul,
    /// A character is invisible or unassigned.
    NotVisible,
    /// A space at an end, or two in a row.
    OuterSpace,
    /// A check of the team's own in the database.
    Refused,
    /// A common password.
    TooCommon,
    /// A password that is little more than the username.
    LikeUsername,
    /// A password that is little more than the e-mail address or its local part.
    LikeEmail,
    /// A password that is little more than the name of this service.
    LikeService,
}

impl Rule {
    /// The stable name of the rule, `type` in an answer.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::NotAString => "string_type",
            Self::NotUnicode => "string_unicode",
            Self::TooShort(_) => "string_too_short",
            Self::TooLong(_) => "string_too_long",
            Self::NotAnInteger => "int_parsing",
            Self::NotAUuid => "uuid_parsing",
            Self::NotALiteral(_) => "literal_error",
            Self::TooManyBytes(_)
            | Self::NotExactlyOneOf(_)
            | Self::OtherSite
            | Self::Repeated
            | Self::NotAnEmail
            | Self::Nul
            | Self::NotVisible
            | Self::OuterSpace
            | Self::Refused
            | Self::TooCommon
            | Self::LikeUsername
            | Self::LikeEmail
            | Self::LikeService => "value_error",
        }
    }

    /// The message, `msg` in an answer.
    pub fn message(self) -> Cow<'static, str> {
        match self {
            Self::Missing => "Field required".into(),
            Self::NotAString => "Input should be a valid string".into(),
            Self::NotUnicode => {
                "Input should be a valid string, unable to parse raw data as a unicode string"
                    .into()
            }
            Self::TooShort(1) => "String should have at least 1 character".into(),
            Self::TooShort(least) => {
                format!("String should have at least {least} characters").into()
            }
            Self::TooLong(most) => format!("String should have at most {most} characters").into(),
            Self::TooManyBytes(most) => {
                format!("Value error, string should have at most {most} bytes of UTF-8").into()
            }
            Self::NotAnInteger => {
                "Input should be a valid integer, unable to parse string as an integer".into()
            }
            Self::NotAUuid => "Input should be a valid UUID".into(),
            Self::NotALiteral(words) => format!("Input should be {words}").into(),
            Self::NotExactlyOneOf(names) => {
                format!("Value error, exactly one of {names} should be there").into()
            }
            Self::OtherSite => {
                "Value error, for a cookie the page and the API have to be of one site".into()
            }
            Self::Repeated => "Value error, parameter should be there once".into(),
            Self::NotAnEmail => "value is not a valid email address".into(),
            Self::Nul => "Value error, string should have no NUL character".into(),
            Self::NotVisible => {
                "Value error, string should have no control, format, private or unassigned \
                 characters, and no white space but single spaces"
                    .into()
            }
            Self::OuterSpace => {
                "Value error, string should have no space at its ends and no two in a row".into()
            }
            Self::Refused => "Value error, a rule of this service refuses the value".into(),
            Self::TooCommon => "Value error, password is too common".into(),
            Self::LikeUsername => "Value error, password is too similar to the username".into(),
            Self::LikeEmail => "Value error, password is too similar to the email address".into(),
            Self::LikeService => {
                "Value error, password is too similar to the name of this service".into()
            }
        }
    }
}

/// Refuses a text that contains NUL.
pub(crate) fn without_nul(text: String) -> Result<String, Rule> {
    if text.contains('\0') { Err(Rule::Nul) } else { Ok(text) }
}
