//! The program itself, as its users start it: in a terminal that remembers what it was sent, and without one.

#![cfg(unix)]

mod adding;
mod blocking;
mod check;
mod closing;
mod ctl;
mod engine_work;
mod every_key;
mod filling;
mod first_run;
mod glass;
mod home;
mod jobs;
mod keeping;
mod keys;
mod leaving;
mod looks;
mod mouse;
mod new_mails;
mod open;
mod own_engines;
mod panes;
mod panicking;
mod probe;
mod process;
mod readers;
mod refused;
mod relay;
mod report;
mod restarting;
mod secrets;
mod served;
mod slow_lines;
mod status;
mod story;
mod terminal;
mod tuning;
mod unlocking;
mod watch;
