//! What attempts are counted by.

use aws_lc_rs::digest::{Context, SHA256};

/// What a key is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A name, whether or not a user has it.
    Account,
    /// A name together with a network.
    Pair,
    /// An IPv4 address, or a /64 of IPv6.
    Network,
    /// A /48 of IPv6.
    WideNetwork,
    /// A class of clients that have signed in to an account.
    Client,
    /// A signed-in user.
    Caller,
    /// An e-mail address, whether or not a user has it.
    Mailbox,
}

impl Kind {
    /// The word for the log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Pair => "pair",
            Self::Network => "network",
            Self::WideNetwork => "wide_network",
            Self::Client => "client",
            Self::Caller => "caller",
            Self::Mailbox => "mailbox",
        }
    }
}

/// A key of the table `limits`: 16 bytes of a hash, so that no row shows a name or an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key([u8; 16]);

impl Key {
    /// The key of a value, for one kind of attempt (such as `guess`).
    pub fn new(purpose: &str, kind: Kind, value: &[&[u8]]) -> Self {
        let mut context = Context::new(&SHA256);
        for part in [purpose.as_bytes(), kind.name().as_bytes()].iter().chain(value) {
            context.update(&part.len().to_be_bytes());
            context.update(part);
        }
        let mut key = [0; 16];
        key.copy_from_slice(&context.finish().as_ref()[..16]);
        Self(key)
    }

    /// The bytes of the row.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}
