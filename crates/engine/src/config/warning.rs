//! Likely mistakes in a configuration.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use super::files::Writers;
use super::problem::Lines;
use crate::weakness::Weakness;
use mailwatch_proto::model::show_duration;

/// A warning and where it points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The line, from 1; `None` where it is about the file as a whole.
    pub line: Option<usize>,
    /// What it is about.
    pub kind: WarningKind,
}

/// What is likely a mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WarningKind {
    /// Others than its owner may change the file.
    Writable(Writers),
    /// A certificate of `ca_file` that TLS cannot use, whatever it is trusted for.
    WeakAuthority {
        /// Which of the file's certificates, from 1.
        index: usize,
        /// Why.
        weakness: Weakness,
    },
    /// `reissue` under a minute.
    ShortReissue {
        /// Its value.
        value: Duration,
    },
    /// Something in the front end's own table, in a sentence.
    FrontEnd(String),
    /// A certificate for a connection without TLS.
    CaUnused,
    /// More connections than the provider lets one account have.
    OverLimit {
        /// What is configured.
        max: u16,
        /// The provider's limit.
        limit: u16,
        /// The provider.
        provider: String,
    },
    /// A hook whose only word has spaces in it: a shell would split it, and there is none.
    ShellLine {
        /// The hook's key.
        key: &'static str,
    },
    /// Google's device flow gives no token that its IMAP takes.
    GoogleDevice,
    /// The port is known for another kind of TLS.
    PortAndTls {
        /// The port.
        port: u16,
        /// What is usually spoken there.
        usual: &'static str,
        /// What is configured.
        tls: &'static str,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        match &self.kind {
            WarningKind::Writable(writers) => {
                let who = match writers {
                    Writers::Everybody => "every user of this machine",
                    Writers::Group => "every user of the file's group",
                };
                write!(
                    f,
                    "{who} can change this file, and with it the commands it runs: make it yours alone with chmod 600"
                )
            }
            WarningKind::WeakAuthority { index, weakness } => {
                write!(f, "certificate {index} in ca_file has {weakness}: what it has signed is refused")
            }
            WarningKind::ShortReissue { value } => write!(
                f,
                "reissue = \"{}\" renews IDLE more than once a minute; servers may take that for abuse",
                show_duration(Some(*value))
            ),
            WarningKind::FrontEnd(message) => f.write_str(message),
            WarningKind::CaUnused => f.write_str("ca_file has no effect with tls = \"off\""),
            WarningKind::OverLimit { max, limit, provider } => {
                write!(f, "max_connections = {max}, but {provider} allows one account {limit}")
            }
            WarningKind::ShellLine { key } => write!(
                f,
                "{key} is an argument list, and no shell splits it: write [\"mbsync\", \"work\"], not [\"mbsync work\"]"
            ),
            WarningKind::GoogleDevice => f.write_str(
                "Google's device flow gives no token for mail: use flow = \"browser\", on another machine if necessary",
            ),
            WarningKind::PortAndTls { port, usual, tls } => {
                write!(f, "port {port} usually speaks tls = \"{usual}\", not \"{tls}\"")
            }
        }
    }
}

/// Turns spans into lines, in the order of the text.
pub(super) fn located(mut found: Vec<(WarningKind, Range<usize>)>, text: &str) -> Vec<Warning> {
    found.sort_by_key(|(_, span)| span.start);
    let lines = Lines::of(text.as_bytes());
    found.into_iter().map(|(kind, span)| Warning { line: Some(lines.at(span.start)), kind }).collect()
}
