//! `mailwatch-tui` keeps mailboxes under IMAP IDLE, shows whether the push is really alive, and never gets stuck.
//!
//! The library holds everything but the command line's dispatch: the vocabulary ([`model`]), the channels between
//! the engine and its front ends ([`link`]), and the rooms named in CONTRIBUTING.md. `main` puts them together.

pub mod cli;
pub mod config;
pub mod demo;
pub mod discover;
pub mod engine;
pub mod headless;
pub mod history;
pub mod http;
pub mod imap;
pub mod json;
pub mod link;
pub mod metrics;
pub mod model;
pub mod notify;
pub mod report;
pub mod secret;
pub mod status;
pub mod tui;
