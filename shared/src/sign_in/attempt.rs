//! An attempt to sign in.

use crate::client_id::ClientId;
use crate::client_proof::Proofs;
use crate::device::Device;
use crate::languages::Languages;
use crate::limits::Network;
use crate::password::Password;
use crate::username::Username;

/// What a client sent to sign in.
#[derive(Debug)]
pub struct Attempt<'a> {
    /// The user's name.
    pub username: &'a Username,
    /// The user's password.
    pub password: Password,
    /// The client.
    pub client_id: &'a ClientId,
    /// What the client gets.
    pub wants: Wants,
    /// Its device.
    pub device: Device,
    /// The languages that it prefers.
    pub languages: Languages,
    /// Its network.
    pub network: Network,
    /// Its proofs that it has signed in before; `None` if it gets none.
    pub proofs: Option<Proofs>,
}

/// What a client gets at a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wants {
    /// An access token alone, with which the session ends.
    Access,
    /// An access token and a refresh token.
    Token,
    /// The same, with the refresh token in a cookie.
    Cookie,
}
