//! Certificates and keys in files. Every fault names the file, the setting that names it, and what to do.

use std::path::Path;
use std::time::SystemTime;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use mailwatch_proto::model::{ClientCertificate, Fault, FaultClass};

/// The largest file that is read; whole systems' bundles have a quarter of a megabyte.
const FILE_LIMIT: u64 = 8 << 20;

/// A PEM file, and the setting that names it.
#[derive(Clone, Copy, Debug)]
pub(super) struct PemFile<'a> {
    pub(super) key: &'static str,
    pub(super) path: &'a Path,
}

/// Changes when a file is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: Option<SystemTime>,
    len: u64,
}

impl PemFile<'_> {
    pub(super) async fn stamp(&self) -> Result<Stamp, Fault> {
        let about = tokio::fs::metadata(self.path).await.map_err(|error| self.unusable(&error.to_string()))?;
        if !about.is_file() {
            return Err(self.unusable("it is not a file"));
        }
        if about.len() > FILE_LIMIT {
            return Err(self.unusable("it is larger than any list of certificates"));
        }
        Ok(Stamp { modified: about.modified().ok(), len: about.len() })
    }

    /// The file's usable certificates. Unreadable ones are skipped: bundles hold odd ones.
    pub(super) async fn authorities(&self) -> Result<Vec<CertificateDer<'static>>, Fault> {
        trusted(&self.read().await?, *self)
    }

    async fn read(&self) -> Result<Zeroizing<Vec<u8>>, Fault> {
        tokio::fs::read(self.path).await.map(Zeroizing::new).map_err(|error| self.unusable(&error.to_string()))
    }

    fn unusable(&self, reason: &str) -> Fault {
        let Self { key, path } = self;
        Fault::retry_after(FaultClass::Tls, format!("{key} {} cannot be used: {reason}", path.display()))
    }
}

/// The usable certificates of a PEM text.
pub(super) fn trusted(pem: &[u8], file: PemFile<'_>) -> Result<Vec<CertificateDer<'static>>, Fault> {
    let found = certificates(pem, file)?;
    let (good, bad): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|der| webpki::anchor_from_trusted_cert(der).is_ok());
    if good.is_empty() {
        return Err(file.unusable("what it contains are not X.509 certificates"));
    }
    if !bad.is_empty() {
        tracing::warn!(path = %file.path.display(), count = bad.len(), "certificates that cannot be read");
    }
    Ok(good)
}

fn certificates(pem: &[u8], file: PemFile<'_>) -> Result<Vec<CertificateDer<'static>>, Fault> {
    // A certificate in DER is an ASN.1 SEQUENCE.
    if pem.first() == Some(&0x30) {
        return Err(file.unusable("it is in DER, not PEM: convert it with openssl x509 -inform der"));
    }
    let found: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|error| file.unusable(&format!("its PEM is damaged ({error})")))?;
    if found.is_empty() {
        return Err(file.unusable("it contains no certificate (no -----BEGIN CERTIFICATE-----)"));
    }
    Ok(found)
}

/// The client's certificate with its issuers, and its key.
pub(super) type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// The files of the client's certificate.
pub(super) fn files_of(client: &ClientCertificate) -> [PemFile<'_>; 2] {
    [PemFile { key: "client_cert", path: &client.chain }, PemFile { key: "client_key", path: &client.key }]
}

/// Reads the client's certificate from its files.
pub(super) async fn identity(client: &ClientCertificate) -> Result<Identity, Fault> {
    let [chain, key] = files_of(client);
    let certificates = certificates(&chain.read().await?, chain)?;
    let pem = key.read().await?;
    Ok((certificates, private_key(&pem, key)?))
}

fn private_key(pem: &[u8], file: PemFile<'_>) -> Result<PrivateKeyDer<'static>, Fault> {
    // PKCS #8 says so in its first line (RFC 7468 §11), the older kinds in a header (RFC 1421 §4.6.1.1).
    let text = String::from_utf8_lossy(pem);
    if text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") || text.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(file.unusable(
            "it is encrypted, and there is no way to ask for its passphrase: decrypt it with openssl pkey -in KEY -out NEW, into a file that only you can read (chmod 600)",
        ));
    }
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| match error {
        rustls::pki_types::pem::Error::NoItemsFound => {
            file.unusable("it contains no private key (no -----BEGIN PRIVATE KEY-----)")
        }
        other => file.unusable(&format!("its PEM is damaged ({other})")),
    })
}

/// The fault where the key is not the certificate's, or of an unsupported kind.
pub(super) fn no_pair(client: &ClientCertificate, error: &rustls::Error) -> Fault {
    let [chain, key] = files_of(client);
    let reason = match error {
        rustls::Error::InconsistentKeys(_) => {
            format!("it is not the key of the first certificate in {}", chain.path.display())
        }
        other => format!("{other}"),
    };
    key.unusable(&reason)
}
