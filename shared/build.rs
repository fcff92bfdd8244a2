//! Prepares what the database and the passwords need.

#[cfg(feature = "database")]
#[path = "build/authorities.rs"]
mod authorities;
#[cfg(feature = "passwords")]
#[path = "build/common_passwords.rs"]
mod common_passwords;

#[cfg_attr(
    not(feature = "database"),
    expect(clippy::unnecessary_wraps, reason = "without features there is nothing to fail")
)]
fn main() -> Result<(), std::io::Error> {
    #[cfg(feature = "database")]
    authorities::write()?;
    #[cfg(feature = "passwords")]
    common_passwords::write()?;
    Ok(())
}
