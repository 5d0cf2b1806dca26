//! One connection's life, from greeting to LOGOUT, without I/O.

pub mod task;
