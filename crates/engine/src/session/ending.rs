//! How a connection ended, and what that says in a sentence.

use std::io;

use crate::dial::client_refused;
use mailwatch_proto::model::{Fault, FaultClass};
use mailwatch_proto::wire::Violation;

/// How a connection ended, as TCP tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The server closed it (FIN).
    Closed,
    /// It was reset (RST): by the server, or by something on the path that had forgotten it.
    Reset,
    /// TCP gave it up: keepalive or unacknowledged bytes.
    GivenUp,
    /// This program closed it: the server broke a cap, or the stream broke otherwise.
    Broken,
}

/// A read's error in a sentence.
pub(super) fn explain(peer: &str, error: &io::Error) -> (Ending, Fault) {
    if let Some(violation) = error.get_ref().and_then(|inner| inner.downcast_ref::<Violation>()) {
        let message = format!("{peer}: {violation}; the connection was closed to protect this program");
        return (Ending::Broken, Fault::retry_after(FaultClass::Protocol, message));
    }
    if let Some(fault) = client_refused(error, peer) {
        return (Ending::Broken, fault);
    }
    let (ending, class, what) = match error.kind() {
        io::ErrorKind::UnexpectedEof => (
            Ending::Closed,
            FaultClass::Closed,
            "closed the connection in the middle of a response or without TLS's goodbye",
        ),
        io::ErrorKind::ConnectionReset => (Ending::Reset, FaultClass::Closed, "reset the connection (RST)"),
        io::ErrorKind::BrokenPipe => {
            (Ending::Reset, FaultClass::Closed, "had closed the connection before a command could be written")
        }
        io::ErrorKind::TimedOut
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::NetworkDown => {
            (Ending::GivenUp, FaultClass::Timeout, "acknowledged nothing any more: TCP gave the connection up")
        }
        // The kind is the system's and grows; its own words are the best there is.
        _ => {
            let message = format!("the connection to {peer} broke: {error}");
            return (Ending::Broken, Fault::retry_after(FaultClass::Closed, message));
        }
    };
    (ending, Fault::retry_after(class, format!("{peer} {what}")))
}
