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
//! `cargo bench --bench told -- [ROW]...`; `ROUNDS=n` for other than 200; hooks have a quarter of them.

mod client;
mod server;

use std::io::{Read, Write};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use self::client::{Client, bare};
use self::server::Server;

/// Between two mails for one client, which bundles `exists` lines where they are more than 60 a minute. A burst is another row.
const EACH: Duration = Duration::from_millis(1050);

/// The same where hooks start: the program gathers for a second what one hook is told.
const GATHERED: Duration = Duration::from_millis(1200);

const PROGRAM: &str = env!("CARGO_BIN_EXE_mailwatch-tui");

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
    let rest = EACH / u32::try_from(sides.len()).unwrap_or(1);
    for round in 0..rounds() + 5 {
        for ((_, server, client, exists, told), (to_exists, to_told)) in sides.iter().zip(&mut times) {
            let start = server.deliver(rest);
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
    for round in 0..rounds() / 4 + 5 {
        for ((_, server, _, started), times) in sides.iter().zip(&mut times) {
            let start = server.deliver(GATHERED);
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
            f64::from(u32::try_from(commands).unwrap_or(u32::MAX)) / start.elapsed().as_secs_f64()
        );
    }
}

fn programs() -> Vec<(&'static str, PathBuf)> {
    let before = std::env::var_os("BEFORE").map(|before| ("before", PathBuf::from(before)));
    let now = std::env::var_os("NOW").map_or_else(|| PathBuf::from(PROGRAM), PathBuf::from);
    before.into_iter().chain([("now", now)]).collect()
}
