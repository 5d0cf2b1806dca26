//! Which certificates are trusted: the public roots, and the account's own. One TLS configuration for all connections
//! that trust the same, since a thousand watches must not hold a thousand root stores.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use rustls::client::WebPkiServerVerifier;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::Mutex;

use super::own_certificate::OwnCertificate;
use crate::model::{Ca, Fault, FaultClass};

/// The largest CA file that is read: the bundles of whole systems are a quarter of a megabyte.
const FILE_LIMIT: u64 = 8 << 20;

/// The TLS configurations made so far.
///
/// The lock is held while one is made: a thousand watches that start at once make it once, not a thousand times.
#[derive(Debug, Default)]
pub(super) struct TrustStore {
    made: Mutex<BTreeMap<Option<Ca>, Made>>,
}

#[derive(Debug)]
struct Made {
    stamp: Option<Stamp>,
    config: Arc<ClientConfig>,
}

/// What changes when a file is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    len: u64,
}

impl TrustStore {
    /// The configuration that trusts `ca` besides the public roots; made anew when its file has changed.
    pub(super) async fn config(&self, ca: Option<&Ca>) -> Result<Arc<ClientConfig>, Fault> {
        let mut made = self.made.lock().await;
        // Before the file is read: if it changes in between, the next dial sees another stamp and reads again.
        let stamp = match ca {
            Some(Ca::File(path)) => stamp(path).await.map(Some),
            Some(Ca::Pem(_)) | None => Ok(None),
        };
        let key = ca.cloned();
        let known = made.get(&key).map(|known| (known.stamp, Arc::clone(&known.config)));
        let new = match (stamp, &known) {
            (Ok(stamp), Some((before, config))) if stamp == *before => return Ok(Arc::clone(config)),
            (Ok(stamp), _) => build(ca).await.map(|config| Made { stamp, config: Arc::new(config) }),
            (Err(fault), _) => Err(fault),
        };
        match (new, known) {
            (Ok(new), _) => {
                let config = Arc::clone(&new.config);
                made.insert(key, new);
                Ok(config)
            }
            // A file that is being replaced, or is gone: what was trusted before still is.
            (Err(_), Some((_, config))) => Ok(config),
            (Err(fault), None) => Err(fault),
        }
    }
}

async fn stamp(path: &Path) -> Result<Stamp, Fault> {
    let about = tokio::fs::metadata(path).await.map_err(|error| unusable(path, &error.to_string()))?;
    if !about.is_file() {
        return Err(unusable(path, "it is not a file"));
    }
    if about.len() > FILE_LIMIT {
        return Err(unusable(path, "it is larger than any list of certificates"));
    }
    Ok(Stamp { modified: about.modified().ok(), len: about.len() })
}

async fn build(ca: Option<&Ca>) -> Result<ClientConfig, Fault> {
    let own = match ca {
        None => Vec::new(),
        Some(Ca::Pem(pem)) => certificates(pem.as_bytes(), Path::new("the built-in certificate"))?,
        Some(Ca::File(path)) => {
            let pem = tokio::fs::read(path).await.map_err(|error| unusable(path, &error.to_string()))?;
            certificates(&pem, path)?
        }
    };
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    roots.add_parsable_certificates(own.iter().cloned());

    let cannot =
        |error: &dyn std::error::Error| Fault::needs_user(FaultClass::Tls, format!("TLS cannot be set up: {error}"));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .build()
        .map_err(|error| cannot(&error))?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| cannot(&error))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(OwnCertificate::new(verifier, own)))
        .with_no_client_auth();
    Ok(config)
}

/// The file's certificates. One that cannot be read does not spoil the others: bundles hold odd ones.
fn certificates(pem: &[u8], path: &Path) -> Result<Vec<CertificateDer<'static>>, Fault> {
    // A certificate in DER is an ASN.1 SEQUENCE.
    if pem.first() == Some(&0x30) {
        return Err(unusable(path, "it is in DER, not PEM: convert it with openssl x509 -inform der"));
    }
    let found: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|error| unusable(path, &format!("its PEM is damaged ({error})")))?;
    if found.is_empty() {
        return Err(unusable(path, "it holds no certificate (no -----BEGIN CERTIFICATE-----)"));
    }
    let (good, bad): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|der| webpki::anchor_from_trusted_cert(der).is_ok());
    if good.is_empty() {
        return Err(unusable(path, "what it holds are not X.509 certificates"));
    }
    if !bad.is_empty() {
        tracing::warn!(path = %path.display(), count = bad.len(), "certificates that cannot be read");
    }
    Ok(good)
}

fn unusable(path: &Path, reason: &str) -> Fault {
    Fault::needs_user(FaultClass::Tls, format!("ca_file {} cannot be used: {reason}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pem() -> String {
        rcgen::generate_simple_self_signed(["imap.example.org".to_owned()]).expect("a certificate").cert.pem()
    }

    #[tokio::test]
    async fn connections_that_trust_the_same_share_one_configuration() {
        let store = TrustStore::default();
        let (own, other) = (Ca::Pem(pem()), Ca::Pem(pem()));
        let first = store.config(Some(&own)).await.expect("a certificate");
        let again = store.config(Some(&own)).await.expect("a certificate");
        let different = store.config(Some(&other)).await.expect("a certificate");
        let public = store.config(None).await.expect("nothing to read");
        assert!(Arc::ptr_eq(&first, &again));
        assert!(!Arc::ptr_eq(&first, &different));
        assert!(!Arc::ptr_eq(&first, &public));
    }

    #[tokio::test]
    async fn a_replaced_file_is_read_again() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("ca.pem");
        std::fs::write(&path, pem()).expect("written");
        let ca = Ca::File(path.clone());
        let store = TrustStore::default();
        let before = store.config(Some(&ca)).await.expect("a certificate");
        let same = store.config(Some(&ca)).await.expect("a certificate");
        std::fs::write(&path, pem() + &pem()).expect("written");
        let after = store.config(Some(&ca)).await.expect("two certificates");
        assert!(Arc::ptr_eq(&before, &same));
        assert!(!Arc::ptr_eq(&before, &after));
    }

    #[tokio::test]
    async fn a_file_that_is_no_certificate_is_named_with_the_reason() {
        let dir = tempfile::tempdir().expect("a directory");
        let cases: [(&str, &[u8], &str); 5] = [
            ("empty.pem", b"", "no certificate"),
            ("words.pem", b"hello\n", "no certificate"),
            ("cut.pem", b"-----BEGIN CERTIFICATE-----\nAAAA\n", "damaged"),
            ("junk.pem", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "not X.509"),
            ("ca.der", b"\x30\x82\x01\x00", "DER"),
        ];
        for (name, content, reason) in cases {
            let path = dir.path().join(name);
            std::fs::write(&path, content).expect("written");
            let fault = TrustStore::default().config(Some(&Ca::File(path))).await.expect_err(name);
            assert_eq!(fault.class, FaultClass::Tls);
            assert!(!fault.retry());
            assert!(fault.message.contains(name) && fault.message.contains(reason), "{}", fault.message);
        }
        for path in [dir.path().join("missing.pem"), dir.path().to_owned()] {
            let fault = TrustStore::default().config(Some(&Ca::File(path.clone()))).await.expect_err("no file");
            assert!(fault.message.contains(&path.display().to_string()), "{}", fault.message);
        }
    }
}
