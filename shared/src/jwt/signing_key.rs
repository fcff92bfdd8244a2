//! The key that signs tokens.

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::algorithm::Algorithm;
use super::public_key::{Kid, PublicKey};
use crate::environment::Environment;
use crate::secret::Secret;

/// A private key with its public key. Its form decides its algorithm.
pub struct SigningKey {
    private_key: PrivateKey,
    public_key: PublicKey,
    kid: Kid,
}

enum PrivateKey {
    P256(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

/// An `ECPrivateKey` of RFC 5915 around a bare scalar: version 1, 32 octets, then [`OF_P256`].
const EC_PRIVATE_KEY: [u8; 7] = [0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20];
/// The parameters of an `ECPrivateKey`: the object identifier of P-256.
const OF_P256: [u8; 12] = [0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

impl SigningKey {
    /// The form of a signing key, for error messages.
    pub const SHAPE: &str = "must be 64 hexadecimal digits below the order of P-256 and not 0, or a \
        PEM of a P-256 key, or of an RSA key of 2048 to 4096 bits with the exponent 65537";

    /// Parses 64 hexadecimal digits as the private scalar of a P-256 key, or a PEM of a P-256 key
    /// (SEC 1 or PKCS #8) or of an RSA key (PKCS #8 or #1). `None` if it hasn't this [shape].
    ///
    /// [shape]: Self::SHAPE
    pub fn parse(text: &Secret<String>) -> Option<Self> {
        let text = text.expose().trim();
        let der = scalar(text)
            .map(|scalar| [&EC_PRIVATE_KEY[..], &scalar, &OF_P256].concat())
            .or_else(|| pem(text))?;
        let (private_key, public_key) = p256(&der).or_else(|| rsa(&der))?;
        let kid = public_key.kid();
        Some(Self { private_key, public_key, kid })
    }

    /// The public key.
    pub const fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// The public key's identifier.
    pub const fn kid(&self) -> &Kid {
        &self.kid
    }

    /// Signs by the algorithm of its public key. Fails if the system's random source does.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let random = SystemRandom::new();
        match &self.private_key {
            PrivateKey::P256(pair) => Ok(pair.sign(&random, message)?.as_ref().to_vec()),
            PrivateKey::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)?;
                Ok(signature)
            }
        }
    }
}

fn p256(der: &[u8]) -> Option<(PrivateKey, PublicKey)> {
    let pair = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, der).ok()?;
    let public_key = PublicKey::from_point(pair.public_key().as_ref())?;
    Some((PrivateKey::P256(pair), public_key))
}

fn rsa(der: &[u8]) -> Option<(PrivateKey, PublicKey)> {
    let pair = RsaKeyPair::from_pkcs8(der).or_else(|_| RsaKeyPair::from_der(der)).ok()?;
    let public_key = PublicKey::from_pkcs1(pair.public_key().as_ref())?;
    Some((PrivateKey::Rsa(pair), public_key))
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

fn scalar(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut scalar = [0; 32];
    for (byte, pair) in scalar.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |c: u8| char::from(c).to_digit(16);
        *byte = u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()?;
    }
    Some(scalar)
}

fn pem(text: &str) -> Option<Vec<u8>> {
    let labels = ["EC PRIVATE KEY", "RSA PRIVATE KEY", "PRIVATE KEY"];
    let body = labels.iter().find_map(|label| {
        let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----"))?;
        Some(rest.split_once(&format!("-----END {label}-----"))?.0)
    })?;
    let body: String = body.chars().filter(|c| !c.is_whitespace()).collect();
    STANDARD.decode(body).ok()
}

/// The source of the signing key.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// `SIGNING_KEY`: the key itself.
    Value(Secret<String>),
    /// `SIGNING_KEY_ARN`: the ARN of its secret.
    Arn(String),
}

impl KeySource {
    /// Reads `SIGNING_KEY`, or else `SIGNING_KEY_ARN`; and `SIGNING_ALGORITHM`, by which a key of the
    /// setting must sign. The secret's key may still have the other algorithm: it signs until a new
    /// one is promoted.
    pub fn from_env(env: &mut Environment) -> Self {
        let algorithm = Algorithm::from_env(env);
        let value = env.secret("SIGNING_KEY");
        let arn = env.text("SIGNING_KEY_ARN");
        match (value, arn) {
            (Some(value), _) => {
                match SigningKey::parse(&value).map(|key| key.public_key.algorithm()) {
                    None => env.refuse("SIGNING_KEY", SigningKey::SHAPE),
                    Some(own) if own != algorithm => {
                        let rule = format!("signs by {own}, which SIGNING_ALGORITHM must name too");
                        env.refuse("SIGNING_KEY", &rule);
                    }
                    Some(_) => {}
                }
                Self::Value(value)
            }
            (None, Some(arn)) => Self::Arn(arn),
            (None, None) => {
                env.refuse("SIGNING_KEY", "or SIGNING_KEY_ARN must be set");
                Self::Arn(String::new())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<SigningKey> {
        SigningKey::parse(&Secret::new(text.to_owned()))
    }

    /// RFC 6979 appendix A.2.5's key.
    const SCALAR: &str = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
    /// OpenSSL wrote it from the scalar 0x11…11.
    const SEC1: &str = "-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIBERERERERERERERERERERERERERERERERERERERERERoAoGCCqGSM49
AwEHoUQDQgAEAhfmF/C2RDkoJ4+WmZ5pojpPLBUr321s32bluAKC1O0ZSn3ry5dx
LS3aPKhaqHZaVvRfx1hZllLyiXxlMG5XlA==
-----END EC PRIVATE KEY-----
";
    const PKCS8: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgERERERERERERERER
ERERERERERERERERERERERERERGhRANCAAQCF+YX8LZEOSgnj5aZnmmiOk8sFSvf
bWzfZuW4AoLU7RlKfevLl3EtLdo8qFqodlpW9F/HWFmWUvKJfGUwbleU
-----END PRIVATE KEY-----
";

    const RSA: &str = include_str!("../../../tests/stage/keys/rsa-3072.pem");

    #[test]
    fn a_pem_of_openssl_is_read_as_its_scalar() {
        let kid = parse(&"1".repeat(64)).unwrap().kid().clone();
        for pem in [SEC1, PKCS8] {
            assert_eq!(parse(pem).unwrap().kid(), &kid);
            assert!(parse(&pem[..pem.len() - 40]).is_none());
        }
    }

    #[test]
    fn a_scalar_gives_the_point_of_rfc_6979() {
        let json = serde_json::to_value(parse(SCALAR).unwrap().public_key()).unwrap();
        assert_eq!(json["x"], "YP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Y");
        assert_eq!(json["y"], "eQP-EAi4vJmkGunpVii8ZPLxsgwtfp9Rd6PClNRGIpk");
    }

    #[test]
    fn an_invalid_scalar_of_p256_is_refused() {
        let order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
        let below = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550";
        assert!(parse(below).is_some());
        for text in [order, &"0".repeat(64), &"f".repeat(64), &"g".repeat(64), &SCALAR[1..], ""] {
            assert!(parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn an_rsa_key_is_read_from_a_pem_in_lines_or_in_one() {
        let key = parse(RSA).unwrap();
        assert_eq!(key.public_key().algorithm(), Algorithm::Rs256);
        for line_end in [" ", ""] {
            assert_eq!(parse(&RSA.replace('\n', line_end)).unwrap().kid(), key.kid());
        }
        assert!(parse(&RSA[..RSA.len() - 40]).is_none());
    }

    #[test]
    fn a_short_rsa_key_and_another_exponent_are_refused() {
        for pem in [
            include_str!("../../../tests/stage/keys/rsa-1024.pem"),
            include_str!("../../../tests/stage/keys/rsa-exponent-3.pem"),
        ] {
            assert!(parse(pem).is_none());
            let mut env = Environment::from_iter([("SIGNING_KEY", pem)]);
            KeySource::from_env(&mut env);
            let sentence = env.check().unwrap_err().to_string();
            assert!(sentence.contains("2048 to 4096 bits with the exponent 65537"), "{sentence}");
        }
    }

    #[test]
    fn a_key_of_the_setting_signs_by_the_algorithm_of_the_setting() {
        let check = |key: &str, algorithm: &str| {
            let pairs = [("SIGNING_KEY", key), ("SIGNING_ALGORITHM", algorithm)];
            let mut env = Environment::from_iter(pairs);
            KeySource::from_env(&mut env);
            env.check().map_err(|invalid| invalid.to_string())
        };
        for (key, algorithm) in [(SCALAR, "ES256"), (SCALAR, ""), (RSA, "RS256")] {
            assert_eq!(check(key, algorithm), Ok(()));
        }
        for (key, own, other) in [(SCALAR, "ES256", "RS256"), (RSA, "RS256", "ES256")] {
            let sentence = check(key, other).unwrap_err();
            let expected = format!("SIGNING_KEY signs by {own}, which SIGNING_ALGORITHM must name");
            assert!(sentence.contains(&expected), "{sentence}");
        }
        assert!(check(SCALAR, "HS256").unwrap_err().contains("must be ES256 or RS256"));
    }

    #[test]
    fn a_setting_that_is_no_key_is_named_and_not_shown() {
        let mut env = Environment::from_iter([("SIGNING_KEY", "hunter2")]);
        KeySource::from_env(&mut env);
        let sentence = env.check().unwrap_err().to_string();
        assert!(sentence.contains("SIGNING_KEY must be 64") && !sentence.contains("hunter2"));
    }
}
