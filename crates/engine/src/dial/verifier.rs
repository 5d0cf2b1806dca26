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
            other => other?,
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
        self.strict.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.strict.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.strict.supported_verify_schemes()
    }
}

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
