//! The clients: one with nothing around it, and the program.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::Stream;
use crate::server::Server;

/// A client with nothing around it. `extra` is the CA's file (`tls`), or the hook's socket (`hook`).
pub fn bare(port: u16, mode: &str, extra: &str) {
    let socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("a server");
    socket.set_nodelay(true).expect("a socket option");
    let mut stream: BufReader<Box<dyn Stream>> = BufReader::new(if mode == "tls" {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(extra).expect("a certificate")).expect("a root");
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").expect("a name");
        Box::new(StreamOwned::new(ClientConnection::new(Arc::new(config), name).expect("a configuration"), socket))
    } else {
        Box::new(socket)
    });
    let mut line = String::new();
    let mut until = |stream: &mut BufReader<Box<dyn Stream>>, fits: &dyn Fn(&str) -> bool| {
        loop {
            line.clear();
            assert!(stream.read_line(&mut line).expect("the server writes") > 0);
            if fits(&line) {
                return line.clone();
            }
        }
    };
    let say = |stream: &mut BufReader<Box<dyn Stream>>, command: &str| {
        stream.get_mut().write_all(command.as_bytes()).expect("the server reads");
        stream.get_mut().flush().expect("the server reads");
    };
    until(&mut stream, &|line| line.starts_with("* OK"));
    say(&mut stream, "a EXAMINE INBOX\r\n");
    until(&mut stream, &|line| line.starts_with("a OK"));
    let mut out = io::stdout();
    loop {
        say(&mut stream, "b IDLE\r\n");
        let exists = until(&mut stream, &|line| line.ends_with("EXISTS\r\n"));
        let number = exists.split(' ').nth(1).expect("a number");
        if mode == "hook" {
            let mut child = Command::new(std::env::current_exe().expect("this program"))
                .args(["--hook", extra])
                .spawn()
                .expect("a process");
            child.wait().expect("a process");
            say(&mut stream, "DONE\r\n");
            until(&mut stream, &|line| line.starts_with("b OK"));
            continue;
        }
        writeln!(out, "exists").expect("a reader");
        say(&mut stream, "DONE\r\n");
        until(&mut stream, &|line| line.starts_with("b OK"));
        say(
            &mut stream,
            &format!("c UID FETCH {number} (UID FLAGS INTERNALDATE BODY.PEEK[HEADER.FIELDS (FROM SUBJECT DATE)])\r\n"),
        );
        let mut subject = String::new();
        until(&mut stream, &|line| line.starts_with("c OK") || line.starts_with("Subject"));
        subject.push_str(number);
        until(&mut stream, &|line| line.starts_with("c OK"));
        writeln!(out, "new_mail {subject}").expect("a reader");
    }
}

/// A running client, and when its lines came.
pub struct Client {
    child: Child,
    lines: Receiver<(Instant, String)>,
    _home: tempfile::TempDir,
}

impl Client {
    fn new(command: &mut Command, home: tempfile::TempDir) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("a client");
        let output = child.stdout.take().expect("a pipe");
        let (told, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if told.send((Instant::now(), line)).is_err() {
                    return;
                }
            }
        });
        Self { child, lines, _home: home }
    }

    pub fn bare(server: &Server, mode: &str, extra: &Path) -> Self {
        let this = std::env::current_exe().expect("this program");
        Self::new(
            Command::new(this).args(["--bare", &server.port.to_string(), mode]).arg(extra),
            tempfile::tempdir().expect("a directory"),
        )
    }

    pub fn watch(program: &Path, server: &Server, tls: bool, more: &str) -> Self {
        let home = tempfile::tempdir().expect("a directory");
        let config = home.path().join("config.toml");
        let encryption =
            if tls { format!("implicit\"\nca_file = \"{}", server.ca().display()) } else { "off".to_owned() };
        std::fs::write(
            &config,
            format!(
                "[[account]]\nname = \"a\"\nhost = \"localhost\"\nport = {}\ntls = \"{encryption}\"\nuser = \"u\"\n\
                 password_command = [\"printf\", \"x\"]\n{more}",
                server.port
            ),
        )
        .expect("a file");
        let mut command = Command::new(program);
        command
            .arg("--config")
            .arg(&config)
            .arg("--state-dir")
            .arg(home.path().join("state"))
            .args(["watch", "--json"]);
        Self::new(&mut command, home)
    }

    pub fn line(&self, fits: &str) -> Instant {
        loop {
            let (at, line) = self.lines.recv_timeout(Duration::from_secs(30)).expect("the client prints");
            if line.contains(fits) {
                return at;
            }
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
