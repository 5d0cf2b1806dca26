//! How a connection ended, and what that says in a sentence.

use std::io;

use crate::dial::client_refused;
use crate::wire::Ended;
pub use mailwatch_proto::connection::Ending;
use mailwatch_proto::greeting::TLS;
use mailwatch_proto::model::{Fault, FaultClass};
use mailwatch_proto::wire::Violation;

/// The end of a stream in a sentence.
pub(crate) fn explain(peer: &str, ended: &Ended) -> (Ending, Fault) {
    match ended {
        Ended::Closed => {
            let message = format!("{peer} closed the connection without BYE");
            (Ending::Closed, Fault::retry_after(FaultClass::Closed, message))
        }
        Ended::Cut => explain_error(peer, &io::ErrorKind::UnexpectedEof.into()),
        Ended::Violated(violation) => {
            let message = match violation {
                Violation::Line { .. } | Violation::Literal { .. } => {
                    format!("{peer}: {violation}; the connection was closed to protect this program")
                }
                Violation::Tls => format!("{peer} {TLS}"),
            };
            (Ending::Broken, Fault::retry_after(FaultClass::Protocol, message))
        }
        Ended::Failed(error) => explain_error(peer, error),
    }
}

/// A transport's error in a sentence.
fn explain_error(peer: &str, error: &io::Error) -> (Ending, Fault) {
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
            (Ending::GivenUp, FaultClass::Timeout, "stopped acknowledging: TCP gave up the connection")
        }
        // The kind is the system's and grows; its own words are the best there is.
        _ => {
            let message = format!("the connection to {peer} broke: {error}");
            return (Ending::Broken, Fault::retry_after(FaultClass::Closed, message));
        }
    };
    (ending, Fault::retry_after(class, format!("{peer} {what}")))
}
