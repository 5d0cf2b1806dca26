//! A server of the demo in a process of its own, and the configuration that it tells.

use std::path::PathBuf;

use rustix::process::Signal;

use crate::home::Home;
use crate::process::Process;
use crate::terminal::PROMPT;

/// Ends with the value.
pub struct Served {
    server: Process,
    config: String,
}

impl Served {
    /// `demo --serve` with these arguments besides.
    pub fn start(home: &Home, arguments: &[&str]) -> Self {
        let server = Process::start(home, &[&["demo", "--serve"], arguments].concat());
        server.line("a configuration", |line| line.starts_with("# A configuration"));
        let mut config = String::new();
        loop {
            let line = server.line("the configuration's lines", |_| true);
            config.push_str(&line);
            config.push('\n');
            if line.starts_with("max_connections") {
                return Self { server, config };
            }
        }
    }

    /// The configuration, one account named `demo`.
    pub fn config(&self) -> &str {
        &self.config
    }
}

#[test]
fn a_server_for_other_clients_ends_with_its_terminal_and_takes_its_certificate_along() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let home = Home::new();
        let mut served = Served::start(&home, &[]);
        let quoted = served.config().lines().find_map(|line| line.strip_prefix("ca_file = ")).expect("a certificate");
        let certificate = PathBuf::from(quoted.trim_matches('"'));
        assert!(certificate.is_file(), "{}", certificate.display());
        served.server.signal(signal);
        assert_eq!(served.server.end(PROMPT).code(), Some(0), "{signal:?}");
        assert!(!certificate.exists(), "{signal:?} left {}", certificate.display());
    }
}
