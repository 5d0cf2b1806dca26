//! Debian's microsocks and tinyproxy on loopback.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use crate::needs::{Missing, programs};
use crate::program::PATIENCE;

/// A proxy that runs until dropped.
pub struct Running {
    child: Child,
    pub port: u16,
    _config: Option<tempfile::NamedTempFile>,
}

impl Running {
    /// SOCKS5, for this user where one is given.
    pub fn microsocks(user: Option<(&str, &str)>) -> Self {
        Self::start(|port| {
            let mut command = Command::new("microsocks");
            command.args(["-i", "127.0.0.1", "-p", &port.to_string()]);
            if let Some((user, password)) = user {
                command.args(["-u", user, "-P", password]);
            }
            (command, None)
        })
    }

    /// HTTP CONNECT to one port.
    pub fn tinyproxy(allowed: u16, login: Option<(&str, &str)>) -> Self {
        let login = login.map_or_else(String::new, |(user, password)| format!("BasicAuth {user} {password}\n"));
        Self::start(|port| {
            let mut config = tempfile::NamedTempFile::new().expect("a temporary file");
            write!(
                config,
                "Port {port}\nListen 127.0.0.1\nTimeout 600\nMaxClients 20\nAllow 127.0.0.1\nConnectPort {allowed}\n{login}"
            )
            .expect("room on the disk");
            let mut command = Command::new("tinyproxy");
            command.arg("-d").arg("-c").arg(config.path());
            (command, Some(config))
        })
    }

    /// Starts it on a port that nobody takes away: one that ends at once found it taken.
    fn start(command: impl Fn(u16) -> (Command, Option<tempfile::NamedTempFile>)) -> Self {
        for _ in 0..20 {
            let port = free_port();
            let (mut command, config) = command(port);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let child = command.spawn().expect("the test says that it needs proxies");
            let mut running = Self { child, port, _config: config };
            if running.listens() {
                return running;
            }
        }
        panic!("the proxy finds no port to listen on");
    }

    /// Waits until it does, or has ended.
    fn listens(&mut self) -> bool {
        let by = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            if self.child.try_wait().expect("our child").is_some() {
                return false;
            }
            assert!(Instant::now() < by, "the proxy does not listen");
            std::thread::yield_now();
        }
        true
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Below the range that systems give to outgoing connections: a client that connects before the proxy listens must not reach
/// itself, nor may another test's socket take the port meanwhile.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

fn free_port() -> u16 {
    std::iter::repeat_with(|| fastrand::u16(PORTS))
        .take(1000)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a free port")
}

/// Whether both are installed.
pub fn look() -> Result<(), Missing> {
    programs(&[("microsocks", "-h"), ("tinyproxy", "-v")])
}
