//! An RSA key that the service accepts beside its own, and its signatures by any algorithm.

use std::time::{Duration, Instant};

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
    RSA_PSS_SHA512, RsaEncoding, RsaKeyPair,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::jws::{Draft, encode};
use crate::target::Target;

/// The algorithms of an RSA key, by their names in `alg`.
pub(crate) const ALGORITHMS: [(&str, &dyn RsaEncoding); 6] = [
    ("RS256", &RSA_PKCS1_SHA256),
    ("RS384", &RSA_PKCS1_SHA384),
    ("RS512", &RSA_PKCS1_SHA512),
    ("PS256", &RSA_PSS_SHA256),
    ("PS384", &RSA_PSS_SHA384),
    ("PS512", &RSA_PSS_SHA512),
];

/// The length of the modulus, and of a signature, in bytes.
pub(crate) const LENGTH: usize = 384;

/// An RSA key of 3072 bits with the exponent 65537.
pub(crate) struct RsaKey(RsaKeyPair);

impl RsaKey {
    /// A new key.
    pub(crate) fn generate() -> Self {
        Self(RsaKeyPair::generate(KeySize::Rsa3072).expect("a key"))
    }

    /// A new key, published in the service's database as a key that is to sign next.
    pub(crate) fn accepted_by(target: &Target) -> Self {
        let key = Self::generate();
        let publish = "INSERT INTO signing_keys (kid, jwk, published_at) VALUES ($1, $2, now() - interval '1h')";
        target.database().query(publish, &[&key.kid(), &key.jwk().to_string()]);
        // A container reads the keys at most every five seconds. From then on, none of them refuses it.
        let (read_again, deadline) = (Duration::from_secs(6), Duration::from_secs(20));
        let published = Instant::now();
        let token = key.token(&Draft::of(&target.ada().token));
        while target.get_as(&token, "/api/auth/users/me").status != 200
            || published.elapsed() < read_again
        {
            assert!(published.elapsed() < deadline, "a published RSA key's token is refused");
            std::thread::park_timeout(Duration::from_millis(200));
        }
        key
    }

    /// Ends its publication.
    pub(crate) fn withdraw(&self, target: &Target) {
        target.database().query("DELETE FROM signing_keys WHERE kid = $1", &[&self.kid()]);
    }

    /// The signature of `signed` by one of [`ALGORITHMS`].
    pub(crate) fn signature(&self, algorithm: &'static dyn RsaEncoding, signed: &str) -> Vec<u8> {
        let mut signature = vec![0; LENGTH];
        let random = SystemRandom::new();
        self.0.sign(algorithm, &random, signed.as_bytes(), &mut signature).expect("a signature");
        signature
    }

    /// The token with an RS256 signature and this key's id, whatever its header's `alg`.
    pub(crate) fn sign(&self, draft: &Draft) -> String {
        draft.with_signature(&self.signature(&RSA_PKCS1_SHA256, &draft.signed_part()))
    }

    /// The token as the service would issue it with this key.
    pub(crate) fn token(&self, draft: &Draft) -> String {
        self.sign(&draft.header("alg", "RS256").header("kid", self.kid()))
    }

    /// The public key as a DER-encoded `RSAPublicKey` (PKCS #1).
    pub(crate) fn pkcs1(&self) -> Vec<u8> {
        self.0.public_key().as_ref().to_vec()
    }

    /// The public key as a DER-encoded SPKI.
    pub(crate) fn spki(&self) -> Vec<u8> {
        let der: PublicKeyX509Der<'_> = self.0.public_key().as_der().expect("DER");
        der.as_ref().to_vec()
    }

    /// The modulus: the bytes before the exponent 65537, which ends the PKCS #1 form.
    pub(crate) fn modulus(&self) -> Vec<u8> {
        let der = self.pkcs1();
        let before = der.strip_suffix(&[2, 3, 1, 0, 1]).expect("the exponent 65537");
        before[before.len() - LENGTH..].to_vec()
    }

    /// The public key as a JWK, with only the members of a thumbprint.
    pub(crate) fn jwk(&self) -> Value {
        json!({ "e": "AQAB", "kty": "RSA", "n": encode(self.modulus()) })
    }

    /// The thumbprint (RFC 7638), which is the key id.
    pub(crate) fn kid(&self) -> String {
        // serde_json sorts the members by name, as the thumbprint requires.
        encode(Sha256::digest(self.jwk().to_string()))
    }
}
