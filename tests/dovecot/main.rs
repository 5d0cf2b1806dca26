//! The built program against a real server: a private Dovecot 2.3 for each test, on loopback, over TLS.
//!
//! Where Dovecot 2.3 is not installed each test says so and passes; with `dovecot` in the comma list
//! `MAILWATCH_REQUIRE` it fails instead.

#![cfg(unix)]

mod append;
mod bench;
mod crash;
mod dovecot;
mod hooks;
mod issuer;
mod keys;
mod login;
mod mail;
mod mailboxes;
mod maildir;
mod oauth;
mod probe;
mod program;
mod screen;
mod secrets;
mod signals;
mod two_programs;
mod wait;
