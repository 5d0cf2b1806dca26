//! The engine against the embedded misbehaving server: in-process streams, paused clock, so that hours take moments.

mod canary;
mod check;
mod done;
mod floods;
mod harness;
mod hooks;
mod lending;
mod login;
mod mail;
mod mailboxes;
mod mute;
mod names;
mod new_mails;
mod probe;
mod providers;
mod push_test;
mod pushes;
mod reading;
mod reload;
mod rotation;
mod scenarios;
mod trouble;
