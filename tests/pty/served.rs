//! A server of the demo in a process of its own, and the configuration that it tells.

use crate::home::Home;
use crate::process::Process;

/// Ends with the value.
pub struct Served {
    pub server: Process,
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
