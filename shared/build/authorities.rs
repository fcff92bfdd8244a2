//! Converts the certificate authorities of RDS to Rust for `src/db/tls.rs`, because parsing their PEM
//! would delay each start.

use std::io::{Error, ErrorKind};
use std::path::PathBuf;

use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, TrustAnchor};
use webpki::anchor_from_trusted_cert;

const BUNDLE: &str = "src/db/rds-global-bundle.pem";

/// Writes `rds-authorities.rs`.
pub(super) fn write() -> Result<(), Error> {
    println!("cargo::rerun-if-changed={BUNDLE}");
    #[expect(clippy::disallowed_methods, reason = "Cargo sets it for build scripts")]
    let out = std::env::var_os("OUT_DIR").ok_or(ErrorKind::NotFound)?;
    let mut anchors = String::from("[");
    for certificate in CertificateDer::pem_file_iter(BUNDLE).map_err(Error::other)? {
        let certificate = certificate.map_err(Error::other)?;
        let anchor = anchor_from_trusted_cert(&certificate).map_err(Error::other)?;
        anchors += &expression(&anchor);
    }
    std::fs::write(PathBuf::from(out).join("rds-authorities.rs"), anchors + "]")
}

fn expression(anchor: &TrustAnchor<'_>) -> String {
    let der = |der: &[u8]| format!("Der::from_slice(b\"{}\")", der.escape_ascii());
    format!(
        "TrustAnchor {{ subject: {}, subject_public_key_info: {}, name_constraints: {} }},\n",
        der(&anchor.subject),
        der(&anchor.subject_public_key_info),
        anchor.name_constraints.as_deref().map_or("None".into(), |it| format!("Some({})", der(it))),
    )
}
