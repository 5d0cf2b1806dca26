//! From `* n EXISTS` to the line of `watch --json`, beside a client that does the same with nothing around it.
//!
//! The bare client is this program again: it waits in IDLE, and on EXISTS sends DONE, reads the OK, fetches the new message's
//! headers and prints a line. Both have a server of their own in this process, take turns, and are timed from before the
//! server's write to the line that their reader has; the printed ratio is of the medians. The variables `BEFORE` and `NOW` name
//! other programs than the one that was built: `BEFORE` is measured in the same run.
//!
//! | row | what |
//! |---|---|
//! | `plain`, `tls` | to `new_mail`, and to the `exists` line |
//! | `hook` | to the start of the hook, beside a client that starts the program at once on EXISTS |
//! | `often` | a mail every 45 ms: the median until it is told, and the client's commands a second |
//!
//! `cargo bench --bench told -- [ROW]...`; `ROUNDS=n` for other than 200.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned};

const PROGRAM: &str = env!("CARGO_BIN_EXE_mailwatch-tui");
/// Between two mails of a row that takes turns: the program ends at most four IDLEs a second.
const REST: Duration = Duration::from_millis(300);

trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

fn rounds() -> usize {
    std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(200)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--bare", port, mode, extra] => bare(port.parse().expect("a port"), mode, extra),
        ["--hook", socket] => {
            let _ = UnixDatagram::unbound().and_then(|sender| sender.send_to(b"x", socket));
        }
        ref rows => {
            let wanted = |row: &str| rows.is_empty() || rows.contains(&row);
            for tls in [false, true] {
                if wanted(if tls { "tls" } else { "plain" }) {
                    lines(tls);
                }
            }
            if wanted("hook") {
                hooks();
            }
            if wanted("often") {
                often();
            }
        }
    }
}

// --- the server -----------------------------------------------------------------------------------------------------

struct Server {
    port: u16,
    directory: tempfile::TempDir,
    /// A mail: the time of its write comes back.
    deliver: Sender<Sender<Instant>>,
    idling: Receiver<()>,
    commands: Arc<AtomicU64>,
}

impl Server {
    fn ca(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    fn start(tls: bool) -> Self {
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

    /// Delivers once the client idles; the time just before the announcement's write.
    fn deliver(&self) -> Instant {
        self.idling.recv().expect("the server runs");
        thread::sleep(REST);
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
    stream.get_mut().write_all(b"* OK [CAPABILITY IMAP4rev1 IDLE UIDPLUS ESEARCH] ready\r\n")?;
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
                idle = tag.to_owned();
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
    if upper.starts_with("EXAMINE") || upper.starts_with("SELECT") {
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
        text += &format!("* {n} FETCH (UID {n}");
        for (item, value) in
            [("FLAGS", "()"), ("INTERNALDATE", "\"29-Nov-2026 08:00:00 +0000\""), ("RFC822.SIZE", "2000")]
        {
            if items.contains(item) {
                text += &format!(" {item} {value}");
            }
        }
        if let Some((_, section)) = items.split_once("BODY.PEEK") {
            let section = section.split_inclusive(']').next().unwrap_or(section);
            let header = format!(
                "From: Somebody <s{n}@example.org>\r\nSubject: m{n}\r\nDate: Sun, 29 Nov 2026 08:00:00 +0000\r\nMessage-ID: <{n}@example.org>\r\n\r\n"
            );
            text += &format!(" BODY{section} {{{}}}\r\n{header}", header.len());
        }
        text += ")\r\n";
    }
    text
}

// --- the clients ----------------------------------------------------------------------------------------------------

/// A client with nothing around it. `extra` is the CA's file (`tls`), or the hook's socket (`hook`).
fn bare(port: u16, mode: &str, extra: &str) {
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
struct Client {
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

    fn bare(server: &Server, mode: &str, extra: &Path) -> Self {
        let this = std::env::current_exe().expect("this program");
        Self::new(
            Command::new(this).args(["--bare", &server.port.to_string(), mode]).arg(extra),
            tempfile::tempdir().expect("a directory"),
        )
    }

    fn watch(program: &Path, server: &Server, tls: bool, more: &str) -> Self {
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

    fn line(&self, fits: &str) -> Instant {
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

fn programs() -> Vec<(&'static str, PathBuf)> {
    let before = std::env::var_os("BEFORE").map(|before| ("before", PathBuf::from(before)));
    let now = std::env::var_os("NOW").map_or_else(|| PathBuf::from(PROGRAM), PathBuf::from);
    before.into_iter().chain([("now", now)]).collect()
}

// --- the rows -------------------------------------------------------------------------------------------------------

fn lines(tls: bool) {
    let mode = if tls { "tls" } else { "plain" };
    let mut sides = Vec::new();
    let server = Server::start(tls);
    let client = Client::bare(&server, mode, &server.ca());
    sides.push(("bare", server, client, "exists", "new_mail"));
    for (name, program) in programs() {
        let server = Server::start(tls);
        let client = Client::watch(&program, &server, tls, "");
        sides.push((name, server, client, "\"kind\":\"exists\"", "\"kind\":\"new_mail\""));
    }
    let mut times = vec![(Vec::new(), Vec::new()); sides.len()];
    for round in 0..rounds() + 5 {
        for ((_, server, client, exists, told), (to_exists, to_told)) in sides.iter().zip(&mut times) {
            let start = server.deliver();
            let (exists, told) = (client.line(exists) - start, client.line(told) - start);
            // The first rounds fill caches.
            if round >= 5 {
                to_exists.push(exists);
                to_told.push(told);
            }
        }
    }
    let medians: Vec<_> = times.into_iter().map(|(exists, told)| (median(exists), median(told))).collect();
    for ((name, ..), (exists, told)) in sides.iter().zip(&medians) {
        println!(
            "{mode:6} {name:6} exists {exists:?} ({:.2} ×), new_mail {told:?} ({:.2} ×)",
            exists.as_secs_f64() / medians[0].0.as_secs_f64(),
            told.as_secs_f64() / medians[0].1.as_secs_f64()
        );
    }
}

fn hooks() {
    let directory = tempfile::tempdir().expect("a directory");
    let this = std::env::current_exe().expect("this program");
    let mut sides = Vec::new();
    for (name, program) in
        [("bare", None)].into_iter().chain(programs().into_iter().map(|(name, program)| (name, Some(program))))
    {
        let path = directory.path().join(name);
        let started = UnixDatagram::bind(&path).expect("a socket");
        started.set_read_timeout(Some(Duration::from_secs(30))).expect("a socket option");
        let server = Server::start(false);
        let client = match program {
            None => Client::bare(&server, "hook", &path),
            Some(program) => {
                let hook = format!("on_new_mail = [\"{}\", \"--hook\", \"{}\"]\n", this.display(), path.display());
                Client::watch(&program, &server, false, &hook)
            }
        };
        sides.push((name, server, client, started));
    }
    let mut times = vec![Vec::new(); sides.len()];
    for round in 0..rounds() + 5 {
        for ((_, server, _, started), times) in sides.iter().zip(&mut times) {
            let start = server.deliver();
            started.recv(&mut [0; 1]).expect("the hook starts");
            if round >= 5 {
                times.push(start.elapsed());
            }
        }
    }
    let medians: Vec<_> = times.into_iter().map(median).collect();
    for ((name, ..), time) in sides.iter().zip(&medians) {
        println!("hook   {name:6} {time:?} ({:.2} ×)", time.as_secs_f64() / medians[0].as_secs_f64());
    }
}

/// A mail every 45 ms for a quarter of `rounds` seconds, announced at once while the client idles and else when it next does.
fn often() {
    for (name, program) in programs() {
        let server = Server::start(false);
        let client = Client::watch(&program, &server, false, "");
        let count = rounds().max(100);
        let times = Arc::new(Mutex::new(Vec::new()));
        let written = Arc::clone(&times);
        client.line("\"kind\":\"phase\"");
        let before = server.commands.load(Ordering::Relaxed);
        let start = Instant::now();
        let deliver = server.deliver.clone();
        let mailer = thread::spawn(move || {
            for _ in 0..count {
                thread::sleep(Duration::from_millis(45));
                written.lock().expect("nobody panics here").push(Instant::now());
                let (reply, _) = channel();
                deliver.send(reply).expect("the server runs");
            }
        });
        let mut delays = Vec::new();
        for n in 0..count {
            let at = client.line("\"kind\":\"new_mail\"");
            delays.push(at - times.lock().expect("nobody panics here")[n]);
        }
        mailer.join().expect("it ends");
        let commands = server.commands.load(Ordering::Relaxed) - before;
        println!(
            "often  {name:6} {:?}, {:.1} commands a second",
            median(delays),
            commands as f64 / start.elapsed().as_secs_f64()
        );
    }
}
