//! Another client of the same mailbox: logs in and appends a mail.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::dovecot::{Dovecot, User};
use crate::maildir::message;
use crate::wait::PATIENCE;

/// Puts a mail into a mailbox over IMAP.
pub fn append(server: &Dovecot, user: User, mailbox: &str, subject: &str) {
    let mut client = Client::connect(server);
    client.command(&format!("LOGIN {} {}", user.name, literal(user.password)));
    client.command(&format!("APPEND \"{mailbox}\" {}", literal(&message(subject))));
    client.command("LOGOUT");
}

/// Runs commands over IMAP, each of which must succeed; their untagged lines.
pub fn run(server: &Dovecot, user: User, commands: &[&str]) -> Vec<String> {
    let mut client = Client::connect(server);
    client.command(&format!("LOGIN {} {}", user.name, literal(user.password)));
    let lines = commands.iter().flat_map(|command| client.command(command)).collect();
    client.command("LOGOUT");
    lines
}

/// What the server need not agree to first (RFC 7888).
fn literal(text: &str) -> String {
    format!("{{{}+}}\r\n{text}", text.len())
}

struct Client {
    stream: BufReader<StreamOwned<ClientConnection, TcpStream>>,
}

impl Client {
    fn connect(server: &Dovecot) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(server.ca_file()).expect("a certificate")).expect("a certificate");
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has them")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").expect("a name");
        let tls = ClientConnection::new(Arc::new(config), name).expect("a client");
        let tcp = TcpStream::connect(("127.0.0.1", server.imaps)).expect("the server listens");
        tcp.set_read_timeout(Some(PATIENCE)).expect("a socket");
        let mut client = Self { stream: BufReader::new(StreamOwned::new(tls, tcp)) };
        let greeting = client.line();
        assert!(greeting.starts_with("* OK"), "{greeting}");
        client
    }

    fn command(&mut self, command: &str) -> Vec<String> {
        let stream = self.stream.get_mut();
        stream.write_all(format!("x {command}\r\n").as_bytes()).and_then(|()| stream.flush()).expect("open");
        let mut lines = Vec::new();
        loop {
            let line = self.line();
            if line.starts_with("x ") {
                assert!(line.starts_with("x OK"), "{line}");
                return lines;
            }
            lines.push(line);
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        let read = self.stream.read_line(&mut line).expect("the server answers");
        assert!(read > 0, "the server closed the connection");
        line
    }
}
