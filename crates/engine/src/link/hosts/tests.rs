//! Hosts over streams in this process.
