//! The embedded server from outside: the protocol, every scenario's bytes, real sockets, and Python's imaplib.

mod client;
mod protocol;
mod python;
mod scenarios;
mod show;
mod sockets;
