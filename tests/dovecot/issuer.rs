//! A real OAuth 2.0 issuer (oidc-provider, run by node) beside a Dovecot that asks it about tokens, a keyring in a D-Bus
//! session of its own, and a person who logs in.
//!
//! `.ci/run` installs the issuer.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::dovecot::{ANNA, free_port};
use crate::needs::{Missing, programs};
use crate::program::command;
use crate::wait::PATIENCE;

/// The confidential client's secret, as the issuer knows it.
pub const CLIENT_SECRET: &str = "issuers-Cl1ent-secret";

/// Everything that an account with an issuer needs.
pub struct Rig {
    // Dropped before the bench, whose directory they use.
    issuer: Child,
    session: Child,
    pub bench: Bench,
    url: String,
    plain: u16,
    skew: i64,
}

/// How the issuer is to be.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manner {
    /// How long an access token lives, in seconds.
    pub ttl: u32,
    /// How wrong its clock is, in seconds.
    pub skew: i64,
}

impl Rig {
    pub fn start(manner: Manner) -> Self {
        let provider = provider();
        let (port, plain) = (free_port(), free_port());
        let bench = Bench::with_tokens(plain);
        bench.server.make_mailbox(ANNA, "lists/rust");
        let (cert, key) = bench.server.certificate();
        let settings = json!({
            "key": key, "cert": cert, "port": port, "plain": plain, "provider": provider,
            "ttl": manner.ttl, "skew": manner.skew,
        });
        let mut issuer = Command::new("node")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oauth/issuer.mjs"))
            .arg(settings.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node is there");
        let url = first_line(&mut issuer);
        assert!(url.starts_with("https://"), "the issuer does not start: {url:?}");
        let runtime = bench.dir().join("run");
        fs::create_dir_all(&runtime).expect("a directory");
        fs::set_permissions(&runtime, fs::Permissions::from_mode(0o700)).expect("our directory");
        let script = "printf login | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1\n\
                      echo \"$DBUS_SESSION_BUS_ADDRESS\"\nexec cat >/dev/null";
        let mut session = Command::new("dbus-run-session")
            .args(["--", "sh", "-c", script])
            .env("HOME", bench.dir())
            .env("XDG_RUNTIME_DIR", &runtime)
            .env("XDG_DATA_HOME", bench.dir().join("data"))
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-run-session is there");
        bench.set_env("DBUS_SESSION_BUS_ADDRESS", first_line(&mut session));
        bench.set_env("XDG_RUNTIME_DIR", runtime.display().to_string());
        bench.forbid([CLIENT_SECRET.to_owned()]);
        Self { issuer, session, bench, url, plain, skew: manner.skew }
    }

    /// Writes the configuration of one account, `work`; `client` is the rest of its `oauth` table.
    pub fn configure(&self, client: &str, mailboxes: &[&str]) {
        let config = format!(
            "[timers]\nretry_min = \"1s\"\nretry_max = \"2s\"\n\n[[account]]\nname = \"work\"\nhost = \"localhost\"\n\
             port = {}\nca_file = '{}'\nuser = {:?}\nauth = \"oauth2\"\nmailboxes = {mailboxes:?}\n\
             oauth = {{ issuer = {:?}, {client} }}\n",
            self.bench.server.imaps,
            self.bench.server.ca_file().display(),
            ANNA.name,
            self.url,
        );
        fs::write(self.bench.config(), config).expect("a file");
    }

    /// `account login work`, with a person who does what it says; `typed` is what they type at it.
    pub fn log_in(&self, options: &[&str], typed: &str) -> Output {
        let mut child = command(&self.bench)
            .args(["account", "login", "work"])
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it was built");
        let mut stdin = child.stdin.take().expect("piped");
        stdin.write_all(typed.as_bytes()).expect("it reads");
        drop(stdin);
        let mut said = BufReader::new(child.stdout.take().expect("piped"));
        let (mut line, mut url) = (String::new(), None);
        while !line.starts_with("Waiting") {
            line.clear();
            if said.read_line(&mut line).expect("text") == 0 {
                break;
            }
            let found = line.split_whitespace().find(|word| word.starts_with("https://"));
            url = found.map(str::to_owned).or(url);
        }
        if let Some(url) = url {
            let person = Command::new("python3")
                .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oauth/person.py"))
                .arg(self.bench.server.ca_file())
                .args([ANNA.name, &url, &self.skew.to_string()])
                .output()
                .expect("python3 is there");
            let told = String::from_utf8_lossy(&person.stdout).into_owned();
            assert!(person.status.success(), "{told}\n{}", String::from_utf8_lossy(&person.stderr));
        }
        let mut rest = Vec::new();
        said.read_to_end(&mut rest).expect("its end");
        let mut output = child.wait_with_output().expect("our child");
        output.stdout = rest;
        output
    }

    /// Runs a command of the program to its end: both streams, and the exit code.
    pub fn run(&self, arguments: &[&str]) -> (String, Option<i32>) {
        let output = command(&self.bench).args(arguments).output().expect("it was built");
        let both = [output.stdout, output.stderr].concat();
        (String::from_utf8_lossy(&both).into_owned(), output.status.code())
    }

    /// What the issuer did so far. From then on its tokens must be in no file.
    pub fn stats(&self) -> Value {
        let stats: Value = serde_json::from_str(&self.tell("stats")).expect("JSON");
        let tokens = stats["tokens"].as_array().expect("a list").iter();
        self.bench.forbid(tokens.map(|token| token.as_str().expect("a token").to_owned()));
        stats
    }

    /// Tells the issuer something: `down`, `up`, `revoke`.
    pub fn tell(&self, what: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.plain)).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        write!(stream, "GET /test/{what} HTTP/1.0\r\n\r\n").expect("open");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("text");
        answer.split_once("\r\n\r\n").expect("an answer").1.to_owned()
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.stats();
        }
        for child in [&mut self.issuer, &mut self.session] {
            // Both end with their standard input; the keyring ends with its session's bus.
            drop(child.stdin.take());
            let _ = child.wait();
        }
    }
}

fn first_line(child: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("text");
    line.trim().to_owned()
}

/// Where the issuer is installed.
fn provider() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("../oauth-issuer/node_modules/oidc-provider/lib/index.js")
}

/// Whether it, and what runs it, is there.
pub fn look() -> Result<(), Missing> {
    if !provider().is_file() {
        return Err(Missing::new("the issuer that .ci/run installs is not there"));
    }
    let version = "--version";
    programs(&[
        ("node", version),
        ("python3", version),
        ("dbus-run-session", version),
        ("gnome-keyring-daemon", version),
    ])
}
