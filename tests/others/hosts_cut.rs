//! The way to a host cut in silence: nothing is refused, nothing arrives.

use std::net::TcpListener;
use std::process::{Command, Output};
use std::time::Instant;

use crate::home::{Home, PROGRAM};
use crate::hosts::{Host, rows_of, wait_host};
use crate::link::{Link, enter};
use crate::needed::SSH;
use crate::needs::{Missing, Need, programs, tests};
use crate::sshd::{Guest, Sshd};
use crate::terminal::{LARGE, PROMPT, Start};

tests! {
    [&SSH, &FIREWALL] =>
        a_link_that_a_firewall_cuts_in_silence_is_not_shown_as_live_and_is_back_when_the_way_is_open_again;
}

/// A network namespace, and a firewall in it.
const FIREWALL: Need = Need { word: "netns", look };

fn look() -> Result<(), Missing> {
    crate::link::look()?;
    programs(&[("nft", "-v")])?;
    let output = nft(&Link::make(), "add table inet cut");
    if output.status.success() {
        return Ok(());
    }
    let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Missing { why: format!("this kernel refuses nft its table: {why}"), excused: true })
}

fn nft(link: &Link, command: &str) -> Output {
    Command::new("ip").args(["netns", "exec", &link.server.name, "nft", command]).output().expect("it was found")
}

/// Whether what comes to the server's end, and goes from there, is dropped.
fn firewall(link: &Link, drops: bool) {
    let chain =
        |hook: &str| format!("add chain inet cut {hook} {{ type filter hook {hook} priority 0; policy drop; }}");
    let commands = if drops {
        vec!["add table inet cut".to_owned(), chain("input"), chain("output")]
    } else {
        vec!["delete table inet cut".to_owned()]
    };
    for command in commands {
        let output = nft(link, &command);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "nft {command}: {}", error.trim());
    }
}

fn a_link_that_a_firewall_cuts_in_silence_is_not_shown_as_live_and_is_back_when_the_way_is_open_again() {
    let host = Host::start();
    let link = Link::make();
    let namespace = link.server.name.clone();
    let listener = std::thread::spawn(move || {
        enter(&namespace);
        TcpListener::bind(Link::address()).expect("an address of this namespace")
    });
    let sshd = Sshd::start_on(listener.join().expect("it listens"), &[Guest::new("mx1", &host.home)]);
    let home = Home::new();
    home.write_config("[[host]]\nname = \"mx1\"\nssh = \"mx1\"\n");
    let (config, state) = (home.config(), home.state_dir());
    let run = ["netns", "exec", &link.client.name, PROGRAM, "--config", &config, "--state-dir", &state];
    let mut terminal = Start::program(home, "ip", &run).env("PATH", &sshd.path()).size(LARGE).open();
    wait_host(&terminal, "mx1", "watch", "live");
    // Short enough for the link to be there still, and so long that it is not.
    for is_long in [false, true] {
        firewall(&link, true);
        let cut = Instant::now();
        wait_host(&terminal, "mx1", "no answer", "down");
        terminal.wait_text("0 live");
        let shown = cut.elapsed();
        if is_long {
            wait_host(&terminal, "mx1", "link lost", "down");
            terminal.wait("tries that hang, and the age", |screen| {
                rows_of(&screen.contents(), "mx1").is_some_and(|(heading, _)| heading.contains("0:25"))
            });
        }
        firewall(&link, false);
        let open = Instant::now();
        wait_host(&terminal, "mx1", "watch", "live");
        eprintln!("cut: shown after {shown:?}, back {:?} after {:?}", open.elapsed(), open - cut);
    }
    terminal.press("q");
    assert_eq!(terminal.end(PROMPT), 0);
    terminal.assert_restored();
    assert_eq!(host.asked(), 0);
}
