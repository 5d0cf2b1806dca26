//! `mailwatch-tui` keeps mailboxes under IMAP IDLE, shows whether the push is really alive, and never gets stuck.
//!
//! The program's own parts: the command line, the screen, and events without a screen. `main` puts them together with
//! the engine ([`mailwatch_engine`]).

pub mod cli;
pub mod headless;
pub mod prompt;
pub mod show;
pub mod tui;
