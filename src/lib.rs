//! `mailwatch-tui` keeps mailboxes under IMAP IDLE, shows whether the push is really alive, and never gets stuck.
//!
//! The program's own parts: the command line ([`cli`]), what each command does ([`commands`]), the screen ([`tui`]), and
//! events without a screen ([`headless`]). They drive the engine ([`mailwatch_engine`]).

pub mod cli;
pub mod commands;
pub mod configuration;
#[cfg(unix)]
pub mod first_process;
pub mod headless;
pub mod logging;
pub mod output;
mod process;
mod prompt;
mod service;
mod stdout;
pub mod tui;
