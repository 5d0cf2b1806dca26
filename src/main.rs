//! The binary: command line in, library together, exit code out.

fn main() {}
