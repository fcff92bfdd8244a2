use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::functions::ContentRoute;

/// What API Gateway sees.
const SEEN: &str = "198.51.100.9";

fn client(proxies: u32, source_ip: &str, headers: &Value) -> Option<IpAddr> {
    let event = json!({
        "resource": "/", "httpMethod": "GET", "multiValueHeaders": headers,
        "requestContext": { "identity": { "sourceIp": source_ip } },
    });
    let mut event = serde_json::from_value(event).unwrap();
    let (_, request) = Request::of::<ContentRoute>(&mut event).unwrap();
    TrustedProxies(proxies).client_address(&request)
}

/// The client of a request through so many proxies, with this header before API Gateway's own entry.
fn forwarded(proxies: u32, before: &str) -> String {
    let headers = json!({ "X-Forwarded-For": [format!("{before}, {SEEN}")] });
    client(proxies, SEEN, &headers).unwrap().to_string()
}

#[test]
fn the_setting_is_a_number_from_0_to_3_and_0_by_default() {
    let read = |text: &str| {
        let mut env = Environment::from_iter([("TRUSTED_PROXIES", text)]);
        let TrustedProxies(proxies) = TrustedProxies::from_env(&mut env);
        env.check().map(|()| proxies).map_err(|invalid| invalid.to_string())
    };
    assert_eq!(["", "0", "1", "2", "3"].map(read), [Ok(0), Ok(0), Ok(1), Ok(2), Ok(3)]);
    for text in ["4", "-1", "x", "1.0", " 1", "off"] {
        let rule = "bad settings: TRUSTED_PROXIES must be a whole number from 0 to 3";
        assert_eq!(read(text), Err(rule.to_owned()), "{text}");
    }
}

#[test]
fn without_proxies_a_caller_can_not_say_who_they_are() {
    for text in ["203.0.113.7", "203.0.113.7, 203.0.113.8", "x", "", SEEN, "::1"] {
        for name in ["X-Forwarded-For", "x-forwarded-for", "Forwarded", "X-Real-Ip"] {
            let headers = json!({ name: [text, text] });
            assert_eq!(client(0, SEEN, &headers), SEEN.parse().ok(), "{name}: {text}");
        }
        assert_eq!(forwarded(0, text), SEEN);
    }
}

#[test]
fn the_client_is_the_entry_before_those_of_the_proxies_and_api_gateway() {
    let entries = "192.0.2.1, 192.0.2.2, 192.0.2.3, 192.0.2.4";
    let clients = [0, 1, 2, 3].map(|proxies| forwarded(proxies, entries));
    assert_eq!(clients, [SEEN, "192.0.2.4", "192.0.2.3", "192.0.2.2"]);
    // Whatever a caller writes is further to the left.
    for spoofed in ["", "x", "192.0.2.9", "192.0.2.9,192.0.2.9", ",,,", "\"", "[::1"] {
        assert_eq!(forwarded(1, &format!("{spoofed}, 192.0.2.4")), "192.0.2.4");
        assert_eq!(forwarded(2, &format!("{spoofed}, 192.0.2.3, 192.0.2.4")), "192.0.2.3");
    }
}

#[test]
fn all_values_of_the_header_are_one_list() {
    for headers in [
        json!({ "x-forwarded-for": ["192.0.2.1", "192.0.2.2", SEEN] }),
        json!({ "X-Forwarded-For": ["192.0.2.1, 192.0.2.2", SEEN] }),
        json!({ "X-FORWARDED-FOR": ["192.0.2.1,192.0.2.2", format!("  {SEEN} ")] }),
        json!({ "X-Forwarded-For": ["192.0.2.1"], "x-forwarded-for": ["192.0.2.2", SEEN] }),
    ] {
        assert_eq!(client(1, SEEN, &headers), "192.0.2.2".parse().ok(), "{headers}");
        assert_eq!(client(2, SEEN, &headers), "192.0.2.1".parse().ok(), "{headers}");
        assert_eq!(client(3, SEEN, &headers), SEEN.parse().ok(), "{headers}");
    }
}

#[test]
fn an_entry_may_have_a_port_and_brackets_but_no_zone() {
    for (entry, address) in [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:54321", "192.0.2.1"),
        ("  192.0.2.1 ", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("[::ffff:192.0.2.1]:80", "192.0.2.1"),
    ] {
        assert_eq!(forwarded(1, entry), address, "{entry}");
    }
    for entry in [
        "",
        "unknown",
        "_hidden",
        "192.0.2",
        "192.0.2.1:",
        "192.0.2.1:65536",
        "192.0.2.1:x",
        "[192.0.2.1]",
        "[2001:db8::1",
        "2001:db8::1]",
        "[[2001:db8::1]]",
        "[2001:db8::1]443",
        "[2001:db8::1]:",
        "fe80::1%eth0",
        "fe80::1%1",
        "[fe80::1%1]",
        "[fe80::1%1]:80",
        "[fe80::1%0]:80",
        "for=192.0.2.1",
        "\"192.0.2.1\"",
        "192.0.2.1 192.0.2.2",
        "192.0.2.1\t",
        "192.0.2.1;192.0.2.2",
        "192.0.2.\u{661}",
    ] {
        assert_eq!(forwarded(1, entry), SEEN, "{entry}");
    }
}

#[test]
fn what_api_gateway_did_not_write_is_not_believed() {
    let entries = |entries: &str| json!({ "X-Forwarded-For": [entries] });
    for proxies in 0..=3 {
        for list in ["", "192.0.2.1", "192.0.2.1, 192.0.2.2", "192.0.2.1, x"] {
            assert_eq!(client(proxies, SEEN, &entries(list)), SEEN.parse().ok(), "{list}");
        }
        assert_eq!(client(proxies, SEEN, &json!({})), SEEN.parse().ok());
        for unknown in ["", "test-invoke-source-ip"] {
            let list = entries(&format!("192.0.2.1, 192.0.2.2, {SEEN}"));
            assert_eq!(client(proxies, unknown, &list), None);
        }
    }
    // In another spelling it is the same address.
    let list = entries("192.0.2.1, ::ffff:198.51.100.9");
    assert_eq!(client(1, SEEN, &list), "192.0.2.1".parse().ok());
    let list = entries("192.0.2.1, [2001:DB8::0:9]:443");
    assert_eq!(client(1, "2001:db8::9", &list), "192.0.2.1".parse().ok());
}

#[test]
fn a_report_is_due_once_a_minute() {
    let reported_at = AtomicI64::new(i64::MIN);
    let at =
        |seconds: i64| is_due(&reported_at, NumericDate::from_seconds(1_700_000_000 + seconds));
    let due = [0_i64, 0, 59, 60, 61, 119, 120, 60, 61].map(at);
    assert_eq!(due, [true, false, false, true, false, false, true, true, false]);
}

#[test]
fn ipv4_is_ipv4_however_it_is_written() {
    assert_eq!(client(0, "::ffff:1.2.3.4", &json!({})), "1.2.3.4".parse().ok());
}

/// An entry as a proxy writes it, or as nobody should.
fn entry() -> impl Strategy<Value = String> {
    let spaces = " {0,2}";
    let text = prop_oneof![
        any::<IpAddr>().prop_map(|it| it.to_string()),
        any::<SocketAddr>().prop_map(|it| it.to_string()),
        any::<std::net::Ipv6Addr>().prop_map(|it| format!("[{it}]")),
        any::<std::net::Ipv6Addr>().prop_map(|it| format!("[{it}%3]:80")),
        "[^,]{0,20}",
    ];
    (spaces, text, spaces).prop_map(|(before, text, after)| format!("{before}{text}{after}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_list_makes_it_panic_or_lead_past_the_entry_that_counts(
        values in prop::collection::vec(prop::collection::vec(entry(), 0..60), 0..20),
        seen: IpAddr,
        proxies in 0..=3_u32,
    ) {
        let mut values: Vec<_> = values.iter().map(|entries| entries.join(",")).collect();
        values.push(seen.to_string());
        let headers = json!({ "X-Forwarded-For": values });
        let found = client(proxies, &seen.to_string(), &headers).unwrap();
        prop_assert_eq!(found, found.to_canonical());
        let joined = values.join(",");
        let entries: Vec<_> = joined.split(',').collect();
        let at = entries.len().checked_sub(1 + proxies as usize);
        let expected = at.and_then(|at| plain(entries[at])).unwrap_or(seen);
        prop_assert_eq!(found, expected.to_canonical(), "{:?}", at.map(|at| entries[at]));
    }
}

/// The address of an entry, read in another way.
fn plain(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim_matches(' ');
    let (address, port) = match entry.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            (
                IpAddr::V6(address.parse().ok()?),
                port.strip_prefix(':').or(Some("0").filter(|_| port.is_empty()))?,
            )
        }
        None if entry.contains('.') && entry.matches(':').count() == 1 => {
            let (address, port) = entry.split_once(':')?;
            (IpAddr::V4(address.parse().ok()?), port)
        }
        None => (entry.parse().ok()?, "0"),
    };
    let is_port = port.bytes().all(|it| it.is_ascii_digit()) && port.parse::<u16>().is_ok();
    is_port.then_some(address)
}
