//! Proofs that a client has signed in to an account before: such a client has a budget of guesses of
//! its own, which strangers can't use up (docs/adr/0036).
//!
//! A proof signs nobody in. It is of a user, and not of a name: a name may be of two adopted users whose
//! spellings differ in normalization, and of another user after the first was deleted.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::clock::NumericDate;
use crate::limits::Key;
use crate::random::Random;
use crate::secret::Secret;
use crate::user_id::UserId;

/// The seconds for which a proof is valid: 400 days, which is as long as browsers keep a cookie.
pub const LIFE_SECONDS: u32 = 34_560_000;

/// The seconds that a proof's time may be ahead, by the clock of another machine.
const MAX_AHEAD: i64 = 300;

/// The clients of an account share so many budgets. With one for each proof, a former holder of the
/// password could have made any number of budgets.
const CLASSES: u8 = 8;

/// The people who may share a browser.
const MAX_PROOFS: usize = 4;

/// The texts of which a client's proofs are read. A browser may have one of ours, and another with other
/// attributes.
const MAX_TEXTS: usize = 4;

/// The account's key, the class, the user's id and the time.
const SIGNED_BYTES: usize = 16 + 1 + 4 + 4;

const PROOF_BYTES: usize = SIGNED_BYTES + 32;

/// A multiple of 3 bytes, so that a proof has one spelling.
const PROOF_CHARACTERS: usize = PROOF_BYTES / 3 * 4;

const SEPARATOR: char = '.';

/// What proofs are made with, from the table `proof_keys`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofSecret(Secret<[u8; 32]>);

/// The proofs that a client sent, in each text the newest first. No MAC has been verified.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proofs(Vec<Secret<[u8; PROOF_BYTES]>>);

/// The client with a valid proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProvenClient {
    /// The user that it has signed in. Whether the name is still that user's is to be checked.
    pub user_id: UserId,
    /// The class of its budget.
    pub class: u8,
}

impl ProofSecret {
    /// The secret in a row; `None` if it has another length.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|bytes| Self(Secret::new(bytes)))
    }

    fn key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, self.0.expose())
    }
}

impl Proofs {
    /// Parses what a client sent. Whatever isn't a proof is left out; of a text that is longer than any
    /// of ours, everything.
    pub fn parse(text: &str) -> Self {
        if text.len() > MAX_PROOFS * (PROOF_CHARACTERS + 1) - 1 {
            return Self::default();
        }
        let decode = |text| {
            let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
            bytes.try_into().ok().map(Secret::new)
        };
        Self(text.split(SEPARATOR).filter_map(decode).collect())
    }

    /// Parses the first few texts that a client sent.
    pub fn parse_all<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        Self(texts.take(MAX_TEXTS).flat_map(|text| Self::parse(text).0).collect())
    }

    /// Whether one names this account, so that the secret is needed to verify it.
    pub fn name(&self, account: &Key) -> bool {
        self.0.iter().any(|proof| is_of(proof.expose(), account))
    }

    /// The client with a valid proof for this account, by the newest.
    pub fn client(
        &self,
        account: &Key,
        secret: &ProofSecret,
        now: NumericDate,
    ) -> Option<ProvenClient> {
        let mut named = self.0.iter().map(Secret::expose).filter(|proof| is_of(proof, account));
        // Made only where there is something to verify.
        let proof = named.next()?;
        let key = secret.key();
        let valid = [proof].into_iter().chain(named).filter_map(|it| verified(it, &key, now));
        valid.min_by_key(|(age, _)| *age).map(|(_, client)| client)
    }

    /// The text for a client that has just signed in to this account of this user: a new proof, and the valid ones
    /// for other accounts, of which the oldest has to go if they are too many.
    pub fn renewed(
        &self,
        account: &Key,
        user_id: UserId,
        secret: &ProofSecret,
        now: NumericDate,
        random: &Random,
    ) -> Secret<String> {
        let key = secret.key();
        let [byte, ..] = random.bytes();
        let client = ProvenClient { user_id, class: byte % CLASSES };
        let mut text = URL_SAFE_NO_PAD.encode(signed(account, client, now, &key));
        let others = self.0.iter().map(Secret::expose).filter(|proof| !is_of(proof, account));
        let valid = others.filter_map(|proof| Some((verified(proof, &key, now)?.0, proof)));
        let mut valid: Vec<_> = valid.collect();
        valid.sort_by_key(|(age, _)| *age);
        let mut accounts = Vec::new();
        for (_, proof) in valid {
            if accounts.len() < MAX_PROOFS - 1 && !accounts.contains(&&proof[..16]) {
                accounts.push(&proof[..16]);
                text.push(SEPARATOR);
                URL_SAFE_NO_PAD.encode_string(proof, &mut text);
            }
        }
        Secret::new(text)
    }
}

fn signed(
    account: &Key,
    client: ProvenClient,
    issued_at: NumericDate,
    key: &hmac::Key,
) -> [u8; PROOF_BYTES] {
    let mut proof = [0; PROOF_BYTES];
    proof[..16].copy_from_slice(account.as_bytes());
    proof[16] = client.class;
    proof[17..21].copy_from_slice(&client.user_id.get().to_be_bytes());
    // A time out of range, of a clock that is decades off, makes a proof that isn't valid.
    let issued_at = u32::try_from(issued_at.seconds()).unwrap_or_default();
    proof[21..SIGNED_BYTES].copy_from_slice(&issued_at.to_be_bytes());
    let tag = hmac::sign(key, &proof[..SIGNED_BYTES]);
    proof[SIGNED_BYTES..].copy_from_slice(tag.as_ref());
    proof
}

/// The account's key is a hash of a name that the client sent too, so this needs no constant time.
fn is_of(proof: &[u8; PROOF_BYTES], account: &Key) -> bool {
    proof.starts_with(account.as_bytes())
}

/// The age and the client of a proof whose MAC is right, and which is neither too old nor of the future.
fn verified(
    proof: &[u8; PROOF_BYTES],
    key: &hmac::Key,
    now: NumericDate,
) -> Option<(i64, ProvenClient)> {
    let (message, tag) = proof.split_at(SIGNED_BYTES);
    hmac::verify(key, message, tag).ok()?;
    let (class, rest) = message[16..].split_first()?;
    let (user_id, issued_at) = rest.split_first_chunk()?;
    let user_id = UserId::new(i32::from_be_bytes(*user_id));
    let issued_at = u32::from_be_bytes(issued_at.try_into().ok()?);
    let age = now.seconds().saturating_sub(i64::from(issued_at));
    let is_current = (-MAX_AHEAD..=i64::from(LIFE_SECONDS)).contains(&age);
    (is_current && *class < CLASSES).then_some((age, ProvenClient { user_id, class: *class }))
}

#[cfg(test)]
mod tests;
