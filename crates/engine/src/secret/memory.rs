//! Keeps the system from writing this program's memory to a core file.

use std::io;

/// Forbids core dumps of this program, whose memory holds passwords: core files (`RLIMIT_CORE`), and on Linux dumps to a
/// program and other processes of the user that read the memory (`PR_SET_DUMPABLE`). Programs that this one starts inherit
/// the first, as their soft limit.
///
/// # Errors
/// Where the system does not let it.
pub fn forbid_core_dumps() -> io::Result<()> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let maximum = getrlimit(Resource::Core).maximum;
        setrlimit(Resource::Core, Rlimit { current: Some(0), maximum })?;
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    }
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

    use super::*;

    #[test]
    fn no_core_is_written_and_nobody_else_looks_in() {
        forbid_core_dumps().expect("allowed to lower a limit");
        assert_eq!(getrlimit(Resource::Core).current, Some(0));
        assert_eq!(dumpable_behavior().expect("known"), DumpableBehavior::NotDumpable);
    }
}
