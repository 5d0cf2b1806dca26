//! The built program through real proxies, against servers that must not be trusted, and with `--keylog`.

#[cfg(target_os = "linux")]
mod distrust;
#[cfg(target_os = "linux")]
mod identity;
#[cfg(target_os = "linux")]
mod keylog;
#[path = "../needs/mod.rs"]
mod needs;
#[cfg(target_os = "linux")]
mod program;
#[cfg(target_os = "linux")]
mod proxies;
#[cfg(target_os = "linux")]
mod proxy;

use std::process::ExitCode;

#[cfg(target_os = "linux")]
const PROXIES: needs::Need = needs::Need { word: "proxy", look: proxy::look };

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    let tests = [distrust::tests(), identity::tests(), keylog::tests(), proxies::tests()];
    #[cfg(not(target_os = "linux"))]
    let tests = [];
    needs::main(tests)
}
