//! The path that the service starts this program by: one that is there tomorrow, too.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The program's file name.
const NAME: &str = "mailwatch-tui";

/// What the system puts behind the path of a file that is gone.
const DELETED: &str = " (deleted)";

/// Why the program has no path to be started by.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoProgram {
    /// The system does not tell.
    #[error("the path of this program is not known: {0}")]
    Unknown(String),
    /// It was removed or replaced since it was started.
    #[error("{} is gone: install the program again, then run this again", .0.display())]
    Gone(PathBuf),
    /// A path that no definition can hold.
    #[error("{} is not UTF-8 text without control characters: a service cannot name it", .0.display())]
    NoText(PathBuf),
}

/// Why a path may not last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// The next build replaces it, a clean removes it.
    Build,
    /// The system removes it, at the next start at the latest.
    Temporary,
}

impl Doubt {
    /// The end of a sentence that begins with the path.
    pub(super) const fn sentence(self) -> &'static str {
        match self {
            Self::Build => {
                "lies in a build directory: the next clean would end the service. `cargo install --path . --locked` installs the program for good"
            }
            Self::Temporary => {
                "lies in a temporary directory: the service would end when that is emptied. Move the program to a permanent place, then install again"
            }
        }
    }
}

/// The path that lasts. A name in `path` that leads to this program goes before the file that it leads to: it survives an
/// upgrade, as with Homebrew, Nix and stow, where the file's own path holds the version.
pub(crate) fn lasting(program: &io::Result<PathBuf>, path: &OsStr) -> Result<PathBuf, NoProgram> {
    let file = there(program)?;
    let real = file.canonicalize().map_err(|_| NoProgram::Gone(file.clone()))?;
    let named = env::split_paths(path)
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(NAME))
        .find(|name| name.canonicalize().is_ok_and(|leads_to| leads_to == real));
    let lasting = named.unwrap_or(file);
    if lasting.to_str().is_none_or(|text| text.contains(char::is_control)) {
        return Err(NoProgram::NoText(lasting));
    }
    Ok(lasting)
}

/// The file of this process. An upgrade has put another one in its place where the system calls it deleted.
fn there(program: &io::Result<PathBuf>) -> Result<PathBuf, NoProgram> {
    let file = program.as_ref().map_err(|error| NoProgram::Unknown(error.to_string()))?;
    if file.exists() {
        return Ok(file.clone());
    }
    let before = file.to_str().and_then(|text| text.strip_suffix(DELETED)).map_or_else(|| file.clone(), PathBuf::from);
    if before.exists() { Ok(before) } else { Err(NoProgram::Gone(before)) }
}

/// Why this path may not last, where it may not.
pub(super) fn doubt(path: &Path) -> Option<Doubt> {
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let profiles = ["debug", "release", "dist"];
    let built = |directory: &Path| {
        directory.join("CACHEDIR.TAG").exists()
            || directory.ends_with("target") && profiles.iter().any(|profile| real.starts_with(directory.join(profile)))
    };
    let temporary = ["/tmp", "/var/tmp", "/dev/shm", "/run", "/private/tmp", "/private/var/folders", "/Volumes"];
    if real.ancestors().skip(1).any(built) {
        Some(Doubt::Build)
    } else if temporary.iter().any(|directory| real.starts_with(directory)) || real.starts_with(env::temp_dir()) {
        Some(Doubt::Temporary)
    } else {
        None
    }
}

/// Where a program without a path is found by the service manager, which does not know the user's `PATH`.
pub(super) fn in_system(root: &Path, name: &str) -> Option<PathBuf> {
    let directories = ["usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin", "sbin", "bin"];
    directories.iter().map(|directory| root.join(directory).join(name)).find(|path| path.exists())
}

/// Whether the file that this process was started from was replaced or removed.
pub(super) fn is_outdated(pid: u32, root: &Path) -> bool {
    let program = fs::read_link(root.join(format!("proc/{pid}/exe")));
    program.is_ok_and(|program| program.to_string_lossy().ends_with(DELETED))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A directory with a program in a version's directory, and the name that leads to it.
    fn cellar() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let root = tempfile::tempdir().expect("a temporary directory");
        let home = root.path().canonicalize().expect("there");
        let file = home.join("Cellar/0.1.0/bin/mailwatch-tui");
        let name = home.join("bin/mailwatch-tui");
        for path in [&file, &name] {
            fs::create_dir_all(path.parent().expect("below")).expect("made");
        }
        fs::write(&file, "").expect("written");
        symlink(&file, &name).expect("a link");
        (root, file, name)
    }

    fn lasts(program: &Path, path: &Path) -> Result<PathBuf, NoProgram> {
        lasting(&Ok(program.to_owned()), path.as_os_str())
    }

    #[test]
    fn a_name_that_outlives_the_version_goes_before_the_file() {
        let (root, file, name) = cellar();
        let bin = name.parent().expect("below");
        assert_eq!(lasts(&file, bin).expect("there"), name);
        // Another program of that name, a relative directory and none are no such names.
        let other = root.path().join("other");
        fs::create_dir(&other).expect("made");
        fs::write(other.join("mailwatch-tui"), "").expect("written");
        for path in [other.as_path(), Path::new("bin"), Path::new("")] {
            assert_eq!(lasts(&file, path).expect("there"), file, "{}", path.display());
        }
    }

    #[test]
    fn a_file_that_was_replaced_is_started_by_its_path_and_one_that_is_gone_by_none() {
        let (_root, file, _) = cellar();
        let deleted = PathBuf::from(format!("{}{DELETED}", file.display()));
        assert_eq!(lasts(&deleted, Path::new("")).expect("there again"), file);
        fs::remove_file(&file).expect("removed");
        let gone = lasts(&deleted, Path::new("")).expect_err("gone").to_string();
        assert_eq!(gone, format!("{} is gone: install the program again, then run this again", file.display()));
        let unknown = lasting(&Err(io::ErrorKind::Unsupported.into()), OsStr::new("")).expect_err("unknown");
        assert!(unknown.to_string().starts_with("the path of this program is not known: "), "{unknown}");
    }

    #[test]
    fn a_path_that_no_definition_can_hold_is_refused() {
        let (root, ..) = cellar();
        let odd = root.path().join("line\nfeed");
        fs::write(&odd, "").expect("written");
        assert!(matches!(lasts(&odd, Path::new("")), Err(NoProgram::NoText(_))));
    }

    #[test]
    fn paths_that_do_not_last_are_known() {
        for (path, expected) in [
            ("/home/ann/mailwatch-tui/target/release/mailwatch-tui", Some(Doubt::Build)),
            ("/home/ann/mailwatch-tui/target/debug/mailwatch-tui", Some(Doubt::Build)),
            ("/home/ann/target/mailwatch-tui", None),
            ("/tmp/.mount_mailwatch/usr/bin/mailwatch-tui", Some(Doubt::Temporary)),
            ("/run/user/1000/mailwatch-tui", Some(Doubt::Temporary)),
            ("/home/ann/.cargo/bin/mailwatch-tui", None),
            ("/usr/bin/mailwatch-tui", None),
        ] {
            assert_eq!(doubt(Path::new(path)), expected, "{path}");
        }
        let (root, file, name) = cellar();
        assert_eq!(doubt(&name), Some(Doubt::Temporary));
        // What cargo puts into every build directory, whatever its name is.
        fs::write(root.path().join("Cellar/CACHEDIR.TAG"), "").expect("written");
        assert_eq!((doubt(&file), doubt(&name)), (Some(Doubt::Build), Some(Doubt::Build)));
    }
}
