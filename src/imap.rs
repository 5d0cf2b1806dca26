//! IMAP: the IDLE machine, the wire under async-imap, dialling, and the session on top. Knows no watch and no screen.

pub mod dial;
pub mod idle;
pub mod names;
pub mod refusal;
pub mod response;
pub mod session;
pub mod tcp_evidence;
pub mod wire;
