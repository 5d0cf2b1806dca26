//! The built program against a real server: a private Dovecot 2.3 for each test, on loopback, over TLS.

#[cfg(unix)]
mod append;
#[cfg(unix)]
mod bench;
#[cfg(unix)]
mod crash;
#[cfg(unix)]
mod dovecot;
#[cfg(unix)]
mod hooks;
#[cfg(unix)]
mod issuer;
#[cfg(unix)]
mod keys;
#[cfg(unix)]
mod login;
#[cfg(unix)]
mod mail;
#[cfg(unix)]
mod mailboxes;
#[cfg(unix)]
mod maildir;
#[path = "../needs/mod.rs"]
mod needs;
#[cfg(unix)]
mod oauth;
#[cfg(unix)]
mod probe;
#[cfg(unix)]
mod program;
#[cfg(unix)]
mod reading;
#[cfg(unix)]
mod screen;
#[cfg(unix)]
mod secrets;
#[cfg(unix)]
mod signals;
#[cfg(unix)]
mod two_programs;
#[cfg(unix)]
mod wait;

use std::process::ExitCode;

#[cfg(unix)]
const DOVECOT: needs::Need = needs::Need { word: "dovecot", look: dovecot::look };
#[cfg(unix)]
const ISSUER: needs::Need = needs::Need { word: "oauth", look: issuer::look };

fn main() -> ExitCode {
    #[cfg(unix)]
    let tests = [
        crash::tests(),
        hooks::tests(),
        keys::tests(),
        login::tests(),
        mail::tests(),
        mailboxes::tests(),
        oauth::tests(),
        probe::tests(),
        reading::tests(),
        secrets::tests(),
        signals::tests(),
        two_programs::tests(),
    ];
    #[cfg(not(unix))]
    let tests = [];
    needs::main(tests)
}
