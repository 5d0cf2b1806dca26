//! The embedded server from outside: the protocol, every scenario's bytes, and real sockets.

mod client;
mod protocol;
mod scenarios;
mod show;
mod sockets;
