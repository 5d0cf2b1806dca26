//! What a command printed: the secret on its first line, and what it said on standard error.

use std::time::Duration;

use secrecy::SecretString;
use zeroize::{Zeroize, Zeroizing};

use super::failed::Failed;
use crate::process::Finished;
use mailwatch_proto::model::sanitise;

/// How much a command may print. No password is longer; a command that prints on is the wrong one.
pub(super) const OUTPUT_LIMIT: usize = 64 * 1024;

/// How much of standard error is shown, in characters.
const STDERR_SHOWN: usize = 300;

/// The first line, where the command ended well.
pub(super) fn secret(finished: &Finished, program: &str, limit: Duration) -> Result<SecretString, Failed> {
    let status = match &finished.result {
        Ok(status) => status,
        Err(failure) => return Err(Failed::without_end(failure, program, OUTPUT_LIMIT, limit)),
    };
    if !status.success() {
        let how = match status.code() {
            Some(code) => format!("exit code {code}"),
            None => "a signal".to_owned(),
        };
        return Err(Failed::for_now(format!("`{program}` ended with {how}")));
    }
    let line = first_line(finished);
    if line.is_empty() {
        return Err(Failed::for_user(format!("`{program}` printed nothing on its first line")));
    }
    match std::str::from_utf8(line) {
        // No server takes these in a password (RFC 3501 §9, TEXT-CHAR; RFC 4616 §2), so this is no password.
        Ok(text) if !text.contains(['\0', '\r']) => Ok(SecretString::from(text)),
        Ok(_) | Err(_) => Err(Failed::for_user(format!("what `{program}` printed is not text"))),
    }
}

fn first_line(finished: &Finished) -> &[u8] {
    let line = finished.output.split(|&byte| byte == b'\n').next().unwrap_or_default();
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// What it said on standard error, without the secret that it may have repeated there, behind a colon.
pub(super) fn complaint(finished: &Finished) -> String {
    let mut said = String::from_utf8_lossy(&finished.errors).into_owned();
    let secret = Zeroizing::new(String::from_utf8_lossy(first_line(finished)).into_owned());
    let shown = if secret.is_empty() {
        sanitise(said.trim(), STDERR_SHOWN)
    } else {
        sanitise(said.replace(secret.as_str(), "***").trim(), STDERR_SHOWN)
    };
    said.zeroize();
    if shown.is_empty() { String::new() } else { format!(": {shown}") }
}
