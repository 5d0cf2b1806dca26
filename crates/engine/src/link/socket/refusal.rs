//! Who is not served, and what he is told.

use std::io;

use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

use super::PATIENCE;
use super::host::Host;
use super::lines::NoLine;
use crate::link::protocol::{FrontEndHello, NotUnderstood, ToEngine, ToFrontEnd, VERSION};
use mailwatch_proto::model::sanitise;

/// Characters of a front end's name that a sentence repeats.
const NAME_LIMIT: usize = 100;

/// Why this front end cannot be served.
pub(super) fn unfit<S>(hello: &FrontEndHello, host: &Host<S>) -> Option<String> {
    if hello.version != VERSION {
        return Some(format!(
            "this engine ({}) speaks version {VERSION} of the protocol, and {} version {}: use the same version of both",
            super::program(),
            sanitise(&hello.program, NAME_LIMIT),
            hello.version
        ));
    }
    let (theirs, ours) = (hello.config.as_ref()?, host.hello.config.as_ref()?);
    (theirs != ours).then(|| {
        format!(
            "the engine on this state directory (process {}) uses {ours}, not {theirs}: end it first, or name \
             another state directory with --state-dir",
            host.hello.pid
        )
    })
}

/// What one hears who does not begin with a hello.
pub(super) fn stranger(line: &str, read: &Result<ToEngine, NotUnderstood>) -> String {
    // `status` of 0.1.0 asks so, and understands this.
    if line.contains("\"shape\"") && matches!(read, Err(NotUnderstood::Message { .. })) {
        let error =
            format!("the program that runs here is {}: ask it with a `status` of its own version", super::program());
        return serde_json::json!({ "error": error }).to_string();
    }
    let reason = match read {
        Ok(_) => "the first message is `hello`".to_owned(),
        Err(error) => error.to_string(),
    };
    ToFrontEnd::Refused { reason }.line()
}

pub(super) fn said(error: &NoLine) -> String {
    ToFrontEnd::Refused { reason: error.to_string() }.line()
}

pub(super) async fn refuse(write: &mut (impl AsyncWrite + Unpin), line: &str) -> io::Result<()> {
    let line = format!("{line}\n");
    // One that does not read needs no reason.
    let _ = timeout(PATIENCE, write.write_all(line.as_bytes())).await;
    Ok(())
}
