//! Verifies a server's certificate by rustls' own verifier, by the account's CA file, and by its pins.
//!
//! `openssl req -x509` marks its certificates as CAs, and webpki refuses a CA as a server's certificate, even one that the
//! user trusts. In this case alone it suffices that the certificate is in the CA file, for this name, at this time. Pins
//! are checked last: they never accept an invalid certificate.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme};

use super::pin;
use crate::weakness::{Weakness, broken_hash, short_key};
use mailwatch_proto::model::Pin;

/// rustls' own verifier with that one exception, and the pins.
#[derive(Debug)]
pub(super) struct ServerVerifier {
    strict: Arc<WebPkiServerVerifier>,
    /// The CA file's certificates.
    trusted: Vec<CertificateDer<'static>>,
    /// The keys that the server may have; any key where there are none.
    pins: Vec<Pin>,
}

impl ServerVerifier {
    pub(super) const fn new(
        strict: Arc<WebPkiServerVerifier>,
        trusted: Vec<CertificateDer<'static>>,
        pins: Vec<Pin>,
    ) -> Self {
        Self { strict, trusted, pins }
    }

    /// The same refusal by its name, where it is for something weak.
    fn explained(&self, error: Error, end_entity: &CertificateDer<'_>, intermediates: &[CertificateDer<'_>]) -> Error {
        match &error {
            Error::InvalidCertificate(CertificateError::UnsupportedSignatureAlgorithmContext {
                signature_algorithm_id,
                ..
            }) => match broken_hash(signature_algorithm_id) {
                Some(weakness) => refused(Weak { weakness, of_issuer: false }),
                None => error,
            },
            Error::InvalidCertificate(CertificateError::BadSignature) => {
                let mut issuers = intermediates.iter().chain(&self.trusted).filter(|it| {
                    std::iter::once(end_entity).chain(intermediates).any(|issued| is_named_as_issuer(it, issued))
                });
                match issuers.find_map(short_key) {
                    Some(weakness) => refused(Weak { weakness, of_issuer: true }),
                    None => error,
                }
            }
            _ => error,
        }
    }
}

fn refused(weak: Weak) -> Error {
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(weak))))
}

/// The refusal of a handshake's signature, where its key is why.
fn of_short_key(error: Error, certificate: &CertificateDer<'_>) -> Error {
    match short_key(certificate) {
        Some(weakness) => refused(Weak { weakness, of_issuer: false }),
        None => error,
    }
}

fn is_named_as_issuer(issuer: &CertificateDer<'_>, certificate: &CertificateDer<'_>) -> bool {
    let parsed = |der| webpki::EndEntityCert::try_from(der).ok();
    matches!((parsed(issuer), parsed(certificate)), (Some(above), Some(below)) if above.subject() == below.issuer())
}

impl ServerCertVerifier for ServerVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let strictly = self.strict.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        let held = match strictly {
            // webpki checks the validity period before it gives this error.
            Err(error) if is_ca_as_server(&error) && self.trusted.contains(end_entity) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                ServerCertVerified::assertion()
            }
            Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)) if is_own_issuer(end_entity) => {
                let reason = CertificateError::Other(OtherError(Arc::new(SelfSigned)));
                return Err(Error::InvalidCertificate(reason));
            }
            other => other.map_err(|error| self.explained(error, end_entity, intermediates))?,
        };
        pin::must_be_among(&self.pins, end_entity)?;
        Ok(held)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.strict.verify_tls12_signature(message, cert, dss).map_err(|error| of_short_key(error, cert))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.strict.verify_tls13_signature(message, cert, dss).map_err(|error| of_short_key(error, cert))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.strict.supported_verify_schemes()
    }
}

/// A certificate that was refused because something in it, or in its issuer's, is too weak.
#[derive(Debug)]
pub(super) struct Weak {
    pub(super) weakness: Weakness,
    pub(super) of_issuer: bool,
}

impl fmt::Display for Weak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} has {}", if self.of_issuer { "its issuer" } else { "it" }, self.weakness)
    }
}

impl std::error::Error for Weak {}

/// The certificate is its own issuer.
#[derive(Debug)]
pub(super) struct SelfSigned;

impl fmt::Display for SelfSigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is its own issuer")
    }
}

impl std::error::Error for SelfSigned {}

fn is_own_issuer(certificate: &CertificateDer<'_>) -> bool {
    webpki::EndEntityCert::try_from(certificate).is_ok_and(|it| it.issuer() == it.subject())
}

/// Whether the certificate was refused because it is marked as a CA.
pub(super) fn is_ca_as_server(error: &Error) -> bool {
    let Error::InvalidCertificate(CertificateError::Other(other)) = error else { return false };
    matches!(other.0.downcast_ref::<webpki::Error>(), Some(webpki::Error::CaUsedAsEndEntity))
}

#[cfg(test)]
mod tests {
    use rustls::RootCertStore;
    use rustls::pki_types::pem::PemObject;

    use super::*;

    fn certificate(name: &str) -> CertificateDer<'static> {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/weakness").join(name);
        CertificateDer::from_pem_file(path).expect("a certificate")
    }

    fn verifier(trusted: &str) -> ServerVerifier {
        let authority = certificate(trusted);
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone()).expect("an authority");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let strict =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().expect("a verifier");
        ServerVerifier::new(strict, vec![authority], Vec::new())
    }

    #[test]
    fn what_is_too_weak_is_refused_by_its_name() {
        let name = ServerName::try_from("imap.example.org").expect("a name");
        // 2027-01-15 08:00:00 UTC.
        let now = UnixTime::since_unix_epoch(std::time::Duration::from_hours(500_000));
        let words = |refused: &Error| {
            let Error::InvalidCertificate(CertificateError::Other(other)) = refused else { panic!("{refused}") };
            other.0.downcast_ref::<Weak>().unwrap_or_else(|| panic!("{refused}")).to_string()
        };
        let said = |trusted, shown| {
            let verified = verifier(trusted).verify_server_cert(&certificate(shown), &[], &name, &[], now);
            verified.err().map(|refused| words(&refused))
        };
        let short = "its issuer has an RSA key of 1024 bits, and keys under 2048 bits can be broken";
        assert_eq!(said("rsa-1024.pem", "of-rsa-1024.pem").as_deref(), Some(short));
        assert_eq!(said("ca.pem", "sha1.pem").as_deref(), Some("it has a signature by SHA-1, which can be forged"));
        // Its own key is seen when it signs the handshake.
        assert_eq!(said("ca.pem", "leaf-1024.pem"), None);
        let signed = of_short_key(CertificateError::BadSignature.into(), &certificate("leaf-1024.pem"));
        assert!(words(&signed).starts_with("it has an RSA key of 1024 bits"), "{signed}");
        assert_eq!(of_short_key(Error::DecryptError, &certificate("sha1.pem")), Error::DecryptError);
    }
}
