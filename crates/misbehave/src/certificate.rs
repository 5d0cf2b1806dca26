//! The certificate authority and server certificate of the embedded servers, made when first needed.

use std::io;
use std::sync::{Arc, OnceLock};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

/// What a client must trust, and what the servers show.
#[derive(Clone)]
pub struct Certificate {
    ca_pem: Arc<str>,
    acceptor: TlsAcceptor,
}

impl Certificate {
    /// The authority's certificate as PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    pub(crate) const fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }

    fn make() -> Result<Self, rcgen::Error> {
        let mut ca = CertificateParams::new(Vec::new())?;
        ca.distinguished_name.push(DnType::CommonName, "mailwatch-tui demo CA");
        ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let ca_key = KeyPair::generate()?;
        let ca_certificate = ca.self_signed(&ca_key)?;
        let issuer = Issuer::new(ca, ca_key);

        let mut leaf = CertificateParams::new(["localhost", "127.0.0.1", "::1"].map(String::from))?;
        leaf.distinguished_name.push(DnType::CommonName, "localhost");
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        // Python 3.13 and later refuse a certificate without it (RFC 5280 §4.2.1.1).
        leaf.use_authority_key_identifier_extension = true;
        let leaf_key = KeyPair::generate()?;
        let leaf_certificate = leaf.signed_by(&leaf_key, &issuer)?;

        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(leaf_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| {
                builder.with_no_client_auth().with_single_cert(vec![leaf_certificate.der().clone()], key)
            })
            .expect("ring supports the default versions and the key that rcgen made with ring");
        Ok(Self { ca_pem: ca_certificate.pem().into(), acceptor: TlsAcceptor::from(Arc::new(config)) })
    }
}

/// The certificate of this process's embedded servers: for DNS `localhost`, 127.0.0.1 and `::1`.
///
/// Kept for the process's life, because a client that trusts one embedded server is to trust the next.
///
/// # Errors
/// Where the system has no randomness for a key.
pub fn certificate() -> io::Result<&'static Certificate> {
    static CERTIFICATE: OnceLock<Certificate> = OnceLock::new();
    if let Some(made) = CERTIFICATE.get() {
        return Ok(made);
    }
    let made = Certificate::make().map_err(io::Error::other)?;
    Ok(CERTIFICATE.get_or_init(|| made))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_server_of_a_process_shows_the_same_authority() {
        let first = certificate().expect("a certificate").ca_pem();
        assert!(first.starts_with("-----BEGIN CERTIFICATE-----"));
        assert_eq!(first, certificate().expect("a certificate").ca_pem());
    }
}
