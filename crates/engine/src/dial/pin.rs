//! Hashes of servers' keys: the values of `pin_sha256`, which `check` shows.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rustls::pki_types::CertificateDer;
use rustls::{CertificateError, Error, OtherError};

use mailwatch_proto::model::Pin;

/// The hash of a certificate's key: SHA-256 of its `SubjectPublicKeyInfo` in DER (RFC 7469 §2.4).
pub(super) fn of(certificate: &CertificateDer<'_>) -> Option<Pin> {
    let certificate = webpki::EndEntityCert::try_from(certificate).ok()?;
    let key = certificate.subject_public_key_info();
    ring::digest::digest(&ring::digest::SHA256, key.as_ref()).as_ref().try_into().ok()
}

/// The hash as the configuration writes it.
pub(super) fn show(pin: &Pin) -> String {
    BASE64_STANDARD.encode(pin)
}

/// Refuses a certificate whose key is not among these; without pins any key is accepted.
pub(super) fn must_be_among(pins: &[Pin], certificate: &CertificateDer<'_>) -> Result<(), Error> {
    if pins.is_empty() {
        return Ok(());
    }
    match of(certificate) {
        Some(pin) if pins.contains(&pin) => Ok(()),
        other => {
            Err(Error::InvalidCertificate(CertificateError::Other(OtherError(std::sync::Arc::new(Unpinned(other))))))
        }
    }
}

/// A valid certificate whose key is not pinned; with the key's hash, if it can be computed.
#[derive(Debug)]
pub(super) struct Unpinned(pub(super) Option<Pin>);

impl fmt::Display for Unpinned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("its key is not pinned")
    }
}

impl std::error::Error for Unpinned {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_one_that_openssl_makes_of_the_public_key() {
        let made = rcgen::generate_simple_self_signed(["imap.example.org".to_owned()]).expect("a certificate");
        let pin = of(made.cert.der()).expect("a certificate");
        // `openssl x509 -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64`.
        let spki = rcgen::PublicKeyData::subject_public_key_info(&made.signing_key);
        let hash = ring::digest::digest(&ring::digest::SHA256, &spki);
        assert_eq!(pin.as_slice(), hash.as_ref());
        assert_eq!(show(&[0; 32]), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
        assert!(of(&CertificateDer::from_slice(b"no certificate")).is_none());
    }
}
