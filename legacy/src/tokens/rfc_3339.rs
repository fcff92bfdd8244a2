//! RFC 3339 dates and times in settings.

use shared::NumericDate;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Parses an RFC 3339 §5.6 date and time to whole seconds, never later than written: it truncates
/// fractions and reads a leap second as the second before.
pub(super) fn parse(text: &str) -> Option<NumericDate> {
    // The parser accepts any byte as the `T`.
    let has_separator =
        text.as_bytes().get(10).is_some_and(|byte| byte.eq_ignore_ascii_case(&b'T'));
    let time = OffsetDateTime::parse(text, &Rfc3339).ok().filter(|_| has_separator)?;
    Some(NumericDate::from_seconds(time.unix_timestamp()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seconds(text: &str) -> Option<i64> {
        parse(text).map(NumericDate::seconds)
    }

    #[test]
    fn a_time_is_what_rfc_3339_says() {
        for (text, expected) in [
            // Its own examples (§5.8).
            ("1985-04-12T23:20:50.52Z", 482_196_050),
            ("1996-12-19T16:39:57-08:00", 851_042_397),
            ("1990-12-31T23:59:60Z", 662_687_999),
            ("1990-12-31T15:59:60-08:00", 662_687_999),
            ("1937-01-01T12:00:27.87+00:20", -1_041_337_173),
            ("2026-11-24T08:00:00Z", 1_795_507_200),
            ("2026-11-24t08:00:00z", 1_795_507_200),
            ("2026-11-24T10:00:00+02:00", 1_795_507_200),
            ("2026-11-24T02:30:00-05:30", 1_795_507_200),
            ("2026-11-24T08:00:00-00:00", 1_795_507_200),
            ("2026-11-24T08:00:00.999999999999Z", 1_795_507_200),
            ("2028-02-29T00:00:00Z", 1_835_395_200),
            ("0000-01-01T00:00:00Z", -62_167_219_200),
            ("9999-12-31T23:59:59-23:59", 253_402_387_139),
        ] {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_time_that_rfc_3339_does_not_allow_is_refused() {
        for text in [
            "2026-11-24",
            "2026-11-24T08:00:00",
            "2026-11-24T08:00Z",
            "2026-11-24 08:00:00Z",
            "2026-11-24_08:00:00Z",
            "2026-11-24T08:00:00.Z",
            "2026-11-24T08:00:00,5Z",
            "2026-11-24T08:00:00+0200",
            "2026-11-24T08:00:00+02",
            "2026-11-24T08:00:00+24:00",
            "2026-11-24T08:00:00+02:60",
            "2026-11-24T08:00:00 Z",
            "2026-11-24T08:00:00Zx",
            " 2026-11-24T08:00:00Z",
            "2026-11-24T08:00:00Z ",
            "2026-11-24T24:00:00Z",
            "2026-11-24T08:60:00Z",
            "2026-11-24T08:00:60Z",
            "2026-11-24T08:00:61Z",
            "2026-11-31T08:00:00Z",
            "2026-13-01T08:00:00Z",
            "2026-00-01T08:00:00Z",
            "2026-02-29T08:00:00Z",
            "26-11-24T08:00:00Z",
            "+2026-11-24T08:00:00Z",
            "12026-11-24T08:00:00Z",
            "20261124T080000Z",
            "2026-W48-2T08:00:00Z",
            "Tue, 24 Nov 2026 08:00:00 GMT",
            "1795507200",
            "tomorrow",
            "２026-11-24T08:00:00Z",
            "",
        ] {
            assert_eq!(seconds(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,40}") {
            prop_assert_eq!(seconds(&text), None);
        }

        #[test]
        fn no_near_miss_panics(
            text in "[0-9]{4}-[01][0-9]-[0-3][0-9][Tt][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{1,20})?([Zz]|[+-][0-2][0-9]:[0-6][0-9])",
        ) {
            if let Some(seconds) = seconds(&text) {
                prop_assert!((-62_167_305_600..=253_402_387_199).contains(&seconds), "{}", seconds);
            }
        }

        #[test]
        fn an_offset_and_utc_are_the_same_moment(
            day in 1..=28_u8, hour in 0..24_u8, minute in 0..60_u8, offset in -1439..1440_i64,
        ) {
            let at = |zone: &str| seconds(&format!("2026-06-{day:02}T{hour:02}:{minute:02}:07{zone}"));
            let sign = if offset < 0 { '-' } else { '+' };
            let (hours, minutes) = (offset.abs() / 60, offset.abs() % 60);
            let elsewhere = at(&format!("{sign}{hours:02}:{minutes:02}")).unwrap();
            prop_assert_eq!(elsewhere, at("Z").unwrap() - offset * 60);
        }
    }
}
