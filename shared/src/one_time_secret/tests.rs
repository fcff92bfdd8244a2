use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn code(text: &str) -> Option<String> {
    Code::parse(text).map(|code| code.to_text().expose().clone())
}

#[test]
fn a_code_is_read_as_people_write_it() {
    for text in [
        "7K3M-Q9XA",
        "7k3mq9xa",
        " 7K3M Q9XA\n",
        "7-K-3-M-Q-9-X-A",
        "7k3m\u{a0}\u{2011}\u{2013}\u{2014}\u{2212}Q9xa",
    ] {
        assert_eq!(code(text).as_deref(), Some("7K3M-Q9XA"), "{text:?}");
    }
    assert_eq!(code("oO0i-IlL1").as_deref(), Some("0001-1111"));
}

#[test]
fn another_form_is_no_code() {
    let dashes = "-".repeat(MAX_CODE_BYTES - 8);
    assert!(Code::parse(&format!("7K3MQ9XA{dashes}")).is_some());
    for text in [
        "",
        "7K3MQ9X",
        "7K3MQ9XAA",
        "7K3M_Q9XA",
        "7K3M-Q9XU",
        "7K3M-Q9X\u{131}",
        "7K3M-Q9X\u{ff11}",
        "7K3M-Q9X\u{fa}",
        "7K3M-Q9X\0",
        &format!("7K3MQ9XA{dashes}-"),
    ] {
        assert_eq!(Code::parse(text), None, "{text:?}");
    }
}

#[test]
fn another_form_is_no_link() {
    let link = Link::new(&Random::counted(1)).to_text().expose().clone();
    let long = "A".repeat(10_000);
    for text in [
        "",
        &link[1..],
        &format!("{link}="),
        &format!("{link}A"),
        &format!(" {}", &link[1..]),
        // The last digit has two bits that no byte has.
        &format!("{}B", &link[..42]),
        &format!("{}+", &link[..42]),
        &format!("{}\u{e9}", &link[..41]),
        &long,
    ] {
        assert_eq!(Link::parse(text), None, "{text:?}");
    }
}

#[test]
fn debug_shows_no_secret() {
    let random = Random::counted(1);
    assert_eq!(format!("{:?}", Link::new(&random)), "Link([redacted])");
    assert_eq!(format!("{:?}", Code::new(&random)), "Code([redacted])");
}

#[test]
fn each_byte_of_a_link_is_random() {
    let random = Random::System;
    let links = (0..100).map(|_| Link::new(&random)).collect::<Vec<_>>();
    for byte in 0..32 {
        let values = links.iter().map(|link| link.as_bytes()[byte]).collect::<BTreeSet<_>>();
        assert!(values.len() > 50, "byte {byte}");
    }
    assert!(links.iter().all(|link| link.as_bytes()[..16] != link.as_bytes()[16..]));
}

#[test]
fn each_digit_of_a_code_is_used() {
    let random = Random::counted(1);
    let codes = (0..100).map(|_| Code::new(&random)).collect::<Vec<_>>();
    let digits = codes.iter().flat_map(Code::as_bytes).collect::<BTreeSet<_>>();
    assert_eq!(digits.len(), 32);
}

proptest! {
    #[test]
    fn a_secret_survives_its_text(seed: u64) {
        let random = Random::counted(seed);
        let (link, code) = (Link::new(&random), Code::new(&random));
        let (link_text, code_text) = (link.to_text(), code.to_text());
        let (link_text, code_text) = (link_text.expose(), code_text.expose());
        prop_assert_eq!((link_text.len(), code_text.len()), (43, 9));
        prop_assert_eq!(Link::parse(link_text), Some(link.clone()));
        prop_assert_eq!(Code::parse(code_text), Some(code.clone()));
        prop_assert_eq!(Code::parse(&code_text.to_lowercase().replace('-', "")), Some(code));
        prop_assert!(Link::new(&random) != link);
    }

    #[test]
    fn what_is_parsed_is_written_alike(text in "[0-9A-Za-z -]{0,12}") {
        if let Some(code) = Code::parse(&text) {
            prop_assert_eq!(Code::parse(code.to_text().expose()), Some(code));
        }
    }
}
