//! What is too weak in a certificate for TLS: short RSA keys, and signatures by SHA-1 or MD5. rustls refuses them as a wrong
//! signature or by the number of an algorithm; here they get their names. Decides nothing.

use std::fmt;

use rustls::pki_types::CertificateDer;

/// RSA keys under so many bits are refused: ring verifies no shorter ones.
const LEAST_BITS: usize = 2048;

/// `rsaEncryption` (RFC 8017 appendix A.1).
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/// Signature algorithms by broken hashes, by their object identifiers (RFC 8017 appendix A.2.4, RFC 5758 §3).
const BROKEN: [(&[u8], &str); 4] = [
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05], "SHA-1"),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x04], "MD5"),
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01], "SHA-1"),
    (&[0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x03], "SHA-1"),
];

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

/// What is too weak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// An RSA key of so many bits.
    ShortKey(usize),
    /// A signature by this hash.
    BrokenHash(&'static str),
}

impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ShortKey(bits) => {
                write!(f, "an RSA key of {bits} bits, and keys under {LEAST_BITS} bits can be broken")
            }
            Self::BrokenHash(hash) => write!(f, "a signature by {hash}, which can be forged"),
        }
    }
}

/// The key, where it is too short.
#[must_use]
pub fn short_key(certificate: &CertificateDer<'_>) -> Option<Weakness> {
    let certificate = webpki::EndEntityCert::try_from(certificate).ok()?;
    let bits = rsa_bits(certificate.subject_public_key_info().as_ref())?;
    (bits < LEAST_BITS).then_some(Weakness::ShortKey(bits))
}

/// The hash of a signature, where it is broken; `algorithm` is an `AlgorithmIdentifier` or what is in one.
#[must_use]
pub fn broken_hash(algorithm: &[u8]) -> Option<Weakness> {
    let (tag, content, _) = element(algorithm)?;
    let identifier = match tag {
        SEQUENCE => inside(content, OBJECT_IDENTIFIER)?.0,
        OBJECT_IDENTIFIER => content,
        _ => return None,
    };
    BROKEN.iter().find(|(known, _)| *known == identifier).map(|(_, hash)| Weakness::BrokenHash(hash))
}

/// How long an RSA key is, of a `SubjectPublicKeyInfo` (RFC 5280 §4.1).
fn rsa_bits(key: &[u8]) -> Option<usize> {
    let (key, _) = inside(key, SEQUENCE)?;
    let (algorithm, rest) = inside(key, SEQUENCE)?;
    if inside(algorithm, OBJECT_IDENTIFIER)?.0 != RSA {
        return None;
    }
    let (bits, _) = inside(rest, BIT_STRING)?;
    let (numbers, _) = inside(bits.strip_prefix(&[0])?, SEQUENCE)?;
    let (modulus, _) = inside(numbers, INTEGER)?;
    let modulus = &modulus[modulus.iter().position(|byte| *byte != 0)?..];
    let unused = usize::try_from(modulus.first()?.leading_zeros()).ok()?;
    Some(modulus.len() * 8 - unused)
}

/// What is in the first element, which must have this tag, and what comes after it.
fn inside(der: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
    let (tag, content, rest) = element(der)?;
    (tag == wanted).then_some((content, rest))
}

/// The first element of DER: its tag, its content, and what comes after it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, length], rest) = der.split_first_chunk::<2>()?;
    let (length, rest) = if length < 0x80 {
        (usize::from(length), rest)
    } else {
        let (bytes, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
        if bytes.len() > 3 {
            return None;
        }
        (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rustls::pki_types::pem::PemObject;

    use super::*;

    fn certificate(name: &str) -> CertificateDer<'static> {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/weakness").join(name);
        CertificateDer::from_pem_file(path).expect("a certificate")
    }

    #[test]
    fn short_rsa_keys_have_their_length_and_others_are_none() {
        assert_eq!(short_key(&certificate("rsa-1024.pem")), Some(Weakness::ShortKey(1024)));
        assert_eq!(short_key(&certificate("sha1.pem")), None, "2048 bits");
        let elliptic = rcgen::generate_simple_self_signed(["imap.example.org".to_owned()]).expect("a certificate");
        assert_eq!(short_key(elliptic.cert.der()), None);
        assert_eq!(short_key(&CertificateDer::from_slice(b"no certificate")), None);
    }

    #[test]
    fn broken_hashes_are_known_in_and_out_of_their_sequence() {
        let sha1 = [&[0x06, 9][..], BROKEN[0].0, &[0x05, 0]].concat();
        assert_eq!(broken_hash(&sha1), Some(Weakness::BrokenHash("SHA-1")));
        let whole = [&[SEQUENCE, 13][..], &sha1].concat();
        assert_eq!(broken_hash(&whole), Some(Weakness::BrokenHash("SHA-1")));
        let sha256 = [0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
        assert_eq!(broken_hash(&sha256), None);
    }

    proptest! {
        #[test]
        fn no_bytes_of_a_stranger_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let (key, hash) = (rsa_bits(&bytes), broken_hash(&bytes));
            prop_assert!(key.is_none_or(|bits| bits <= bytes.len() * 8), "{key:?} {hash:?}");
        }
    }
}
