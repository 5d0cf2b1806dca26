//! How many files the process may open.

/// Raises the soft limit on open files where so many watches, each with a stuck connection besides, need more.
#[cfg(unix)]
pub fn allow_sockets(watches: usize) {
    use rustix::process::{Resource, getrlimit, setrlimit};
    /// Files of the program's own: the database, the log, standard streams, the runtime's.
    const OWN: u64 = 64;
    let wanted = OWN + 2 * watches as u64;
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < wanted) {
        limit.current = Some(limit.maximum.map_or(wanted, |maximum| maximum.min(wanted)));
        if setrlimit(Resource::Nofile, limit).is_err() {
            tracing::warn!(wanted, "the limit on open files could not be raised");
        }
    }
}

/// Windows has no limit that could be raised.
#[cfg(not(unix))]
pub const fn allow_sockets(_: usize) {}
