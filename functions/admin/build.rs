//! Reads the migrations for `src/migration.rs` at build time: refinery's reader needs regular
//! expressions, which would add a megabyte to the function.

use std::error::Error;
use std::path::PathBuf;

const FOLDER: &str = "../../migrations";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={FOLDER}");
    #[expect(clippy::disallowed_methods, reason = "Cargo sets it for build scripts")]
    let out = std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    let migrations = refinery_core::load_sql_migrations(FOLDER)?;
    std::fs::write(PathBuf::from(out).join("migrations.json"), serde_json::to_vec(&migrations)?)?;
    Ok(())
}
