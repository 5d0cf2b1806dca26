//! What counts as a host's name.

/// Whether a text is a host's name of two labels or more, in ASCII (RFC 1123 §2.1).
pub(super) fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    // The last label has a letter: else it is an address, and no certificate would be for it.
    let names = text.rsplit('.').next().is_some_and(|last| last.bytes().any(|byte| byte.is_ascii_alphabetic()));
    text.len() <= 253 && text.contains('.') && text.split('.').all(label) && names
}
