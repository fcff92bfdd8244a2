//! Forged tokens while the service accepts an RSA key beside the P-256 key that signs.

use std::sync::OnceLock;

use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use serde_json::json;

use crate::check::{Check, checks};
use crate::jws::{self, Draft, Key, decode, encode};
use crate::rsa::{ALGORITHMS, LENGTH, RsaKey};
use crate::target::Target;
use crate::tokens::signature::pem;
use crate::tokens::{Forgeries, draft};

pub(crate) fn checks() -> Vec<Check> {
    checks![a_token_is_verified_by_the_algorithm_of_its_key_alone also Pooler needs Runner OwnKey;]
}

/// One check, so that one key is published, and only while it runs.
fn a_token_is_verified_by_the_algorithm_of_its_key_alone(target: &Target) {
    let rsa = RsaKey::accepted_by(target);
    let draft = draft(target).header("alg", "RS256").header("kid", rsa.kid());
    let both = Both { target, p256: target.key(), rsa, draft };
    both.genuine_tokens_are_believed();
    let mut forgeries = Forgeries::default();
    both.other_algorithms(&mut forgeries);
    both.other_spellings(&mut forgeries);
    both.the_other_kind(&mut forgeries);
    both.hmac_with_the_public_key(&mut forgeries);
    both.keys_in_the_header(&mut forgeries);
    both.other_signatures(&mut forgeries);
    assert!(forgeries.0.len() > 250, "{}", forgeries.0.len());
    forgeries.are_refused(target);
    both.genuine_tokens_are_believed();
    both.rsa.withdraw(target);
    let token = both.rsa.token(&both.draft);
    target.me_as(&token).is_unauthorized(target);
}

struct Both<'a> {
    target: &'a Target,
    p256: &'a Key,
    rsa: RsaKey,
    /// A token of the RSA key's.
    draft: Draft,
}

/// A key that no service knows.
fn stranger() -> &'static RsaKey {
    static STRANGER: OnceLock<RsaKey> = OnceLock::new();
    STRANGER.get_or_init(RsaKey::generate)
}

impl Both<'_> {
    fn genuine_tokens_are_believed(&self) {
        let p256 = self.of_p256().sign(self.p256);
        for token in [self.rsa.sign(&self.draft), p256] {
            let answer = self.target.me_as(&token);
            answer.is_json(200, &self.target.ada().person.public());
        }
    }

    /// The same token of the P-256 key's.
    fn of_p256(&self) -> Draft {
        self.draft.header("alg", "ES256").header("kid", self.p256.kid())
    }

    /// Each algorithm's signature, under each algorithm's name.
    fn other_algorithms(&self, forgeries: &mut Forgeries) {
        for (name, _) in ALGORITHMS {
            let draft = self.draft.header("alg", name);
            for (by, algorithm) in
                ALGORITHMS.iter().filter(|(by, _)| (name, *by) != ("RS256", "RS256"))
            {
                let signature = self.rsa.signature(*algorithm, &draft.signed_part());
                forgeries.add(format!("{name}, signed by {by}"), draft.with_signature(&signature));
            }
        }
    }

    /// A right RS256 signature over a header that names it otherwise.
    fn other_spellings(&self, forgeries: &mut Forgeries) {
        for name in [
            "",
            "none",
            "None",
            "NONE",
            "nOnE",
            "rs256",
            "Rs256",
            "rS256",
            "RS256 ",
            " RS256",
            "RS-256",
            "RS256\0",
            "RS256,RS256",
            "RSA256",
            "RSA-SHA256",
            "SHA256withRSA",
            "RSASSA-PKCS1-v1_5",
            "RS",
            "256",
            "RS1",
            "RSA1_5",
            "RSA-OAEP",
            "HS256",
            "ES256",
            "ES384",
            "ES512",
            "EdDSA",
            "dir",
            "null",
            "\u{ff32}S256",
            "\u{211b}S256",
        ] {
            let draft = self.draft.header("alg", name);
            for draft in [draft.clone(), draft.no_header("kid"), draft.no_header("typ")] {
                forgeries.add(format!("{name:?}: {}", draft.header_json()), self.rsa.sign(&draft));
            }
            forgeries.add(format!("{name:?}, no signature"), draft.with_signature(&[]));
        }
        for odd in [json!(null), json!(["RS256"]), json!({ "RS256": 1 }), json!(256), json!(true)] {
            forgeries.add(format!("alg {odd}"), self.rsa.sign(&self.draft.header("alg", odd)));
        }
        forgeries.add("no alg", self.rsa.sign(&self.draft.no_header("alg")));
        forgeries.add("ALG", self.rsa.sign(&self.draft.no_header("alg").header("ALG", "RS256")));
        let (header, claims) = (self.draft.header_json(), self.draft.claims_json());
        for other in ["none", "HS256", "ES256", "RS256"] {
            for text in [
                header.replacen('{', &format!("{{\"alg\":\"{other}\","), 1),
                format!("{},\"alg\":\"{other}\"}}", &header[..header.len() - 1]),
            ] {
                let signed = format!("{}.{}", encode(&text), encode(&claims));
                let signature = encode(self.rsa.signature(&RSA_PKCS1_SHA256, &signed));
                forgeries.add(format!("alg twice: {text}"), format!("{signed}.{signature}"));
            }
        }
    }

    /// The kind of the key, of its id, of the algorithm and of the signature, in each combination.
    fn the_other_kind(&self, forgeries: &mut Forgeries) {
        for kid in [Some(self.rsa.kid()), Some(self.p256.kid()), None] {
            for alg in ["RS256", "ES256"] {
                let draft = self.draft.header("alg", alg).no_header("kid");
                let draft =
                    kid.as_ref().map_or(draft.clone(), |kid| draft.header("kid", kid.clone()));
                let is_rsa = kid.as_ref() == Some(&self.rsa.kid()) && alg == "RS256";
                let is_p256 = kid.as_ref() == Some(&self.p256.kid()) && alg == "ES256";
                let header = draft.header_json();
                if !is_rsa {
                    forgeries.add(format!("{header} by the RSA key"), self.rsa.sign(&draft));
                }
                if !is_p256 {
                    forgeries.add(format!("{header} by the P-256 key"), draft.sign(self.p256));
                }
            }
        }
    }

    /// HS256, and the algorithms of others, with anything public of the RSA key as the secret.
    fn hmac_with_the_public_key(&self, forgeries: &mut Forgeries) {
        let (spki, pkcs1) = (self.rsa.spki(), self.rsa.pkcs1());
        let modulus = self.rsa.modulus();
        let legacy = Draft { header: serde_json::Map::new(), ..self.draft.clone() };
        let legacy = legacy.header("typ", "JWT").claim("sub", "ada");
        let secrets = [
            ("the SPKI", spki.clone()),
            ("its PEM", pem("PUBLIC KEY", &spki).into_bytes()),
            ("its PEM without the last line end", pem("PUBLIC KEY", &spki).trim_end().into()),
            ("the PKCS #1 form", pkcs1.clone()),
            ("its PEM, too", pem("RSA PUBLIC KEY", &pkcs1).into_bytes()),
            ("the JWK", self.rsa.jwk().to_string().into_bytes()),
            ("the modulus", modulus.clone()),
            ("the modulus in base64url", encode(modulus).into_bytes()),
            ("the key's id", self.rsa.kid().into_bytes()),
            ("nothing", Vec::new()),
        ];
        for (what, secret) in secrets {
            for name in ["HS256", "hs256", "HS384", "RS256", "ES256"] {
                let own = self.draft.header("alg", name);
                for draft in [own.clone(), own.no_header("kid"), legacy.header("alg", name)] {
                    let signature = jws::hmac(&secret, &draft.signed_part());
                    let flaw = format!("{} with {what} as the secret", draft.header_json());
                    forgeries.add(flaw, draft.with_signature(&signature));
                }
            }
        }
    }

    /// A header that brings the key that signed.
    fn keys_in_the_header(&self, forgeries: &mut Forgeries) {
        for (whose, key) in [("our", &self.rsa), ("a stranger's", stranger())] {
            for (name, value) in [
                ("jwk", key.jwk()),
                ("jku", json!("http://127.0.0.1:9/jwks.json")),
                ("x5c", json!([pem("CERTIFICATE", &key.spki())])),
                ("x5u", json!("http://127.0.0.1:9/cert.pem")),
            ] {
                let draft = self.draft.header(name, value);
                for draft in [draft.clone(), draft.no_header("kid"), draft.header("kid", key.kid())]
                {
                    forgeries.add(format!("{name} of {whose} key"), key.sign(&draft));
                }
            }
        }
        forgeries.add("a stranger's, under our id", stranger().sign(&self.draft));
        forgeries.add("a stranger's, under its own id", stranger().token(&self.draft));
    }

    /// Altered, truncated and invented signatures.
    fn other_signatures(&self, forgeries: &mut Forgeries) {
        let token = self.rsa.sign(&self.draft);
        let signature = decode(token.rsplit('.').next().expect("a signature"));
        for bit in (0..LENGTH * 8).step_by(97) {
            let mut altered = signature.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            forgeries.add(format!("bit {bit}"), self.draft.with_signature(&altered));
        }
        let modulus = self.rsa.modulus();
        let one = [vec![0; LENGTH - 1], vec![1]].concat();
        let mut almost = modulus.clone();
        almost[LENGTH - 1] -= 1;
        for (what, invented) in [
            ("all 0", vec![0; LENGTH]),
            ("1, which is its own root", one),
            ("the modulus", modulus),
            ("the modulus less 1", almost),
            ("all ones", vec![0xff; LENGTH]),
            ("a byte less", signature[1..].to_vec()),
            ("a byte less at the end", signature[..LENGTH - 1].to_vec()),
            ("a zero before", [&[0], &signature[..]].concat()),
            ("a zero after", [&signature[..], &[0]].concat()),
            ("64 bytes of it", signature[..64].to_vec()),
            ("its first 256 bytes", signature[..256].to_vec()),
        ] {
            forgeries.add(what, self.draft.with_signature(&invented));
        }
    }
}
