//! The language of a mail.

/// The longest `Accept-Language` that is read.
const MAX_BYTES: usize = 1_024;

/// The language that a client prefers by its `Accept-Language` (RFC 9110 §12.5.4), of those that there are;
/// `default` if it names none.
pub(crate) fn choose<'a>(header: &str, languages: &[&'a str], default: &'a str) -> &'a str {
    if header.len() > MAX_BYTES {
        return default;
    }
    let mut best = (0, default);
    for (tag, weight) in header.split(',').filter_map(preference) {
        // `de-AT` is served by `de-at`, or else by `de`.
        let found = if tag == "*" {
            Some(&default)
        } else {
            let mut ranges = std::iter::successors(Some(tag.as_str()), |range| {
                range.rsplit_once('-').map(|(shorter, _)| shorter)
            });
            ranges.find_map(|range| languages.iter().find(|language| **language == range))
        };
        if let Some(&language) = found.filter(|_| weight > best.0) {
            best = (weight, language);
        }
    }
    best.1
}

/// A tag in lower case with its weight in thousandths; `None` if it can't be read.
fn preference(part: &str) -> Option<(String, u32)> {
    let mut parts = part.split(';').map(str::trim);
    let tag = parts.next().filter(|tag| !tag.is_empty())?.to_ascii_lowercase();
    let Some(weight) = parts.next() else { return Some((tag, 1_000)) };
    let weight = weight.strip_prefix("q=").or_else(|| weight.strip_prefix("Q="))?;
    let (whole, thousandths) = weight.split_once('.').unwrap_or((weight, ""));
    let digits = |text: &str| text.bytes().all(|it| it.is_ascii_digit());
    if !matches!(whole, "0" | "1") || thousandths.len() > 3 || !digits(thousandths) {
        return None;
    }
    let weight = format!("{whole}{thousandths:0<3}").parse().ok()?;
    (weight <= 1_000).then_some((tag, weight))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chosen(header: &str) -> &str {
        choose(header, &["de", "en", "pt-br"], "en")
    }

    #[test]
    fn the_heaviest_language_that_there_is_wins() {
        for (header, language) in [
            ("de", "de"),
            ("DE-at", "de"),
            ("fr, de;q=0.5", "de"),
            ("en;q=0.8, de;q=0.9", "de"),
            ("de;q=0.8, en;q=0.80", "de"),
            ("en;q=0.001, de;q=0.002", "de"),
            ("fr;q=1.0, *;q=0.9, de;q=0.8", "en"),
            ("de;q=0, fr", "en"),
            ("de;q=0", "en"),
            ("pt-BR", "pt-br"),
            ("pt", "en"),
            ("zh-Hant-TW", "en"),
        ] {
            assert_eq!(chosen(header), language, "{header}");
        }
    }

    #[test]
    fn what_is_no_header_leads_to_the_default() {
        let long = "de,".repeat(3_000);
        for header in ["", ",", "de;q=2", "de;q=x", "de;q=", "de\r\nX: y", "de;q=0.0001", &long] {
            assert_eq!(chosen(header), "en", "{}", &header[..header.len().min(20)]);
        }
    }

    proptest! {
        #[test]
        fn any_header_chooses_a_language_that_there_is(header in ".{0,80}", tag in "[a-zA-Z-]{0,9}", weight in "[0-9.]{0,5}") {
            for header in [header.clone(), format!("{tag};q={weight},{header}"), format!("{header},{tag}")] {
                prop_assert!(["de", "en", "pt-br"].contains(&chosen(&header)));
            }
            // Whatever else a client sends, what it wants most is chosen.
            let others = header.replace([',', ';'], "");
            let header = format!("{others};q=0.5, DE-{tag};q=0.9, en;q=0.7");
            prop_assert_eq!(chosen(&header), "de");
        }
    }
}
