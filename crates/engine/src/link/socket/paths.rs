//! Where the socket is: in the user's runtime directory, else in the state directory; one for each state directory. Other
//! users can reach neither the socket nor its directory.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use ring::digest::{SHA256, digest};

/// Under the runtime directory.
const PROGRAM: &str = "mailwatch-tui";

/// Under the state directory.
const RUN: &str = "run";

/// Bytes of a socket's path: `sun_path` has 104 on macOS and the BSDs and 108 on Linux, both with the NUL.
const PATH_LIMIT: usize = 103;

/// Bytes of the hash in a socket's name: a user has a handful of state directories.
const HASH_BYTES: usize = 8;

/// Where a state directory's socket may be, the preferred path first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketPaths {
    /// The full paths.
    sockets: Vec<PathBuf>,
    uid: u32,
}

impl SocketPaths {
    /// The paths for this process; reads `XDG_RUNTIME_DIR` and the process's user.
    ///
    /// # Errors
    /// Where the state directory is not there.
    pub fn of(state: &Path) -> io::Result<Self> {
        let named = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        Self::under(state, named, rustix::process::geteuid().as_raw())
    }

    /// The same for this runtime directory and this user.
    ///
    /// # Errors
    /// Where the state directory is not there.
    pub fn under(state: &Path, runtime: Option<PathBuf>, uid: u32) -> io::Result<Self> {
        let state = fs::canonicalize(state)?;
        let hash = digest(&SHA256, state.as_os_str().as_bytes());
        let bytes = hash.as_ref().iter().take(HASH_BYTES);
        let name = bytes.fold(String::new(), |name, byte| format!("{name}{byte:02x}")) + ".sock";
        let runtime = runtime.filter(|dir| dir.is_absolute());
        // A session without the variable (su, cron) still finds the program of one that has it.
        let login = cfg!(target_os = "linux").then(|| PathBuf::from(format!("/run/user/{uid}")));
        let mut sockets: Vec<_> =
            [runtime, login].into_iter().flatten().map(|dir| dir.join(PROGRAM).join(&name)).collect();
        sockets.dedup();
        sockets.push(state.join(RUN).join("status.sock"));
        Ok(Self { sockets, uid })
    }

    /// The user that must own the socket.
    pub(super) const fn uid(&self) -> u32 {
        self.uid
    }

    /// Another user's, for tests.
    #[cfg(test)]
    pub(super) const fn set_uid(&mut self, uid: u32) {
        self.uid = uid;
    }

    /// Without `/run/user`, which may or may not exist, for tests.
    #[cfg(test)]
    pub(super) fn without_login(mut self) -> Self {
        self.sockets.retain(|socket| !socket.starts_with("/run/user"));
        self
    }

    /// Where a client looks for the socket, in this order.
    pub(super) fn sockets(&self) -> impl Iterator<Item = &Path> {
        self.sockets.iter().map(PathBuf::as_path).filter(|path| fits(path))
    }

    /// The first usable path; creates its directory for this user alone.
    ///
    /// # Errors
    /// Where there is none: the last path's error.
    pub(super) fn make(&self) -> io::Result<PathBuf> {
        let mut last = io::ErrorKind::NotFound.into();
        for socket in &self.sockets {
            match self.prepare(socket) {
                Ok(()) => return Ok(socket.clone()),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn prepare(&self, socket: &Path) -> io::Result<()> {
        if !fits(socket) {
            let long =
                format!("a socket's path has at most {PATH_LIMIT} bytes, and this one is longer: {}", socket.display());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, long));
        }
        let (Some(dir), Some(above)) = (socket.parent(), socket.parent().and_then(Path::parent)) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        // Another user's runtime directory stays in the environment after `su`. The directory must exist: the system creates it.
        self.owned(above)?;
        match DirBuilder::new().mode(0o700).create(dir) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mode = self.owned(dir)?;
        if mode & 0o077 != 0 {
            fs::set_permissions(dir, Permissions::from_mode(0o700))?;
        }
        Ok(())
    }

    /// Checks that this is a directory of this user, and no link to one; gives its mode.
    fn owned(&self, dir: &Path) -> io::Result<u32> {
        let metadata = fs::symlink_metadata(dir)?;
        if metadata.is_dir() && metadata.uid() == self.uid {
            return Ok(metadata.mode());
        }
        let foreign = format!("{}: no directory of this user's", dir.display());
        Err(io::Error::new(io::ErrorKind::PermissionDenied, foreign))
    }
}

/// Where the socket of a state directory may be; nowhere, where the directory is not there.
#[cfg(target_os = "linux")]
pub(crate) fn sockets(state: &Path) -> Vec<PathBuf> {
    SocketPaths::of(state).map_or_else(|_| Vec::new(), |paths| paths.sockets().map(Path::to_owned).collect())
}

fn fits(socket: &Path) -> bool {
    socket.as_os_str().len() <= PATH_LIMIT
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uid() -> u32 {
        rustix::process::geteuid().as_raw()
    }

    /// A root with `run` and two state directories in it.
    fn root() -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a temporary directory");
        for dir in ["run", "one", "two"] {
            fs::create_dir(root.path().join(dir)).expect("made");
        }
        root
    }

    fn paths(root: &Path, state: &str) -> SocketPaths {
        SocketPaths::under(&root.join(state), Some(root.join("run")), uid()).expect("a state directory")
    }

    fn mode(path: &Path) -> u32 {
        path.metadata().expect("there").mode() & 0o777
    }

    #[test]
    fn each_state_directory_has_its_own_and_one_by_any_name() {
        let root = root();
        std::os::unix::fs::symlink(root.path().join("one"), root.path().join("link")).expect("a link");
        let socket = |state| paths(root.path(), state).make().expect("a path");
        assert_eq!(socket("one"), socket("link"));
        assert_eq!(socket("one"), socket("two/../one"));
        assert_ne!(socket("one"), socket("two"));
        assert_eq!(socket("one").parent(), Some(root.path().join("run/mailwatch-tui").as_path()));
    }

    #[test]
    fn the_directory_is_its_users_alone_even_where_it_was_not() {
        let root = root();
        let dir = root.path().join("run/mailwatch-tui");
        fs::create_dir(&dir).expect("made");
        fs::set_permissions(&dir, Permissions::from_mode(0o777)).expect("set");
        paths(root.path(), "one").make().expect("a path");
        assert_eq!(mode(&dir), 0o700);
    }

    #[test]
    fn without_a_usable_runtime_directory_it_is_in_the_state_directory() {
        let root = root();
        let state = root.path().join("one");
        std::os::unix::fs::symlink(root.path().join("two"), root.path().join("run/mailwatch-tui")).expect("a link");
        // Not there, a link where the directory should be, and a path that is not absolute.
        for runtime in ["gone", "run"].map(|dir| root.path().join(dir)).into_iter().chain(["run".into()]) {
            let paths = SocketPaths::under(&state, Some(runtime), uid()).expect("a state directory").without_login();
            let socket = paths.make().expect("a path");
            assert_eq!(socket, fs::canonicalize(&state).expect("there").join("run/status.sock"));
            assert_eq!(mode(&state.join("run")), 0o700);
        }
    }

    #[test]
    fn a_directory_of_someone_elses_is_not_used_and_a_path_too_long_is_said() {
        let root = root();
        let mut paths = paths(root.path(), "one");
        paths.uid += 1;
        assert!(paths.make().is_err_and(|error| error.to_string().ends_with("no directory of this user's")));
        let long = root.path().join("d".repeat(PATH_LIMIT));
        fs::create_dir(&long).expect("made");
        let paths = SocketPaths::under(&long, None, u32::MAX - 1).expect("a state directory");
        assert!(
            paths.make().is_err_and(|error| error.to_string().starts_with("a socket's path has at most 103 bytes"))
        );
    }

    #[test]
    fn a_state_directory_that_is_not_there_has_no_program() {
        let root = root();
        let gone = SocketPaths::under(&root.path().join("gone"), None, uid());
        assert!(gone.is_err_and(|error| error.kind() == io::ErrorKind::NotFound));
    }
}
