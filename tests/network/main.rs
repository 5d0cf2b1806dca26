//! The built program through real proxies, against servers that must not be trusted, and with `--keylog`.
//!
//! microsocks and tinyproxy are needed for the first; where they lack, that is said. `MAILWATCH_REQUIRE=proxy` makes a
//! skip a failure.

#![cfg(target_os = "linux")]

mod distrust;
mod identity;
mod keylog;
mod program;
mod proxies;
mod proxy;
