//! A server that announces a mail when it is told to, and says when it did.

use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::Stream;

const CAPABILITIES: &str = "IMAP4rev1 IDLE UIDPLUS ESEARCH";

pub struct Server {
    pub port: u16,
    directory: tempfile::TempDir,
    /// A mail: the time of its write comes back.
    pub deliver: Sender<Sender<Instant>>,
    idling: Receiver<()>,
    pub commands: Arc<AtomicU64>,
}

impl Server {
    pub fn ca(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    pub fn start(tls: bool) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        std::fs::write(directory.path().join("ca.pem"), made.cert.pem()).expect("a file");
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key.into())
            .expect("a key");
        let config = Arc::new(config);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
        let port = listener.local_addr().expect("it is bound").port();
        let (deliver, mails) = channel();
        let (idles, idling) = channel();
        let commands = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&commands);
        thread::spawn(move || {
            // One connection after the other: the program has one watch.
            for socket in listener.incoming() {
                let socket = socket.expect("a connection");
                socket.set_nodelay(true).expect("a socket option");
                let stream: Box<dyn Stream> = if tls {
                    let connection = ServerConnection::new(Arc::clone(&config)).expect("a configuration");
                    Box::new(StreamOwned::new(connection, socket))
                } else {
                    Box::new(socket)
                };
                let _ = serve(stream, &mails, &idles, &counted);
            }
        });
        Self { port, directory, deliver, idling, commands }
    }

    /// Delivers once the client has idled for `rest`; the time just before the announcement's write.
    pub fn deliver(&self, rest: Duration) -> Instant {
        self.idling.recv().expect("the server runs");
        thread::sleep(rest);
        let (reply, written) = channel();
        self.deliver.send(reply).expect("the server runs");
        written.recv().expect("the server runs")
    }
}

fn serve(
    stream: Box<dyn Stream>,
    mails: &Receiver<Sender<Instant>>,
    idles: &Sender<()>,
    commands: &AtomicU64,
) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut total = 1_u32;
    let mut line = String::new();
    let mut idle = String::new();
    stream.get_mut().write_all(format!("* OK [CAPABILITY {CAPABILITIES}] ready\r\n").as_bytes())?;
    stream.get_mut().flush()?;
    while {
        line.clear();
        stream.read_line(&mut line)?
    } > 0
    {
        let answer = if line.trim_end() == "DONE" {
            format!("{idle} OK done\r\n")
        } else {
            commands.fetch_add(1, Ordering::Relaxed);
            let (tag, command) = line.trim_end().split_once(' ').unwrap_or((&line, ""));
            if command == "IDLE" {
                tag.clone_into(&mut idle);
                stream.get_mut().write_all(b"+ idling\r\n")?;
                stream.get_mut().flush()?;
                let _ = idles.send(());
                let Ok(reply) = mails.recv() else { return Ok(()) };
                total += 1 + new(mails);
                let written = Instant::now();
                stream.get_mut().write_all(format!("* {total} EXISTS\r\n").as_bytes())?;
                stream.get_mut().flush()?;
                let _ = reply.send(written);
                continue;
            }
            let before = total;
            total += new(mails);
            let announced = if total > before { format!("* {total} EXISTS\r\n") } else { String::new() };
            announced + &answer(tag, command, total)
        };
        stream.get_mut().write_all(answer.as_bytes())?;
        stream.get_mut().flush()?;
    }
    Ok(())
}

/// Mails that nobody was told of yet.
fn new(mails: &Receiver<Sender<Instant>>) -> u32 {
    let mut count = 0;
    for reply in mails.try_iter() {
        let _ = reply.send(Instant::now());
        count += 1;
    }
    count
}

fn answer(tag: &str, command: &str, total: u32) -> String {
    let upper = command.to_ascii_uppercase();
    if upper == "CAPABILITY" {
        format!("* CAPABILITY {CAPABILITIES}\r\n{tag} OK done\r\n")
    } else if upper.starts_with("EXAMINE") || upper.starts_with("SELECT") {
        format!(
            "* FLAGS (\\Seen)\r\n* {total} EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT {}] x\r\n{tag} OK [READ-ONLY] x\r\n",
            total + 1
        )
    } else if upper.contains("SEARCH") {
        format!("* ESEARCH (TAG \"{tag}\") UID COUNT 0\r\n{tag} OK done\r\n")
    } else if let Some((_, fetch)) = upper.split_once("FETCH ") {
        fetched(fetch, total) + tag + " OK done\r\n"
    } else if upper.starts_with("LIST") {
        format!("* LIST () \"/\" INBOX\r\n{tag} OK done\r\n")
    } else {
        format!("{tag} OK done\r\n")
    }
}

fn fetched(fetch: &str, total: u32) -> String {
    let (set, items) = fetch.split_once(' ').unwrap_or((fetch, ""));
    let ends: Vec<u32> = set.split([':', ',']).map(|end| end.parse().unwrap_or(total)).collect();
    let (first, last) = (ends.iter().min().copied().unwrap_or(1), ends.iter().max().copied().unwrap_or(1));
    let mut text = String::new();
    for n in first..=last.min(total) {
        let _ = write!(text, "* {n} FETCH (UID {n}");
        for (item, value) in
            [("FLAGS", "()"), ("INTERNALDATE", "\"29-Nov-2026 08:00:00 +0000\""), ("RFC822.SIZE", "2000")]
        {
            if items.contains(item) {
                let _ = write!(text, " {item} {value}");
            }
        }
        if let Some((_, section)) = items.split_once("BODY.PEEK") {
            let section = section.split_inclusive(']').next().unwrap_or(section);
            let header = format!(
                "From: Somebody <s{n}@example.org>\r\nSubject: m{n}\r\nDate: Sun, 29 Nov 2026 08:00:00 +0000\r\nMessage-ID: <{n}@example.org>\r\n\r\n"
            );
            let _ = write!(text, " BODY{section} {{{}}}\r\n{header}", header.len());
        }
        text += ")\r\n";
    }
    text
}
