//! Two network namespaces and the cable between them. Nothing of it is seen from outside, and it goes when dropped.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::needs::{Missing, programs};

/// The program's end.
const CLIENT: &str = "10.77.0.1";

/// The server's end.
const SERVER: &str = "10.77.0.2";

/// The interface, the same at both ends: each is alone in its namespace.
const INTERFACE: &str = "cable0";

/// A second cable, where one is changed for another.
const OTHER_INTERFACE: &str = "cable1";
const OTHER_CLIENT: &str = "10.78.0.1";
const OTHER_SERVER: &str = "10.78.0.2";

/// How the link is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The program's own interface goes down: this machine's cable is pulled.
    NearDown,
    /// The server's interface goes down: what is sent vanishes further on.
    FarDown,
    /// What the program sends is dropped in silence: a firewall that forgot the flow.
    SentIsLost,
    /// What the program sends arrives, no answer and no acknowledgement comes back.
    AnswersAreLost,
}

/// One of the two namespaces.
#[derive(Debug)]
pub struct Namespace {
    /// Its name for `ip`.
    pub name: String,
}

/// Both namespaces, linked.
#[derive(Debug)]
pub struct Link {
    /// Where the program runs. `localhost` is the server's end there, because the server's certificate says so.
    pub client: Namespace,
    /// Where the server runs.
    pub server: Namespace,
    hosts: Hosts,
}

/// Whether this machine lets namespaces be made.
pub fn look() -> Result<(), Missing> {
    if !rustix::process::geteuid().is_root() {
        return Err(Missing::new("network namespaces need root"));
    }
    programs(&[("ip", "-V")])?;
    Namespace::add(name("trial"))
        .map(drop)
        .map_err(|error| Missing { why: format!("`ip netns add` is refused even to root: {error}"), excused: true })
}

/// A namespace's name, a new one each time.
fn name(end: &str) -> String {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    format!("mailwatch-{}-{}-{end}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed))
}

impl Link {
    /// Makes the link.
    pub fn make() -> Self {
        let add = |end: &str| Namespace::add(name(end)).unwrap_or_else(|error| panic!("ip netns add: {error}"));
        let (client, server) = (add("client"), add("server"));
        let pair = ["link", "add", INTERFACE, "netns", &client.name, "type", "veth"];
        ip(&[&pair[..], &["peer", "name", INTERFACE, "netns", &server.name]].concat());
        client.up(CLIENT);
        server.up(SERVER);
        let hosts = Hosts::write(&client.name);
        Self { client, server, hosts }
    }

    /// Where a server listens.
    pub fn address() -> SocketAddr {
        SocketAddr::new(SERVER.parse().expect("an address"), 0)
    }

    pub fn cut(&self, how: Cut) {
        match how {
            Cut::NearDown => self.client.ip(&["link", "set", INTERFACE, "down"]),
            Cut::FarDown => self.server.ip(&["link", "set", INTERFACE, "down"]),
            Cut::SentIsLost => self.client.ip(&["route", "add", "blackhole", SERVER]),
            Cut::AnswersAreLost => self.server.ip(&["route", "add", "blackhole", CLIENT]),
        }
    }

    pub fn mend(&self, how: Cut) {
        match how {
            Cut::NearDown => self.client.ip(&["link", "set", INTERFACE, "up"]),
            Cut::FarDown => self.server.ip(&["link", "set", INTERFACE, "up"]),
            Cut::SentIsLost => self.client.ip(&["route", "del", "blackhole", SERVER]),
            Cut::AnswersAreLost => self.server.ip(&["route", "del", "blackhole", CLIENT]),
        }
    }

    /// The program's cable is pulled, and another is plugged in: the server is reached over that one, from another
    /// address.
    pub fn change_over(&self) {
        self.client.ip(&["link", "set", INTERFACE, "down"]);
        let pair = ["link", "add", OTHER_INTERFACE, "netns", &self.client.name, "type", "veth"];
        ip(&[&pair[..], &["peer", "name", OTHER_INTERFACE, "netns", &self.server.name]].concat());
        for (end, address) in [(&self.server, OTHER_SERVER), (&self.client, OTHER_CLIENT)] {
            end.ip(&["address", "add", &format!("{address}/24"), "dev", OTHER_INTERFACE]);
            end.ip(&["link", "set", OTHER_INTERFACE, "up"]);
        }
        self.client.ip(&["route", "add", "default", "via", OTHER_SERVER]);
    }

    /// A command that runs in the program's namespace. It is that very process: signals reach it.
    pub fn in_client(&self, program: &str) -> Command {
        debug_assert!(self.hosts.file.exists(), "localhost must be the server's end");
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.client.name, program]);
        command
    }
}

impl Namespace {
    /// Adds one, or says what `ip` says.
    fn add(name: String) -> Result<Self, String> {
        let output = Command::new("ip").args(["netns", "add", &name]).output().expect("it was found");
        if output.status.success() {
            return Ok(Self { name });
        }
        // It may have got half way.
        drop(Self { name });
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }

    fn up(&self, address: &str) {
        self.ip(&["address", "add", &format!("{address}/24"), "dev", INTERFACE]);
        self.ip(&["link", "set", INTERFACE, "up"]);
    }

    fn ip(&self, arguments: &[&str]) {
        ip(&[&["-n", &self.name][..], arguments].concat());
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // The veth pair goes with either end's namespace, that with the last process in it.
        let _ = Command::new("ip").args(["netns", "del", &self.name]).output();
    }
}

/// The calling thread moves into a namespace, with every socket that it makes from now on.
pub fn enter(namespace: &str) {
    let file = File::open(PathBuf::from("/run/netns").join(namespace)).expect("it was added");
    move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network)).expect("root may");
}

fn ip(arguments: &[&str]) {
    let output = Command::new("ip").args(arguments).output().expect("ip was there a moment ago");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "ip {}: {}", arguments.join(" "), error.trim());
}

/// What `ip netns exec` shows a program as `/etc/hosts`.
#[derive(Debug)]
struct Hosts {
    directory: PathBuf,
    file: PathBuf,
}

impl Hosts {
    fn write(namespace: &str) -> Self {
        let directory = PathBuf::from("/etc/netns").join(namespace);
        // Another test may be taking the directory above away, as empty, at this moment.
        let made = (0..100).any(|_| fs::create_dir_all(&directory).is_ok());
        assert!(made, "{} cannot be made", directory.display());
        let file = directory.join("hosts");
        fs::write(&file, format!("{SERVER} localhost\n")).expect("a new file in a new directory");
        Self { directory, file }
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
        // Only where it is empty.
        let _ = fs::remove_dir("/etc/netns");
    }
}
