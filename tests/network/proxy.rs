//! Debian's microsocks and tinyproxy on loopback.

use std::io::{self, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use crate::program::PATIENCE;

/// A proxy that runs until dropped.
pub struct Running {
    child: Child,
    pub port: u16,
    _config: Option<tempfile::NamedTempFile>,
}

impl Running {
    /// SOCKS5, for this user where one is given. `None` where it is not installed, which is said.
    pub fn microsocks(user: Option<(&str, &str)>) -> Option<Self> {
        let port = free_port();
        let mut command = Command::new("microsocks");
        command.args(["-i", "127.0.0.1", "-p", &port.to_string()]);
        if let Some((user, password)) = user {
            command.args(["-u", user, "-P", password]);
        }
        Self::start(command, port, None)
    }

    /// HTTP CONNECT to one port.
    pub fn tinyproxy(allowed: u16, login: Option<(&str, &str)>) -> Option<Self> {
        let port = free_port();
        let login = login.map_or_else(String::new, |(user, password)| format!("BasicAuth {user} {password}\n"));
        let mut config = tempfile::NamedTempFile::new().expect("a temporary file");
        write!(
            config,
            "Port {port}\nListen 127.0.0.1\nTimeout 600\nMaxClients 20\nAllow 127.0.0.1\nConnectPort {allowed}\n{login}"
        )
        .expect("room on the disk");
        let mut command = Command::new("tinyproxy");
        command.arg("-d").arg("-c").arg(config.path());
        Self::start(command, port, Some(config))
    }

    fn start(mut command: Command, port: u16, config: Option<tempfile::NamedTempFile>) -> Option<Self> {
        let child = match command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn() {
            Ok(child) => child,
            Err(error) => {
                skip(&format!("{} cannot be run: {error}", command.get_program().display()));
                return None;
            }
        };
        let running = Self { child, port, _config: config };
        let by = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < by, "the proxy does not listen");
            std::thread::yield_now();
        }
        Some(running)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback");
    listener.local_addr().expect("bound").port()
}

fn skip(why: &str) {
    let required = std::env::var("MAILWATCH_REQUIRE").is_ok_and(|list| list.split(',').any(|one| one == "proxy"));
    assert!(!required, "MAILWATCH_REQUIRE names proxy: {why}");
    // Not eprintln: that is kept back where the test passes.
    let _ = writeln!(io::stderr(), "skipped: {why}");
}
