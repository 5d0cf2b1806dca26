//! The program in one network namespace, the server in another, and a link between them that is cut.
//!
//! Needs root and `ip`; says so where it is skipped. `MAILWATCH_REQUIRE=netns` makes a skip a failure, unless `ip netns
//! add` is refused even to root.

#![cfg(target_os = "linux")]

mod cut;
mod link;
mod program;
mod roam;
mod server;

use std::time::Duration;

const S: Duration = Duration::from_secs(1);
