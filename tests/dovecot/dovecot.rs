//! A Dovecot of the test's own: its configuration, its life, and what it wrote down about its clients.
//!
//! As root its mail belongs to `nobody` (Dovecot refuses uid 0 at login); as a user everything belongs to that user.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustix::process::{Pid, Signal, getuid, kill_process, kill_process_group};

use crate::needs::Missing;
use crate::wait::{PATIENCE, look_for};

/// Below the range that systems give to outgoing connections: a client that knocks while the server is away must
/// neither take its port nor reach itself.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// Someone with mail on the server.
#[derive(Clone, Copy, Debug)]
pub struct User {
    pub name: &'static str,
    pub password: &'static str,
}

/// A password with what quoting gets wrong: quote, backslash, space, percent, brace, letters beyond ASCII.
pub const ANNA: User = User { name: "anna", password: "Kn\"9\\zu ß€%{u}-Gänse" };
/// A plain one.
pub const OTTO: User = User { name: "otto", password: "correct-Horse-7Staple" };

/// The running server. Ends with its value.
pub struct Dovecot {
    dir: PathBuf,
    program: PathBuf,
    owner: Owner,
    /// Implicit TLS.
    pub imaps: u16,
    /// STARTTLS.
    pub imap: u16,
    introspection: Option<u16>,
    /// What is added to the configuration.
    more: String,
    master: Option<Child>,
}

/// Whose the mail is, and as whom the server's parts run.
#[derive(Clone, Debug)]
struct Owner {
    user: String,
    group: String,
    uid: u32,
    gid: u32,
}

impl Dovecot {
    /// Starts it under `dir`.
    pub fn start(dir: PathBuf) -> Self {
        Self::start_with(dir, None)
    }

    /// The same, taking access tokens too: an issuer is asked about each on this port of loopback.
    pub fn start_with(dir: PathBuf, introspection: Option<u16>) -> Self {
        let program = installed().expect("the test says that it needs Dovecot");
        let (owner, more) = (Owner::new(), String::new());
        let mut server = Self { dir, program, owner, imaps: 0, imap: 0, introspection, more, master: None };
        server.lay_out();
        let started = (0..20).any(|_| {
            (server.imaps, server.imap) = (free_port(), free_port());
            server.configure();
            server.launch()
        });
        assert!(started, "Dovecot does not start:\n{}", server.log());
        server
    }

    /// Starts it again with this in its configuration.
    pub fn restart_with(&mut self, more: &str) {
        self.stop();
        more.clone_into(&mut self.more);
        self.configure();
        self.start_again();
    }

    /// Ends the server and with it every connection.
    pub fn stop(&mut self) {
        let Some(mut master) = self.master.take() else { return };
        // Ended already: then there is nobody to be asked.
        let _ = kill_process(Pid::from_child(&master), Signal::TERM);
        let ended = look_for(PATIENCE, || master.try_wait().expect("our child"));
        // Processes that serve a client outlive their master for a while and go on serving.
        let _ = kill_process_group(Pid::from_child(&master), Signal::KILL);
        if ended.is_none() {
            master.wait().expect("our child");
        }
    }

    /// Starts it again on the same ports.
    pub fn start_again(&mut self) {
        // The old server's last processes may hold the ports for a moment longer.
        let started = look_for(PATIENCE, || self.launch().then_some(()));
        assert!(started.is_some(), "Dovecot does not start again:\n{}", self.log());
    }

    /// What clients trust.
    pub fn ca_file(&self) -> PathBuf {
        self.dir.join("ca.pem")
    }

    /// The server's certificate and its key.
    pub fn certificate(&self) -> (PathBuf, PathBuf) {
        (self.dir.join("cert.pem"), self.dir.join("key.pem"))
    }

    /// The files that hold a password rightly.
    pub fn secrets(&self) -> PathBuf {
        self.dir.join("users")
    }

    /// Where a user's mail lies.
    pub fn home(&self, user: User) -> PathBuf {
        self.dir.join("mail").join(user.name)
    }

    /// The server's log.
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir.join("log")).unwrap_or_default()
    }

    /// What the user's clients sent after login, as the server read it: the lines of each connection, oldest first.
    pub fn heard(&self, user: User) -> Vec<Vec<String>> {
        let mut files: Vec<PathBuf> = fs::read_dir(self.home(user).join("rawlog"))
            .expect("the server's own log")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "in"))
            .collect();
        files.sort();
        files.iter().map(|path| lines(path)).collect()
    }

    /// Waits until the server has heard such a conversation.
    #[track_caller]
    pub fn until_heard(&self, user: User, what: &str, fits: impl Fn(&[Vec<String>]) -> bool) {
        let heard = look_for(PATIENCE, || fits(&self.heard(user)).then_some(()));
        assert!(heard.is_some(), "the server never heard {what}:\n{:#?}\n{}", self.heard(user), self.log());
    }

    /// Makes the file or directory one that the server's processes may change.
    pub fn give(&self, path: &Path) {
        if getuid().is_root() {
            chown(path, Some(self.owner.uid), Some(self.owner.gid)).expect("root may");
        }
    }

    fn lay_out(&self) {
        let authority = authority();
        let key = KeyPair::generate().expect("a key");
        let certificate = CertificateParams::new(["localhost".to_owned()])
            .and_then(|params| params.signed_by(&key, &authority))
            .expect("a certificate");
        fs::create_dir_all(&self.dir).expect("a directory");
        fs::write(self.ca_file(), authority.pem()).expect("a file");
        fs::write(self.dir.join("cert.pem"), certificate.pem()).expect("a file");
        fs::write(self.dir.join("key.pem"), key.serialize_pem()).expect("a file");
        let users = [ANNA, OTTO].map(|user| format!("{}:{{PLAIN.b64}}{}\n", user.name, STANDARD.encode(user.password)));
        fs::write(self.secrets(), users.concat()).expect("a file");
        for user in [ANNA, OTTO] {
            let home = self.home(user);
            fs::create_dir_all(home.join("rawlog")).expect("a directory");
            self.give(&home);
            self.give(&home.join("rawlog"));
        }
        // The mail's owner passes through directories that are the test's own.
        for path in self.dir.ancestors().take(2) {
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("our directory");
        }
    }

    fn configure(&self) {
        let Owner { user, group, uid, gid } = &self.owner;
        let (imap, imaps, dir) = (self.imap, self.imaps, self.dir.display());
        let (mechanisms, tokens) = match self.introspection {
            None => ("plain login", String::new()),
            Some(port) => {
                let ask = format!(
                    "introspection_mode = post\n\
                     introspection_url = http://dovecot:dovecot@127.0.0.1:{port}/token/introspection\n\
                     force_introspection = yes\n\
                     username_attribute = sub\n\
                     active_attribute = active\n\
                     active_value = true\n"
                );
                fs::write(self.dir.join("oauth2.conf"), ask).expect("a file");
                let tokens = format!(
                    "passdb {{\n  driver = oauth2\n  mechanisms = oauthbearer xoauth2\n  args = {dir}/oauth2.conf\n}}\n"
                );
                ("plain login oauthbearer xoauth2", tokens)
            }
        };
        let config = format!(
            "base_dir = {dir}/run\n\
             state_dir = {dir}/run\n\
             log_path = {dir}/log\n\
             listen = 127.0.0.1\n\
             protocols = imap\n\
             ssl = required\n\
             ssl_cert = <{dir}/cert.pem\n\
             ssl_key = <{dir}/key.pem\n\
             auth_mechanisms = {mechanisms}\n\
             auth_verbose = yes\n\
             auth_failure_delay = 0\n\
             mail_location = maildir:~/Maildir\n\
             mail_max_userip_connections = 100\n\
             mailbox_idle_check_interval = 1 secs\n\
             imap_idle_notify_interval = 3s\n\
             default_internal_user = {user}\n\
             default_internal_group = {group}\n\
             default_login_user = {user}\n\
             first_valid_uid = 1\n\
             namespace inbox {{\n  inbox = yes\n  separator = /\n}}\n\
             {tokens}passdb {{\n  driver = passwd-file\n  args = {dir}/users\n}}\n\
             userdb {{\n  driver = static\n  args = uid={uid} gid={gid} home={dir}/mail/%u\n}}\n\
             protocol imap {{\n  rawlog_dir = %h/rawlog\n}}\n\
             service imap-login {{\n  chroot =\n  service_count = 0\n  \
               inet_listener imap {{\n    port = {imap}\n  }}\n  inet_listener imaps {{\n    port = {imaps}\n  }}\n}}\n\
             service anvil {{\n  chroot =\n}}\n\
             service stats {{\n  chroot =\n}}\n\
             {more}\n",
            more = self.more,
        );
        fs::write(self.dir.join("dovecot.conf"), config).expect("a file");
    }

    /// Whether it listens. It does not where a port is taken.
    fn launch(&mut self) -> bool {
        let starts = |log: &str| log.matches("starting up").count();
        let before = starts(&self.log());
        let mut master = Command::new(&self.program)
            .arg("-F")
            .arg("-c")
            .arg(self.dir.join("dovecot.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A group of its own, so that all of it can be ended and nothing else.
            .process_group(0)
            .spawn()
            .expect("it is installed");
        let listens = look_for(PATIENCE, || {
            if starts(&self.log()) > before {
                return Some(true);
            }
            master.try_wait().expect("our child").map(|_| false)
        });
        self.master = Some(master);
        if listens != Some(true) {
            self.stop();
        }
        listens == Some(true)
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Owner {
    fn new() -> Self {
        let name = if getuid().is_root() { "nobody".to_owned() } else { id(&["-un"]) };
        let number = |flag: &str| id(&[flag, &name]).parse().expect("a number");
        Self { uid: number("-u"), gid: number("-g"), group: id(&["-gn", &name]), user: name }
    }
}

fn id(arguments: &[&str]) -> String {
    let output = Command::new("id").args(arguments).output().expect("`id` is everywhere");
    String::from_utf8(output.stdout).expect("a name").trim().to_owned()
}

/// Whether it is installed.
pub fn look() -> Result<(), Missing> {
    installed().map(drop).ok_or_else(|| Missing::new("Dovecot 2.3 is not installed"))
}

fn installed() -> Option<PathBuf> {
    // Not in a user's path everywhere.
    ["dovecot", "/usr/sbin/dovecot", "/usr/local/sbin/dovecot"].into_iter().map(PathBuf::from).find(|program| {
        let version = Command::new(program).arg("--version").output();
        version.is_ok_and(|output| output.stdout.starts_with(b"2.3."))
    })
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    // Another name than the server's: OpenSSL takes a certificate for self-signed by its names.
    params.distinguished_name.push(DnType::CommonName, "authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a certificate")
}

/// A port that no test of this program was given before: its server may take a while to listen.
pub fn free_port() -> u16 {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut given = GIVEN.lock().expect("nothing panics while it is held");
    let free = |port: &u16| !given.contains(port) && TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let port = std::iter::repeat_with(|| fastrand::u16(PORTS)).take(1000).find(free).unwrap_or_default();
    assert_ne!(port, 0, "no port is free");
    given.insert(port);
    port
}

/// Each line without the time that the server wrote before it.
fn lines(path: &Path) -> Vec<String> {
    let text = String::from_utf8_lossy(&fs::read(path).expect("the server's own log")).into_owned();
    text.lines().map(|line| line.split_once(' ').map_or(line, |(_, line)| line).trim_end().to_owned()).collect()
}
