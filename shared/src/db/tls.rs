//! TLS to PostgreSQL: the server's certificate and its name are always checked.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs::{default_provider, kx_group};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

/// The certificate authorities of Amazon RDS and Aurora, all regions.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html>
const RDS_BUNDLE: &[u8] = include_bytes!("rds-global-bundle.pem");

/// A connector that trusts `authorities`, a PEM bundle, or those of RDS. `None` if there is no
/// certificate in the bundle.
pub(super) fn connector(authorities: Option<&[u8]>) -> Option<MakeRustlsConnect> {
    let mut roots = RootCertStore::empty();
    let bundle = authorities.unwrap_or(RDS_BUNDLE);
    roots.add_parsable_certificates(CertificateDer::pem_slice_iter(bundle).filter_map(Result::ok));
    if roots.is_empty() {
        return None;
    }
    let mut provider = default_provider();
    // PostgreSQL 15 to 17 offer only P-256: another group first costs a round trip.
    provider.kx_groups = vec![kx_group::SECP256R1, kx_group::X25519];
    let config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .ok()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Some(MakeRustlsConnect::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RDS Proxy has certificates of ACM, which go back to these.
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.howitworks.html>
    #[test]
    fn the_authorities_of_rds_proxy_are_there_too() {
        let authorities: Vec<_> =
            CertificateDer::pem_slice_iter(RDS_BUNDLE).map(Result::unwrap).collect();
        for number in 1..=4 {
            let name = format!("Amazon Root CA {number}");
            let holds = |it: &CertificateDer<'_>| {
                it.windows(name.len()).any(|part| part == name.as_bytes())
            };
            assert!(authorities.iter().any(holds), "{name}");
        }
    }

    #[test]
    fn the_authorities_of_rds_are_there_and_a_bundle_without_any_is_refused() {
        assert!(connector(None).is_some());
        assert!(connector(Some(b"no certificate")).is_none());
    }
}
