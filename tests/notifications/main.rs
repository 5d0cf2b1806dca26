//! Notifications as the desktop has them: a D-Bus session of its own with a real daemon (dunst, on an Xvfb), present, absent,
//! hanging and restarted.

#[cfg(target_os = "linux")]
mod clicks;
#[cfg(target_os = "linux")]
mod desktop;
#[path = "../needs/mod.rs"]
mod needs;
#[cfg(target_os = "linux")]
mod program;
#[cfg(target_os = "linux")]
mod session;

use std::process::ExitCode;

#[cfg(target_os = "linux")]
const DESKTOP: needs::Need = needs::Need { word: "notify", look: session::look };

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    let tests = [clicks::tests(), desktop::tests()];
    #[cfg(not(target_os = "linux"))]
    let tests = [];
    needs::main(tests)
}
