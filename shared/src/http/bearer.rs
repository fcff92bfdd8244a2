//! Bearer tokens.

/// The bearer token in the values of `Authorization` (RFC 9110 §11.4): the scheme in any case, one or
/// more spaces, the token. `None` if two of them differ.
pub fn bearer_token<'a>(values: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut values = values.into_iter();
    let value = values.next()?;
    if values.any(|other| other != value) {
        return None;
    }
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim_start_matches(' '))
}
