//! Stored passwords of an adopted database, as passlib wrote them.

use crate::check::{Check, checks};
use crate::person::Person;
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        every_make_of_bcrypt_is_read also Emulator needs Database;
        a_hash_that_passlib_accepts_despite_a_flaw_is_accepted needs Database;
        passlibs_bcrypt_sha256_is_read also Emulator needs Database;
        the_legacy_apps_hash_of_a_long_password_signs_in needs Database;
        a_malformed_hash_is_a_wrong_password needs Database;
        no_stored_password_is_a_wrong_password also Pooler, Emulator needs Database;
        an_adopted_password_may_be_short needs Database;
        an_adopted_password_may_be_one_that_everyone_uses needs Database;
        a_hash_of_lower_cost_is_replaced_in_its_own_scheme also Pooler, Emulator needs Database;
        a_wrong_password_replaces_nothing also Pooler, Emulator needs Database;
        a_plain_insert_makes_a_user_without_roles also Pooler, Emulator needs Database;
    ]
}

const WRONG: &str = "Incorrect username or password";
const SHORT: &str = "correct horse battery";
/// 100 bytes, and the first 72 of them.
const LONG: &str = "correct horse battery staple correct horse battery staple correct horse \
                    battery staple correct horse";

/// passlib 1.7.4's hashes of `SHORT`.
const MAKES: [&str; 4] = [
    "$2b$04$jdKw.xB3ycMjCRZuvXU.NO.PZF0J4DmdMsksAmi85z/tWVAXa08.S",
    "$2a$05$10llMOJSJasMS2vJFKZ1I.96eQ9N9hHDQpZ8gelCTiFPmrkVyVUbq",
    "$2y$05$omIod15UeLqtuKEowNEQyuBB66c46nh1M2XgmW5exTlCm2tYQOEPO",
    "$2b$12$idOji.NscpM.NzOJirVM1OHtr0eSzV8Gx.gUoTc8GADsgi9F7T.ne",
];
/// passlib 1.7.4's `bcrypt` hash of `LONG`, which covers its first 72 bytes.
const CUT: &str = "$2b$04$.ZwY/X2ML0g5CFyeA/aL6O8H57a2fMaykNiEKEdky9.tN3pJYl4Dm";
/// passlib 1.7.4's `bcrypt_sha256` hashes: the last of version 1, the others of version 2.
const SHA256: [(&str, &str); 3] = [
    (LONG, "$bcrypt-sha256$v=2,t=2b,r=4$6tc0gtDC5xyfcKiXyYCype$J/NPKK3msDEN1glBPop/NfQ4IekFc2q"),
    (SHORT, "$bcrypt-sha256$v=2,t=2b,r=4$GrthSuCV1VHVox9Ya.SSe.$PfOm7B3YqoJ1AGM0MTZlqPPoB.iefQi"),
    (LONG, "$bcrypt-sha256$2b,4$VVzYQIwc1Lky9cVO316hGO$5ij0qQlFFvBt8/rFvknSRrwqtxNjobu"),
];

/// Unusual hashes of `SHORT` that passlib 1.7.4 verifies: bcrypt's first form, unused bits in the
/// salt and in the digest, a trailing newline.
const OVERLOOKED: [&str; 4] = [
    "$2$04$XM2Abp0Ui4yDHY8uepZ0GeNQMCxVeCOd.rCJxBwQcVU5Oc50AdyNK",
    "$2b$04$jdKw.xB3ycMjCRZuvXU.NT.PZF0J4DmdMsksAmi85z/tWVAXa08.S",
    "$2b$04$jdKw.xB3ycMjCRZuvXU.NO.PZF0J4DmdMsksAmi85z/tWVAXa08.T",
    "$bcrypt-sha256$v=2,t=2b,r=4$GrthSuCV1VHVox9Ya.SSe.$PfOm7B3YqoJ1AGM0MTZlqPPoB.iefQi\n",
];

/// A user as the legacy app's `INSERT` makes one.
fn inserted(target: &Target, hash: Option<&str>) -> Person {
    let person = Person::new("inserted");
    target.secrets.add(&person.email);
    target.database().query(
        "INSERT INTO users (username, email, password) VALUES ($1, $2, $3)",
        &[&person.username, &person.email, &hash],
    );
    person
}

fn signs_in(target: &Target, person: &Person, password: &str) {
    let answer = target.signin(&person.username, password);
    assert_eq!(answer.status, 200, "{}", answer.text());
}

fn is_wrong(target: &Target, person: &Person, password: &str) {
    target.signin(&person.username, password).is_text(401, WRONG);
}

fn every_make_of_bcrypt_is_read(target: &Target) {
    for hash in MAKES {
        let person = inserted(target, Some(hash));
        is_wrong(target, &person, "correct horse batterz");
        signs_in(target, &person, SHORT);
        signs_in(target, &person, SHORT);
    }
}

fn a_hash_that_passlib_accepts_despite_a_flaw_is_accepted(target: &Target) {
    for hash in OVERLOOKED {
        let person = inserted(target, Some(hash));
        is_wrong(target, &person, "correct horse batterz");
        signs_in(target, &person, SHORT);
        signs_in(target, &person, SHORT);
        is_wrong(target, &person, "correct horse batterz");
    }
}

fn passlibs_bcrypt_sha256_is_read(target: &Target) {
    for (password, hash) in SHA256 {
        let person = inserted(target, Some(hash));
        is_wrong(target, &person, &password[..password.len() - 1]);
        signs_in(target, &person, password);
        signs_in(target, &person, password);
        is_wrong(target, &person, &password[..password.len() - 1]);
    }
}

fn the_legacy_apps_hash_of_a_long_password_signs_in(target: &Target) {
    let person = inserted(target, Some(CUT));
    assert_eq!(LONG.len(), 100);
    for _ in 0..2 {
        signs_in(target, &person, LONG);
        signs_in(target, &person, &LONG[..72]);
        is_wrong(target, &person, &LONG[..71]);
    }
}

fn a_malformed_hash_is_a_wrong_password(target: &Target) {
    for odd in [
        "",
        " ",
        "plaintext",
        "$",
        "$2b$",
        "$2b$12$",
        "$2b$12$tooshort",
        "$2x$12$",
        "$2b$99$",
        "$1$salt$qJH7.N4xYta3aEG/dfqo/0",
        "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA",
        "$2b$12$!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!",
        "$bcrypt-sha256$",
        "$bcrypt-sha256$v=3,t=2b,r=4$6tc0gtDC5xyfcKiXyYCype$J/NPKK3msDEN1glBPop/NfQ4IekFc2q",
        "$bcrypt-sha256$v=2,t=2b,r=04$6tc0gtDC5xyfcKiXyYCype$J/NPKK3msDEN1glBPop/NfQ4IekFc2q",
        "$2b$31$jdKw.xB3ycMjCRZuvXU.NO.PZF0J4DmdMsksAmi85z/tWVAXa08.S",
        "$2b$04$jdKw.xB3ycMjCRZuvXU.NO.PZF0J4DmdMsksAmi85z/tWVAXa08.S\n",
        "{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=",
        "\u{1f40e}",
    ] {
        let person = inserted(target, Some(odd));
        is_wrong(target, &person, odd);
        is_wrong(target, &person, SHORT);
    }
}

fn no_stored_password_is_a_wrong_password(target: &Target) {
    let person = inserted(target, None);
    for password in ["", "null", "None", SHORT] {
        is_wrong(target, &person, password);
    }
}

fn an_adopted_password_may_be_short(target: &Target) {
    // passlib's hash of "abc", cost 4.
    let person =
        inserted(target, Some("$2b$04$wUmg3vNE97YyuZ6HPXMSw.Apiy0thD64acouk0QgbudltFpjhSLsu"));
    signs_in(target, &person, "abc");
    is_wrong(target, &person, "abd");
}

fn an_adopted_password_may_be_one_that_everyone_uses(target: &Target) {
    // passlib's hash of "password", cost 4.
    let person =
        inserted(target, Some("$2b$04$PP/fTkFj2GwVHHHcENPSFOJDeIET9z.LJj660/351nmp23QdPAcI."));
    signs_in(target, &person, "password");
    is_wrong(target, &person, "Password");
}

fn a_hash_of_lower_cost_is_replaced_in_its_own_scheme(target: &Target) {
    let cost = target.bcrypt_cost();
    let bcrypt = format!("$2b${cost:02}$");
    let bcrypt_sha256 = format!("$bcrypt-sha256$v=2,t=2b,r={cost}$");
    for (password, hash, start) in [
        (SHORT, MAKES[0], &bcrypt),
        (SHORT, MAKES[1], &bcrypt),
        (LONG, CUT, &bcrypt),
        (LONG, SHA256[0].1, &bcrypt_sha256),
    ] {
        let person = inserted(target, Some(hash));
        signs_in(target, &person, password);
        let stored = target.database().hash_of(&person.username).expect("a hash");
        assert_ne!(stored, hash, "it was of a lower cost");
        assert!(stored.starts_with(start), "{} became {}", &hash[..9], &stored[..16]);
        signs_in(target, &person, password);
        assert_eq!(target.database().hash_of(&person.username), Some(stored), "once is enough");
    }
}

fn a_wrong_password_replaces_nothing(target: &Target) {
    let person = inserted(target, Some(MAKES[0]));
    is_wrong(target, &person, "correct horse batterz");
    assert_eq!(target.database().hash_of(&person.username).as_deref(), Some(MAKES[0]));
}

fn a_plain_insert_makes_a_user_without_roles(target: &Target) {
    let person = inserted(target, Some(MAKES[0]));
    let answer = target.signin(&person.username, SHORT);
    let token = answer.json()["token"].as_str().expect("a token").to_owned();
    target.get_as(&token, "/api/test/profile").is_json(200, &person.public());
    for path in ["/api/test/user", "/api/test/mod", "/api/test/admin"] {
        target.get_as(&token, path).is_forbidden(target);
    }
}
