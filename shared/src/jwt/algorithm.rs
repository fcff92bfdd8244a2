//! The algorithms that sign tokens.

use std::fmt;

use crate::environment::Environment;

/// A signature algorithm (RFC 7518 §3.1). Each key has exactly one, that of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA over P-256 with SHA-256.
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
}

impl Algorithm {
    /// All of them: valid tokens may have any of these, since a rotation can change the kind of key.
    pub const ALL: [Self; 2] = [Self::Es256, Self::Rs256];

    /// Its name in `alg`, which is case-sensitive (RFC 7515 §4.1.1).
    pub const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
        }
    }

    /// The algorithm with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// Reads `SIGNING_ALGORITHM`: the algorithm of new keys.
    pub fn from_env(env: &mut Environment) -> Self {
        env.parsed("SIGNING_ALGORITHM", Self::Es256, "must be ES256 or RS256", Self::parse)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl From<Algorithm> for jsonwebtoken::Algorithm {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Es256 => Self::ES256,
            Algorithm::Rs256 => Self::RS256,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_spelt_exactly() {
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::parse(algorithm.name()), Some(algorithm));
        }
        for other in ["", "rs256", "Rs256", "RS256 ", "RS384", "PS256", "HS256", "none", "es256"] {
            assert_eq!(Algorithm::parse(other), None, "{other}");
        }
    }
}
