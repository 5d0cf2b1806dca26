//! An sshd of the test's own, a process for each connection, with keys made for it; and an ssh that knows no other.
//!
//! The test listens itself and hands each connection on, so that no port is guessed, and can cut them.

use std::fs;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::home::{Home, PROGRAM};

/// Where Debian has it, off an ordinary user's path; it wants to be called by its whole path.
pub const SSHD: &str = "/usr/sbin/sshd";

/// A host that is one by its key: who logs in with that is in this home.
pub struct Guest<'a> {
    pub name: &'static str,
    pub home: &'a Home,
    /// What the key is locked with; empty is none.
    pub passphrase: &'static str,
}

impl<'a> Guest<'a> {
    /// One whose key needs nobody.
    pub const fn new(name: &'static str, home: &'a Home) -> Self {
        Self { name, home, passphrase: "" }
    }
}

/// It serves until dropped.
pub struct Sshd {
    directory: tempfile::TempDir,
    links: Arc<Mutex<Vec<(TcpStream, Child)>>>,
}

impl Sshd {
    pub fn start(guests: &[Guest<'_>]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        Self::start_on(listener, guests)
    }

    /// On a socket that may be in another network namespace than the test: so is the sshd then.
    pub fn start_on(listener: TcpListener, guests: &[Guest<'_>]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let at = directory.path();
        if rustix::process::geteuid().is_root() {
            // Where sshd puts its unprivileged half; Debian makes it when the service starts.
            fs::create_dir_all("/run/sshd").expect("root may");
        }
        let address = listener.local_addr().expect("it listens");
        let (ip, port) = (address.ip(), address.port());
        key(&at.join("host"), "");
        let host_key = fs::read_to_string(at.join("host.pub")).expect("made");
        write(at, "known_hosts", &format!("[{ip}]:{port} {host_key}"), 0o600);
        fs::create_dir(at.join("bin")).expect("a new directory");
        std::os::unix::fs::symlink(PROGRAM, at.join("bin/mailwatch-tui")).expect("a new link");
        let (mut authorised, mut config) = (Vec::new(), Vec::new());
        for Guest { name, home, passphrase } in guests {
            key(&at.join(name), passphrase);
            let public = fs::read_to_string(at.join(format!("{name}.pub"))).expect("made");
            let login = at.join(format!("{name}.login"));
            authorised.push(format!("restrict,command=\"{}\" {public}", login.display()));
            let variables = home.env().into_iter().filter(|(variable, _)| *variable != "PATH");
            let exports: Vec<_> = variables.map(|(variable, value)| format!("export {variable}='{value}'\n")).collect();
            let exports = exports.concat();
            // What a login shell does with what ssh was asked to run.
            let text = format!(
                "#!/bin/sh\n{exports}export PATH='{}:/usr/bin:/bin'\nexec sh -c \"exec $SSH_ORIGINAL_COMMAND\"\n",
                at.join("bin").display()
            );
            write(at, &format!("{name}.login"), &text, 0o700);
            config.push(format!("Host {name}\n  IdentityFile {}\n", at.join(name).display()));
        }
        write(at, "authorized_keys", &authorised.concat(), 0o600);
        let known = at.join("known_hosts");
        config.push(format!(
            "Host *\n  HostName {ip}\n  Port {port}\n  IdentitiesOnly yes\n  IdentityAgent none\n  \
             GlobalKnownHostsFile none\n  UserKnownHostsFile {}\n  StrictHostKeyChecking yes\n",
            known.display()
        ));
        write(at, "ssh_config", &config.concat(), 0o600);
        let file = |name: &str| at.join(name).display().to_string();
        let server = format!(
            "HostKey {}\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\nPidFile none\nPermitRootLogin yes\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\nPrintMotd no\nPrintLastLog no\n",
            file("host"),
            file("authorized_keys")
        );
        write(at, "sshd_config", &server, 0o600);
        // A shell's ssh, with a configuration that is not the user's.
        write(at, "bin/ssh", &format!("#!/bin/sh\nexec /usr/bin/ssh -F {} \"$@\"\n", file("ssh_config")), 0o700);
        let links = Arc::default();
        let (serving, server) = (Arc::clone(&links), at.join("sshd_config"));
        thread::spawn(move || serve(&listener, &server, &serving));
        Self { directory, links }
    }

    /// From now on its ssh knows no host, and asks whether a key is the right one.
    pub fn forget_host(&self) {
        let at = self.directory.path();
        let config = fs::read_to_string(at.join("ssh_config")).expect("written");
        write(at, "ssh_config", &config.replace("StrictHostKeyChecking yes", "StrictHostKeyChecking ask"), 0o600);
        write(at, "known_hosts", "", 0o600);
    }

    /// A `PATH` on which its ssh is the first.
    pub fn path(&self) -> String {
        format!("{}:{}", self.directory.path().join("bin").display(), std::env::var("PATH").unwrap_or_default())
    }

    /// Cuts every connection that there is now.
    pub fn cut(&self) {
        for (stream, mut child) in self.links.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            // Both may have ended.
            let _ = stream.shutdown(Shutdown::Both);
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.cut();
    }
}

fn serve(listener: &TcpListener, config: &Path, links: &Mutex<Vec<(TcpStream, Child)>>) {
    for stream in listener.incoming().map_while(Result::ok) {
        let end = |stream: &TcpStream| stream.try_clone().map(|stream| Stdio::from(OwnedFd::from(stream)));
        let (Ok(read), Ok(write)) = (end(&stream), end(&stream)) else { return };
        let mut command = Command::new(SSHD);
        command.args(["-i", "-f"]).arg(config).stdin(read).stdout(write).stderr(Stdio::null());
        // Once the test is over its files are gone, and nobody connects.
        let Ok(child) = command.spawn() else { return };
        links.lock().unwrap_or_else(PoisonError::into_inner).push((stream, child));
    }
}

/// Makes a key pair.
fn key(at: &Path, passphrase: &str) {
    let mut command = Command::new("ssh-keygen");
    // Each try to unlock it costs little: what is tested is who is asked.
    command.args(["-q", "-t", "ed25519", "-a", "1", "-N", passphrase, "-f"]);
    let output = command.arg(at).output();
    assert!(output.expect("it was found").status.success(), "no key at {}", at.display());
}

fn write(at: &Path, name: &str, text: &str, mode: u32) {
    let path = at.join(name);
    fs::write(&path, text).expect("a new file");
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("our own");
}
