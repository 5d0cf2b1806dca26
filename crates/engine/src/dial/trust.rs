//! Which certificates are trusted and which is shown: one TLS configuration for all connections with the same settings,
//! because a thousand watches must not hold a thousand root stores.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio::sync::Mutex;

use super::pem::{self, PemFile, Stamp};
use super::verifier::ServerVerifier;
use mailwatch_proto::model::{Account, Ca, Fault, FaultClass, Roots, TlsRules, TlsVersion};

/// The TLS configurations that exist.
///
/// The lock is held while one is built: a thousand watches that start at once build it once.
#[derive(Debug, Default)]
pub(super) struct TrustStore {
    configs: Mutex<BTreeMap<TlsSettings, CachedConfig>>,
    /// Whether the keys of connections go to the file that `SSLKEYLOGFILE` names.
    pub(super) log_keys: bool,
}

/// An account's settings of TLS.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct TlsSettings {
    ca: Option<Ca>,
    rules: TlsRules,
}

#[derive(Debug)]
struct CachedConfig {
    stamps: Vec<Stamp>,
    config: Arc<ClientConfig>,
}

impl TrustStore {
    /// The account's configuration; built anew when one of its files has changed.
    pub(super) async fn config(&self, account: &Account) -> Result<Arc<ClientConfig>, Fault> {
        self.config_of(TlsSettings { ca: account.ca.clone(), rules: account.network.tls.clone() }).await
    }

    async fn config_of(&self, settings: TlsSettings) -> Result<Arc<ClientConfig>, Fault> {
        let mut configs = self.configs.lock().await;
        // Before the files are read: if one changes in between, the next dial sees another stamp and reads again.
        let stamps = settings.stamps().await;
        let known = configs.get(&settings).map(|known| (known.stamps.clone(), Arc::clone(&known.config)));
        let new = match (stamps, &known) {
            (Ok(stamps), Some((before, config))) if stamps == *before => return Ok(Arc::clone(config)),
            (Ok(stamps), _) => {
                settings.build(self.log_keys).await.map(|config| CachedConfig { stamps, config: Arc::new(config) })
            }
            (Err(fault), _) => Err(fault),
        };
        match (new, known) {
            (Ok(new), _) => {
                let config = Arc::clone(&new.config);
                configs.insert(settings, new);
                Ok(config)
            }
            // A file that is being replaced, or is gone: the configuration from before stays.
            (Err(_), Some((_, config))) => Ok(config),
            (Err(fault), None) => Err(fault),
        }
    }
}

impl TlsSettings {
    async fn stamps(&self) -> Result<Vec<Stamp>, Fault> {
        let mut stamps = Vec::new();
        if let Some(Ca::File(path)) = &self.ca {
            stamps.push(ca_file(path).stamp().await?);
        }
        if let Some(client) = &self.rules.client {
            for file in pem::files_of(client) {
                stamps.push(file.stamp().await?);
            }
        }
        Ok(stamps)
    }

    async fn build(&self, log_keys: bool) -> Result<ClientConfig, Fault> {
        let own = match &self.ca {
            None => Vec::new(),
            Some(Ca::Pem(text)) => pem::trusted(text.as_bytes(), ca_file(Path::new("the built-in certificate")))?,
            Some(Ca::File(path)) => ca_file(path).authorities().await?,
        };
        let identity = match &self.rules.client {
            Some(client) => Some((client, pem::identity(client).await?)),
            None => None,
        };
        let mut roots = roots(self.rules.roots, !own.is_empty()).await?;
        roots.add_parsable_certificates(own.iter().cloned());

        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .build()
            .map_err(|error| cannot(&error))?;
        let verifier = ServerVerifier::new(verifier, own, self.rules.pins.clone());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions(self.rules.min))
            .map_err(|error| cannot(&error))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match identity {
            None => builder.with_no_client_auth(),
            Some((client, (chain, key))) => {
                builder.with_client_auth_cert(chain, key).map_err(|error| pem::no_pair(client, &error))?
            }
        };
        if log_keys {
            config.key_log = Arc::new(rustls::KeyLogFile::new());
        }
        Ok(config)
    }
}

fn ca_file(path: &Path) -> PemFile<'_> {
    PemFile { key: "ca_file", path }
}

fn cannot(error: &dyn std::error::Error) -> Fault {
    Fault::retry_after(FaultClass::Tls, format!("TLS cannot be set up: {error}"))
}

fn versions(min: TlsVersion) -> &'static [&'static SupportedProtocolVersion] {
    static NEWEST: [&SupportedProtocolVersion; 1] = [&rustls::version::TLS13];
    match min {
        // rustls has no older version.
        TlsVersion::V12 => rustls::ALL_VERSIONS,
        TlsVersion::V13 => &NEWEST,
    }
}

/// The trusted roots; the system's are read anew for each configuration. `others`: there are certificates besides.
async fn roots(which: Roots, others: bool) -> Result<RootCertStore, Fault> {
    match which {
        Roots::Bundled => Ok(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }),
        Roots::Platform => {
            // Reads hundreds of files, or a keychain that may take its time.
            let found = tokio::task::spawn_blocking(rustls_native_certs::load_native_certs);
            let found = found.await.map_err(|error| cannot(&error))?;
            platform(found.certs, found.errors.first(), others)
        }
    }
}

fn platform(
    certificates: Vec<CertificateDer<'static>>,
    error: Option<&rustls_native_certs::Error>,
    others: bool,
) -> Result<RootCertStore, Fault> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates);
    if let Some(error) = error {
        tracing::warn!(%error, "some of the system's certificates cannot be read");
    }
    if roots.is_empty() && !others {
        let why = error.map_or_else(String::new, |error| format!(" ({error})"));
        return Err(Fault::retry_after(
            FaultClass::Tls,
            format!(
                "this system has no trusted certificates in the usual places{why}: install them (Debian's \
                 ca-certificates), name a file in SSL_CERT_FILE, or write roots = \"bundled\""
            ),
        ));
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mailwatch_proto::model::ClientCertificate;

    fn pem() -> String {
        rcgen::generate_simple_self_signed(["imap.example.org".to_owned()]).expect("a certificate").cert.pem()
    }

    fn wanting(ca: Option<&Ca>) -> TlsSettings {
        TlsSettings { ca: ca.cloned(), rules: TlsRules::default() }
    }

    #[tokio::test]
    async fn connections_that_trust_the_same_share_one_configuration() {
        let store = TrustStore::default();
        let (own, other) = (Ca::Pem(pem()), Ca::Pem(pem()));
        let first = store.config_of(wanting(Some(&own))).await.expect("a certificate");
        let again = store.config_of(wanting(Some(&own))).await.expect("a certificate");
        let different = store.config_of(wanting(Some(&other))).await.expect("a certificate");
        let public = store.config_of(wanting(None)).await.expect("nothing to read");
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
        let before = store.config_of(wanting(Some(&ca))).await.expect("a certificate");
        let same = store.config_of(wanting(Some(&ca))).await.expect("a certificate");
        std::fs::write(&path, pem() + &pem()).expect("written");
        let after = store.config_of(wanting(Some(&ca))).await.expect("two certificates");
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
            let fault = TrustStore::default().config_of(wanting(Some(&Ca::File(path)))).await.expect_err(name);
            assert_eq!(fault.class, FaultClass::Tls);
            assert!(fault.retry());
            assert!(fault.message.contains(name) && fault.message.contains(reason), "{}", fault.message);
        }
        for path in [dir.path().join("missing.pem"), dir.path().to_owned()] {
            let fault =
                TrustStore::default().config_of(wanting(Some(&Ca::File(path.clone())))).await.expect_err("no file");
            assert!(fault.message.contains(&path.display().to_string()), "{}", fault.message);
        }
    }

    #[tokio::test]
    async fn a_clients_certificate_that_cannot_be_shown_is_named_with_the_reason() {
        let dir = tempfile::tempdir().expect("a directory");
        let made = rcgen::generate_simple_self_signed(["me".to_owned()]).expect("a certificate");
        let other = rcgen::KeyPair::generate().expect("a key").serialize_pem();
        let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
        let old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
        let good = made.signing_key.serialize_pem();
        let cases = [
            (made.cert.pem(), encrypted.to_owned(), Some("me.key cannot be used: it is encrypted")),
            (made.cert.pem(), old.to_owned(), Some("it is encrypted")),
            (made.cert.pem(), other, Some("not the key of the first certificate")),
            (made.cert.pem(), String::new(), Some("no private key")),
            (good.clone(), good.clone(), Some("me.pem cannot be used: it contains no certificate")),
            (made.cert.pem(), good, None),
        ];
        for (chain, key, words) in cases {
            let client = ClientCertificate { chain: dir.path().join("me.pem"), key: dir.path().join("me.key") };
            std::fs::write(&client.chain, chain).expect("written");
            std::fs::write(&client.key, key).expect("written");
            let rules = TlsRules { client: Some(client), ..TlsRules::default() };
            let outcome = TrustStore::default().config_of(TlsSettings { ca: None, rules }).await;
            match (outcome, words) {
                (Ok(config), None) => assert!(config.client_auth_cert_resolver.has_certs()),
                (Err(fault), Some(words)) => {
                    assert_eq!((fault.class, fault.retry()), (FaultClass::Tls, true));
                    assert!(fault.message.contains(words), "{}", fault.message);
                }
                (outcome, words) => panic!("{words:?} {outcome:?}"),
            }
        }
    }

    #[test]
    fn a_system_without_roots_is_told_unless_the_account_brings_its_own() {
        let fault = platform(Vec::new(), None, false).expect_err("nobody would be trusted");
        assert!(fault.message.contains("SSL_CERT_FILE") && fault.retry(), "{fault}");
        assert!(platform(Vec::new(), None, true).is_ok());
    }
}
