//! TLS to PostgreSQL: the server's certificate and its name are always checked.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs::{default_provider, kx_group};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, Der, TrustAnchor};
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

/// The certificate authorities of Amazon RDS and Aurora, all regions: `rds-global-bundle.pem`, as
/// `build.rs` has read it.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html>
const OF_RDS: &[TrustAnchor<'static>] = &include!(concat!(env!("OUT_DIR"), "/rds-authorities.rs"));

/// The certificate authorities of a PEM bundle; `None` if it has none.
pub(super) fn authorities(bundle: &[u8]) -> Option<RootCertStore> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(CertificateDer::pem_slice_iter(bundle).filter_map(Result::ok));
    (!roots.is_empty()).then_some(roots)
}

/// A connector that trusts `authorities`, by default those of RDS.
pub(super) fn connector(
    authorities: Option<RootCertStore>,
) -> Result<MakeRustlsConnect, rustls::Error> {
    let roots = authorities.unwrap_or_else(|| RootCertStore { roots: OF_RDS.to_vec() });
    let mut provider = default_provider();
    // PostgreSQL 15 to 17 accept only P-256. With another group first, the handshake would take one
    // more round trip.
    provider.kx_groups = vec![kx_group::SECP256R1, kx_group::X25519];
    let config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RDS Proxy has certificates of ACM, which these authorities issue.
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.howitworks.html>
    #[test]
    fn the_authorities_of_rds_proxy_are_included() {
        for number in 1..=4 {
            let name = format!("Amazon Root CA {number}");
            let holds = |it: &TrustAnchor<'_>| {
                it.subject.windows(name.len()).any(|part| part == name.as_bytes())
            };
            assert!(OF_RDS.iter().any(holds), "{name}");
        }
    }

    #[test]
    fn the_embedded_authorities_are_those_of_the_bundle() {
        let bundle = authorities(include_bytes!("rds-global-bundle.pem")).unwrap();
        assert_eq!(bundle.roots, OF_RDS);
    }

    #[test]
    fn a_bundle_without_a_certificate_gives_no_authorities() {
        assert!(authorities(b"no certificate").is_none());
        assert!(connector(None).is_ok());
    }
}
