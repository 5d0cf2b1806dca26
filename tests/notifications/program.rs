//! The program under `watch --json` in a session, on a server of the test's own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use imap_misbehave::{Encryption, Listening, NewMessage, PASSWORD, Scenario, Server, USER};
use rustix::process::{Pid, Signal, kill_process};

use crate::session::{PATIENCE, Session, look_for};

/// The program promises 2 seconds for its end; the rest is for a busy machine. D-Bus would wait 25 for an answer.
const PROMPT: Duration = Duration::from_secs(15);

/// The server and the program.
pub struct Rig {
    pub watch: Watch,
    server: Server,
    listening: Listening,
    config: PathBuf,
}

impl Rig {
    /// Starts both, and waits until the mailbox is watched.
    pub async fn start(session: &Session, account: &str, notify: &str) -> Self {
        Self::start_on(Server::new(Scenario::healthy()), session, account, notify).await
    }

    /// Starts the program on this server.
    pub async fn start_on(server: Server, session: &Session, account: &str, notify: &str) -> Self {
        let listening = server.listen(Encryption::Off).await.expect("a socket");
        let config = session.path("config.toml");
        write(&config, listening.port(), account, notify);
        let watch = Watch::start(session, &config);
        watch.heard("\"to\":\"idling\"");
        Self { watch, server, listening, config }
    }

    /// A mail comes.
    pub fn deliver(&self, from: &str, subject: &str) {
        self.server.deliver("INBOX", NewMessage::new(&format!("{from} <ann@example.org>"), subject));
    }

    /// A mail comes to another mailbox.
    pub fn deliver_to(&self, mailbox: &str, subject: &str) {
        self.server.deliver(mailbox, NewMessage::new("Ann Lee <ann@example.org>", subject));
    }

    /// A mail of exactly these bytes comes.
    pub fn deliver_raw(&self, bytes: &str) {
        self.server.deliver("INBOX", NewMessage::raw(bytes));
    }

    /// A mail comes with this Message-ID.
    pub fn deliver_as(&self, subject: &str, id: &str) {
        self.server.deliver("INBOX", NewMessage::new("Ann Lee <ann@example.org>", subject).message_id(id));
    }

    /// Waits until so many mails are not seen.
    pub async fn unseen(&self, count: usize) {
        let until = tokio::time::timeout(PATIENCE, self.server.wait_until(|server| server.unseen("INBOX") == count));
        until.await.unwrap_or_else(|_| panic!("{} are not seen, not {count}", self.server.unseen("INBOX")));
    }

    /// How many mails are not seen.
    pub fn count_unseen(&self) -> usize {
        self.server.unseen("INBOX")
    }

    /// Several mails come before the server answers anything.
    pub fn together(&self, subjects: &[&str]) {
        self.server.pause_answers();
        for subject in subjects {
            self.deliver("Ann Lee", subject);
        }
        self.server.resume_answers();
    }

    /// The server ends every connection and behaves so from now on.
    pub fn behave(&self, scenario: &str) {
        self.server.set_scenario(Scenario::by_name(scenario).expect("a scenario"));
        self.server.drop_connections();
    }

    /// Has the program read another configuration.
    pub fn reconfigure(&self, account: &str, notify: &str) {
        write(&self.config, self.listening.port(), account, notify);
        self.watch.signal(Signal::HUP);
        // Said when it is in force: no account did.
        self.watch.said("no watch changed; [notify] changed");
    }

    /// Ends the program as a person would, and sees it end in time.
    pub fn end(&self) {
        self.watch.signal(Signal::INT);
        let began = Instant::now();
        look_for("the end", || self.watch.child.lock().expect("no test panics with it").try_wait().expect("ours"));
        assert!(began.elapsed() < PROMPT, "the end took {:?}", began.elapsed());
    }
}

fn write(config: &Path, port: u16, account: &str, notify: &str) {
    let text = format!(
        "[[account]]\nname = \"work\"\nhost = \"localhost\"\nport = {port}\ntls = \"off\"\nuser = \"{USER}\"\n\
         password_command = [\"echo\", \"{PASSWORD}\"]\n{account}\n[notify]\n{notify}\n"
    );
    fs::write(config, text).expect("written");
}

/// The program; killed with the value.
pub struct Watch {
    child: Mutex<Child>,
    output: PathBuf,
    errors: PathBuf,
    /// How much of the output was asked for already.
    read: Mutex<usize>,
}

impl Watch {
    fn start(session: &Session, config: &Path) -> Self {
        let (output, errors) = (session.path("output"), session.path("errors"));
        let child = session
            .command(env!("CARGO_BIN_EXE_mailwatch-tui"))
            .args(["watch", "--json", "-v", "--config"])
            .arg(config)
            .arg("--state-dir")
            .arg(session.path("state"))
            .env("TZ", daytime())
            .stdout(File::create(&output).expect("a file"))
            .stderr(File::create(&errors).expect("a file"))
            .spawn()
            .expect("it was built");
        Self { child: Mutex::new(child), output, errors, read: Mutex::new(0) }
    }

    /// Waits for a line of its output that holds a text, after those that were waited for before.
    #[track_caller]
    pub fn heard(&self, text: &str) {
        let mut read = self.read.lock().expect("no test panics with it");
        *read = look_for(text, || {
            let output = fs::read_to_string(&self.output).ok()?;
            let at = output[*read..].find(text)? + *read;
            let end = output[at..].find('\n')? + at;
            Some(end)
        });
    }

    /// Waits for a line on standard error that holds a text.
    #[track_caller]
    pub fn said(&self, text: &str) -> String {
        look_for(text, || self.errors().lines().find(|line| line.contains(text)).map(str::to_owned))
    }

    pub fn errors(&self) -> String {
        fs::read_to_string(&self.errors).unwrap_or_default()
    }

    /// How many connections it has made.
    pub fn connections(&self) -> usize {
        fs::read_to_string(&self.output).unwrap_or_default().matches("\"kind\":\"connected\"").count()
    }

    pub fn id(&self) -> u32 {
        self.child.lock().expect("no test panics with it").id()
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child.lock().expect("no test panics with it")), signal).expect("it runs");
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Ok(child) = self.child.get_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A zone in which it is neither midnight now nor soon.
fn daytime() -> &'static str {
    let hour = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).hour();
    if (6..18).contains(&hour) { "UTC0" } else { "FAR-12" }
}
