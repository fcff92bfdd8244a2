//! The injected source of random bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::digest::{SHA256, digest};

/// A source of random bytes, for salts and token identifiers.
#[derive(Debug, Clone)]
pub enum Random {
    /// AWS-LC's generator, seeded by the operating system.
    System,
    /// Reproducible bytes for tests: SHA-256 of a counter.
    Counted(Arc<AtomicU64>),
}

impl Random {
    /// A source for tests that starts at `seed`.
    pub fn counted(seed: u64) -> Self {
        Self::Counted(Arc::new(AtomicU64::new(seed)))
    }

    /// Sixteen random bytes, for a bcrypt salt or an unguessable token identifier.
    pub fn bytes(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        match self {
            #[expect(clippy::expect_used, reason = "AWS-LC ends the process rather than fail")]
            Self::System => {
                aws_lc_rs::rand::fill(&mut bytes).expect("AWS-LC's generator doesn't fail");
            }
            Self::Counted(counter) => {
                let count = counter.fetch_add(1, Ordering::SeqCst);
                let block = digest(&SHA256, &count.to_be_bytes());
                bytes.copy_from_slice(&block.as_ref()[..16]);
            }
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_draws_are_alike() {
        for random in [Random::System, Random::counted(7)] {
            assert_ne!(random.bytes(), random.bytes());
        }
    }

    #[test]
    fn a_counted_source_repeats_itself_in_each_run() {
        assert_eq!(Random::counted(7).bytes(), Random::counted(7).bytes());
        assert_ne!(Random::counted(7).bytes(), Random::counted(8).bytes());
    }
}
