//! The built program, or its embedded server, beside programs of others: tmux, polybar, a keyring, Python, systemd, Prometheus,
//! Mosquitto, ssh, xterm.

#[cfg(unix)]
mod bars;
#[cfg(unix)]
mod clipboard;
#[cfg(unix)]
mod fleet;
#[cfg(unix)]
mod form;
#[cfg(unix)]
mod front_end;
#[cfg(unix)]
mod hosts;
#[cfg(target_os = "linux")]
mod hosts_cut;
#[cfg(unix)]
mod imaplib;
#[cfg(target_os = "linux")]
mod keyring;
#[cfg(unix)]
mod metrics;
#[cfg(unix)]
mod needed;
#[path = "../needs/mod.rs"]
mod needs;
#[cfg(unix)]
mod notifying;
#[cfg(unix)]
mod service;
#[cfg(target_os = "linux")]
mod service_manager;
#[cfg(unix)]
mod sshd;
#[cfg(unix)]
mod wide;
#[cfg(unix)]
mod wireshark;
#[cfg(target_os = "linux")]
mod xterm;

#[cfg(target_os = "linux")]
#[expect(dead_code, reason = "more of it is used in tests/netns")]
#[path = "../netns/link.rs"]
mod link;

// The terminal, as the tests in `tests/pty` have it.
#[cfg(unix)]
#[path = "../pty/filling.rs"]
mod filling;
#[cfg(unix)]
#[path = "../pty/glass.rs"]
mod glass;
#[cfg(unix)]
#[expect(dead_code, reason = "more of it is used in tests/pty")]
#[path = "../pty/home.rs"]
mod home;
#[cfg(unix)]
#[expect(dead_code, reason = "more of it is used in tests/pty")]
#[path = "../pty/process.rs"]
mod process;
#[cfg(unix)]
#[expect(dead_code, reason = "more of it is used in tests/pty")]
#[path = "../pty/served.rs"]
mod served;
#[cfg(unix)]
#[expect(dead_code, reason = "more of it is used in tests/pty")]
#[path = "../pty/terminal.rs"]
mod terminal;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut tests = Vec::new();
    #[cfg(unix)]
    tests.extend([
        bars::tests(),
        clipboard::tests(),
        wide::tests(),
        fleet::tests(),
        form::tests(),
        front_end::tests(),
        hosts::tests(),
        imaplib::tests(),
        metrics::tests(),
        notifying::tests(),
        service::tests(),
        wireshark::tests(),
    ]);
    #[cfg(target_os = "linux")]
    tests.extend([hosts_cut::tests(), keyring::tests(), service_manager::tests(), xterm::tests()]);
    needs::main(tests)
}
