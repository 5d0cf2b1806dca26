//! Writes the configuration: whole or not at all, readable by this user alone, and never over a change made meanwhile.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::patience::within;

/// How often a file may change meanwhile before it is left alone.
const ATTEMPTS: usize = 5;

/// Why a file was not changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError<E> {
    /// It cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Its text does not allow the change.
    #[error("{0}")]
    Refused(E),
}

/// Changes a file's text; `change` gets `None` where there is no file. It is called again where the file was changed
/// between reading and writing. Comments, owner's mode and a link to the file stay.
///
/// # Errors
/// Where the file cannot be read or written, or `change` refuses; the file is as it was then.
pub fn edit<E>(path: &Path, change: impl Fn(Option<&str>) -> Result<String, E>) -> Result<(), EditError<E>> {
    for _ in 0..ATTEMPTS {
        let before = read(path)?;
        let after = change(before.as_deref()).map_err(EditError::Refused)?;
        if put(path, before.as_deref(), &after)? {
            return Ok(());
        }
    }
    Err(io::Error::other("it is being changed by another program: try again").into())
}

/// Writes a sample for this user alone: it will tell where their mail is, and which commands give out
/// passwords.
///
/// # Errors
/// Where there is a file already, or none can be made.
pub fn write_sample(path: &Path, sample: &str) -> io::Result<()> {
    make_parent(path)?;
    let mut file = create(path)?;
    file.write_all(sample.as_bytes())?;
    file.sync_all()
}

fn read(path: &Path) -> io::Result<Option<String>> {
    match within(path, fs::read_to_string) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Puts a text in the file's place, unless the file is no longer as it was; whether it did.
fn put(path: &Path, before: Option<&str>, after: &str) -> io::Result<bool> {
    make_parent(path)?;
    // A symbolic link stays one.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let beside = Beside::create(&target)?;
    let mut file = &beside.file;
    file.write_all(after.as_bytes())?;
    if before.is_some() {
        let old = fs::metadata(&target)?;
        // A rename ignores the file's own permissions.
        if old.permissions().readonly() {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
        }
        keep_owner(&beside.file, &old)?;
        beside.file.set_permissions(old.permissions())?;
    }
    beside.file.sync_all()?;
    if read(path)?.as_deref() != before {
        return Ok(false);
    }
    fs::rename(&beside.path, &target)?;
    sync_parent(&target);
    Ok(true)
}

/// The new file belongs to whom the old one did.
#[cfg(unix)]
fn keep_owner(new: &File, old: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let made = new.metadata()?;
    let differs = |old: u32, new: u32| (old != new).then_some(old);
    let (user, group) = (differs(old.uid(), made.uid()), differs(old.gid(), made.gid()));
    if user.is_none() && group.is_none() {
        return Ok(());
    }
    fchown(new, user, group).map_err(|_| io::Error::new(io::ErrorKind::PermissionDenied, "it belongs to another user"))
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

/// A file in the same directory, so that it can take the other's name in one step; gone if it does not.
struct Beside {
    path: PathBuf,
    file: File,
}

impl Beside {
    fn create(target: &Path) -> io::Result<Self> {
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let path = target.with_file_name(format!(".{name}.{}.new", std::process::id()));
        // A crash may have left one behind.
        let _ = fs::remove_file(&path);
        Ok(Self { file: create(&path)?, path })
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // After the rename there is none.
        let _ = fs::remove_file(&self.path);
    }
}

fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn make_parent(path: &Path) -> io::Result<()> {
    let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) else { return Ok(()) };
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// Makes the new name last. Where a directory cannot be opened the name lasts once the system writes it.
fn sync_parent(path: &Path) {
    if let Some(dir) = path.parent().and_then(|dir| File::open(dir).ok()) {
        let _ = dir.sync_all();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::convert::Infallible;

    use super::*;

    fn home() -> (tempfile::TempDir, PathBuf) {
        let home = tempfile::tempdir().expect("a temporary directory");
        let path = home.path().join("sub/config.toml");
        (home, path)
    }

    #[expect(clippy::unnecessary_wraps, reason = "what `edit` takes may refuse")]
    fn more(text: Option<&str>) -> Result<String, Infallible> {
        Ok(format!("{}more\n", text.unwrap_or("")))
    }

    #[test]
    fn a_file_is_made_with_its_directory_and_then_changed() {
        let (_home, path) = home();
        edit(&path, more).expect("made");
        edit(&path, more).expect("changed");
        assert_eq!(fs::read_to_string(&path).expect("there"), "more\nmore\n");
        let files = fs::read_dir(path.parent().expect("a directory")).expect("there").count();
        assert_eq!(files, 1, "nothing is left beside it");
    }

    #[test]
    fn a_file_that_changes_meanwhile_is_read_again() {
        let (_home, path) = home();
        edit(&path, more).expect("made");
        let times = Cell::new(0);
        let slow = |text: Option<&str>| {
            times.set(times.get() + 1);
            if times.get() == 1 {
                fs::write(&path, "theirs\n").expect("written");
            }
            more(text)
        };
        edit(&path, slow).expect("changed");
        assert_eq!((fs::read_to_string(&path).expect("there").as_str(), times.get()), ("theirs\nmore\n", 2));
    }

    #[test]
    fn a_file_that_never_rests_is_left_alone() {
        let (_home, path) = home();
        edit(&path, more).expect("made");
        let times = Cell::new(0);
        let never = |text: Option<&str>| {
            times.set(times.get() + 1);
            fs::write(&path, format!("theirs {}\n", times.get())).expect("written");
            more(text)
        };
        assert!(matches!(edit(&path, never), Err(EditError::Io(_))));
        assert_eq!(fs::read_to_string(&path).expect("there"), format!("theirs {ATTEMPTS}\n"));
    }

    #[test]
    fn a_change_that_is_refused_touches_nothing() {
        let (_home, path) = home();
        assert!(matches!(edit(&path, |_| Err("no")), Err(EditError::Refused("no"))));
        assert!(!path.exists());
    }

    #[test]
    fn the_sample_is_never_written_over_a_file() {
        let (_home, path) = home();
        write_sample(&path, "# a sample\n").expect("written");
        assert_eq!(write_sample(&path, "# a sample\n").expect_err("there").kind(), io::ErrorKind::AlreadyExists);
    }

    #[cfg(unix)]
    #[test]
    fn a_links_target_keeps_its_mode_and_the_link_stays() {
        use std::os::unix::fs::PermissionsExt;
        let (home, path) = home();
        edit(&path, more).expect("made");
        assert_eq!(path.metadata().expect("there").permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("changed");
        let link = home.path().join("link.toml");
        std::os::unix::fs::symlink(&path, &link).expect("linked");
        edit(&link, more).expect("changed");
        assert!(link.is_symlink());
        assert_eq!(path.metadata().expect("there").permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_to_string(&path).expect("there"), "more\nmore\n");
    }
}
