//! Every byte of a password counts.

use crate::check::{Check, checks};
use crate::person::Person;
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        every_byte_of_72_counts;
        the_73rd_byte_counts;
        every_byte_of_100_counts;
        every_byte_of_1024_counts;
        a_password_is_no_prefix_of_a_longer_one;
        spaces_in_a_password_are_significant;
        the_case_of_a_password_is_significant;
        any_unicode_is_a_password also Emulator;
        composed_and_decomposed_letters_differ;
        a_password_may_look_like_a_hash_or_sql;
    ]
}

/// Signs up with `right`, and asserts that only `right` signs in.
#[track_caller]
fn only(target: &Target, right: &str, wrong: &[&str]) {
    let person = Person::new("bytes").with_password(right);
    let answer = target.signup(&person);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(target.signin(&person.username, right).status, 200);
    for password in wrong {
        assert_ne!(*password, right);
        let answer = target.signin(&person.username, password);
        answer.is_text(401, "Incorrect username or password");
    }
}

fn of_length(length: usize) -> String {
    "0123456789 abcdefghij".chars().cycle().take(length).collect()
}

/// The password with another byte at `offset`.
fn altered(password: &str, offset: usize) -> String {
    let mut bytes = password.as_bytes().to_vec();
    bytes[offset] ^= 1;
    String::from_utf8(bytes).expect("ASCII")
}

fn every_byte_of_72_counts(target: &Target) {
    let right = of_length(72);
    only(target, &right, &[&altered(&right, 71), &altered(&right, 0), &right[..71]]);
}

fn the_73rd_byte_counts(target: &Target) {
    let right = of_length(73);
    only(target, &right, &[&altered(&right, 72), &right[..72], &of_length(74)]);
}

fn every_byte_of_100_counts(target: &Target) {
    let right = of_length(100);
    only(target, &right, &[&altered(&right, 99), &altered(&right, 72), &right[..72], &right[..99]]);
}

fn every_byte_of_1024_counts(target: &Target) {
    let right = of_length(1024);
    only(target, &right, &[&altered(&right, 1023), &altered(&right, 500), &right[..72]]);
}

fn a_password_is_no_prefix_of_a_longer_one(target: &Target) {
    let right = of_length(71);
    only(target, &right, &[&of_length(72), &of_length(73), &of_length(100), &of_length(70)]);
}

fn spaces_in_a_password_are_significant(target: &Target) {
    let right = "  two  spaces  ";
    only(target, right, &[right.trim(), " two spaces ", "  two  spaces ", "\ttwo  spaces  "]);
    only(target, "        ", &["         ", "       ", ""]);
}

fn the_case_of_a_password_is_significant(target: &Target) {
    only(target, "Correct Horse", &["correct horse", "CORRECT HORSE"]);
}

fn any_unicode_is_a_password(target: &Target) {
    for right in [
        "\u{1f40e}\u{1f50b}\u{1f4ce}\u{2714}\u{fe0f} four words",
        "\u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{44c} \u{434}\u{43b}\u{44f} \u{432}\u{441}\u{435}\u{445}",
        "\u{79d8}\u{5bc6}\u{7684}\u{9a6c}\u{548c}\u{7535}\u{6c60}\u{9489}",
        "line\nbreak\ttab\u{7f}\u{1}control",
        "quote\" back\\slash / < & > ' %41 +",
        "zero\u{200b}width\u{feff}\u{202e}mark",
    ] {
        only(target, right, &[&format!("{right} "), "another one altogether"]);
    }
}

fn composed_and_decomposed_letters_differ(target: &Target) {
    only(target, "caf\u{e9} au lait", &["cafe\u{301} au lait"]);
    only(target, "cafe\u{301} au lait", &["caf\u{e9} au lait"]);
    only(target, "\u{212b}ngstr\u{f6}m 10", &["\u{c5}ngstr\u{f6}m 10"]);
}

fn a_password_may_look_like_a_hash_or_sql(target: &Target) {
    only(target, "' OR '1'='1' --", &["' OR '1'='1'"]);
    only(target, "$2b$12$abcdefghijklmnopqrstuuJ8xJt0Q", &["$2b$12$abcdefghijklmnopqrstuu"]);
}
