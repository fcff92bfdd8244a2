//! Patterns of an IAM policy that match the same path.

/// Whether one path matches both patterns. `*` matches any text, slashes too.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>
pub(super) fn meet(one: &str, other: &str) -> bool {
    // The authorizer compares all routes when it starts, and most differ before a `*`.
    let [start, other_start] = [one, other].map(|it| it.split('*').next().unwrap_or_default());
    if !start.starts_with(other_start) && !other_start.starts_with(start) {
        return false;
    }
    let [one, other] = [one, other].map(str::as_bytes);
    // `after[j]`: whether the rest of `one` and `other[j..]` match the same text.
    let end = other.len();
    let mut after: Vec<_> = (0..=end).map(|j| other[j..].iter().all(|it| *it == b'*')).collect();
    for character in one.iter().rev() {
        let mut here = vec![false; end + 1];
        here[end] = *character == b'*' && after[end];
        for j in (0..end).rev() {
            here[j] = match (*character, other[j]) {
                (b'*', _) | (_, b'*') => after[j] || here[j + 1],
                (a, b) => a == b && after[j + 1],
            };
        }
        after = here;
    }
    after[0]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_star_matches_any_text() {
        for (one, other, wanted) in [
            ("/a", "/a", true),
            ("/a", "/b", false),
            ("/a", "/a/b", false),
            ("/*", "/a/b", true),
            ("/*", "/", true),
            ("/a/*", "/a", false),
            ("/a/*/c", "/a/b/c/c", true),
            ("/a/*/c", "/*/b", false),
            ("/a/*/c", "/*/b/*", true),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(meet(one, other), wanted, "{one} {other}");
            assert_eq!(meet(other, one), wanted, "{other} {one}");
        }
    }

    proptest! {
        #[test]
        fn a_pattern_meets_a_text_that_it_matches(
            parts in prop::collection::vec("[ab/]{0,3}", 1..4), between in "[ab/]{0,3}",
        ) {
            let [pattern, text] = ["*", &between].map(|it| format!("x{}x", parts.join(it)));
            prop_assert!(meet(&pattern, &text));
            let longer = text + "c";
            prop_assert!(!meet(&pattern, &longer));
        }
    }
}
