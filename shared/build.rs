//! Only the database has something to prepare.

#[cfg(feature = "database")]
#[path = "build/authorities.rs"]
mod authorities;

#[cfg(feature = "database")]
fn main() -> Result<(), std::io::Error> {
    authorities::write()
}

#[cfg(not(feature = "database"))]
fn main() {}
