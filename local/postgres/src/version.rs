//! The major versions of PostgreSQL.

/// The oldest version that our SQL and our tests run on (`STRATEGY FILE_COPY` came with it).
pub(crate) const MINIMUM: u32 = 15;

/// The number in `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`.
pub(crate) fn major(version: &str) -> Option<u32> {
    let number = version.split_once(") ")?.1;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packagers_spellings_of_a_version_are_read() {
        assert_eq!(major("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 17.10\n"), Some(17));
        assert_eq!(major("postgres (PostgreSQL) 19devel\n"), Some(19));
        assert_eq!(major("something else"), None);
    }
}
