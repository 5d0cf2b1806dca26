//! The program in one network namespace, the server in another, and a link between them that is cut.
//!
//! Needs root and `ip`. Where `ip netns add` is refused even to root, no test fails.

#[cfg(target_os = "linux")]
mod container;
#[cfg(target_os = "linux")]
mod cut;
#[cfg(target_os = "linux")]
mod link;
#[path = "../needs/mod.rs"]
mod needs;
#[cfg(target_os = "linux")]
mod program;
#[cfg(target_os = "linux")]
mod roam;
#[cfg(target_os = "linux")]
mod server;

use std::process::ExitCode;

#[cfg(target_os = "linux")]
const NAMESPACES: needs::Need = needs::Need { word: "netns", look: link::look };

#[cfg(target_os = "linux")]
const S: std::time::Duration = std::time::Duration::from_secs(1);

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    let tests = [container::tests(), cut::tests(), roam::tests()];
    #[cfg(not(target_os = "linux"))]
    let tests = [];
    needs::main(tests)
}
