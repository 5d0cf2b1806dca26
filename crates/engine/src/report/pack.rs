//! The report as one file: a .tar.gz for its user alone, complete or absent.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::bundle::ReportFile;
use crate::history::Interrupted;

/// Bytes that are written between two checks of `stop`.
const PIECE: usize = 64 * 1024;

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum NotWritten {
    /// There is a file of that name.
    #[error("{} already exists: name another with -o, or overwrite it with --force", .0.display())]
    Exists(PathBuf),
    /// The system refuses.
    #[error("{} cannot be written ({error}): check that its directory is there, and its owner and mode", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The user has stopped it.
    #[error("interrupted: nothing was written")]
    Stopped,
}

/// Packs the files under one folder, into memory.
///
/// # Errors
/// As [`pack_into`].
pub fn pack(
    folder: &str,
    files: &[ReportFile<'_>],
    now: SystemTime,
    stop: &dyn Fn() -> bool,
) -> Result<Vec<u8>, Interrupted> {
    let mut bytes = Vec::new();
    pack_into(&mut bytes, folder, files, now, stop)?;
    Ok(bytes)
}

/// Packs the files under one folder. A file that is written row by row is written twice: first to know its size. Calls `stop`
/// in between.
///
/// # Errors
/// Where the history cannot be read, a name is too long for an archive, `out` refuses, or it was stopped.
pub fn pack_into(
    out: &mut dyn Write,
    folder: &str,
    files: &[ReportFile<'_>],
    now: SystemTime,
    stop: &dyn Fn() -> bool,
) -> Result<(), Interrupted> {
    let mut archive = tar::Builder::new(GzEncoder::new(out, Compression::default()));
    for file in files {
        let mut size = Size(0);
        file.write(&mut Asking { out: &mut size, since: 0, stop })?;
        let mut header = tar::Header::new_gnu();
        header.set_path(format!("{folder}/{}", file.name))?;
        header.set_size(size.0);
        header.set_mode(0o600);
        header.set_mtime(now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()));
        header.set_cksum();
        let out = archive.get_mut();
        out.write_all(header.as_bytes())?;
        file.write(&mut Asking { out, since: 0, stop })?;
        let rest = size.0.next_multiple_of(BLOCK) - size.0;
        io::copy(&mut io::repeat(0).take(rest), out)?;
    }
    archive.into_inner()?.finish()?;
    Ok(())
}

/// The unit of an archive, in bytes.
const BLOCK: u64 = 512;

/// Counts bytes.
struct Size(u64);

impl Write for Size {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Asks `stop` between pieces, and fails where it says yes.
struct Asking<'a> {
    out: &'a mut dyn Write,
    since: usize,
    stop: &'a dyn Fn() -> bool,
}

impl Write for Asking<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.since >= PIECE {
            self.since = 0;
            if (self.stop)() {
                return Err(io::Error::other("broken off"));
            }
        }
        let written = self.out.write(bytes)?;
        self.since += written;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes the bytes beside `path` and renames the file once they are on the disk. Calls `stop` in between.
///
/// # Errors
/// Where there is such a file and it is not to be overwritten, the disk refuses, or it was stopped: then nothing is left.
pub fn save(path: &Path, bytes: &[u8], force: bool, stop: &dyn Fn() -> bool) -> Result<(), NotWritten> {
    save_as(path, force, stop, |file| {
        for piece in bytes.chunks(PIECE) {
            if stop() {
                return Err(NotWritten::Stopped);
            }
            file.write_all(piece).map_err(|error| NotWritten::Io { path: path.to_owned(), error })?;
        }
        Ok(())
    })
    .map(drop)
}

/// The same with what `write` writes, which is never in memory as a whole. The size in bytes.
///
/// # Errors
/// Likewise, or where `write` fails.
pub fn save_as<E: From<NotWritten>>(
    path: &Path,
    force: bool,
    stop: &dyn Fn() -> bool,
    write: impl FnOnce(&mut File) -> Result<(), E>,
) -> Result<u64, E> {
    let refused = |error| NotWritten::Io { path: path.to_owned(), error };
    if !force && path.symlink_metadata().is_ok() {
        return Err(NotWritten::Exists(path.to_owned()).into());
    }
    let part = PartialFile::new(path).map_err(refused)?;
    let mut file = part.open().map_err(refused)?;
    write(&mut file)?;
    let size = file.stream_position().map_err(refused)?;
    file.sync_all().map_err(refused)?;
    if stop() {
        return Err(NotWritten::Stopped.into());
    }
    part.become_whole(path, force).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => NotWritten::Exists(path.to_owned()),
        _ => refused(error),
    })?;
    Ok(size)
}

/// The file before it has its name. Removed when dropped.
struct PartialFile(PathBuf);

impl PartialFile {
    fn new(path: &Path) -> io::Result<Self> {
        let name = path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it has no name"))?;
        let mut part = std::ffi::OsString::from(".");
        part.push(name);
        part.push(format!(".part-{:08x}", fastrand::u32(..)));
        Ok(Self(path.with_file_name(part)))
    }

    fn open(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&self.0)
    }

    fn become_whole(&self, path: &Path, force: bool) -> io::Result<()> {
        if force {
            return fs::rename(&self.0, path);
        }
        // A link never replaces a file, not even one that was just created.
        match fs::hard_link(&self.0, path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                // A file system without links: then another file may still come in between.
                if path.symlink_metadata().is_ok() {
                    return Err(io::ErrorKind::AlreadyExists.into());
                }
                fs::rename(&self.0, path)
            }
            done => done,
        }
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        // After the renaming there is none.
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).expect("a directory");
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_file_that_is_there_stays_and_force_replaces_it_whole() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("report.tar.gz");
        save(&path, b"one", false, &|| false).expect("written");
        assert!(matches!(save(&path, b"two", false, &|| false), Err(NotWritten::Exists(_))));
        assert_eq!(fs::read(&path).expect("there"), b"one");
        save(&path, b"two", true, &|| false).expect("written");
        assert_eq!(fs::read(&path).expect("there"), b"two");
        assert_eq!(names(dir.path()), ["report.tar.gz"]);
    }

    #[cfg(unix)]
    #[test]
    fn it_is_its_users_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("report.tar.gz");
        save(&path, b"one", false, &|| false).expect("written");
        assert_eq!(path.metadata().expect("there").permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn stopped_at_any_moment_it_leaves_nothing() {
        let bytes = vec![7; 5 * PIECE];
        for moment in 0..=5 {
            let dir = tempfile::tempdir().expect("a directory");
            let asked = std::cell::Cell::new(0);
            let stop = || asked.replace(asked.get() + 1) == moment;
            let path = dir.path().join("report.tar.gz");
            assert!(matches!(save(&path, &bytes, false, &stop), Err(NotWritten::Stopped)), "{moment}");
            assert_eq!(names(dir.path()), Vec::<String>::new(), "{moment}");
        }
    }

    #[test]
    fn what_fails_half_way_leaves_nothing_and_what_is_whole_has_its_size() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("report.tar.gz");
        let error = save_as(&path, false, &|| false, |file| {
            file.write_all(b"half").expect("written");
            Err(NotWritten::Stopped)
        });
        assert!(matches!(error, Err(NotWritten::Stopped)));
        assert_eq!(names(dir.path()), Vec::<String>::new());
        let size = save_as(&path, false, &|| false, |file| {
            file.write_all(b"whole").expect("written");
            Ok::<_, NotWritten>(())
        });
        assert_eq!((size.expect("written"), fs::read(&path).expect("there")), (5, b"whole".to_vec()));
    }

    #[test]
    fn a_directory_that_is_not_there_is_named() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("none").join("report.tar.gz");
        let error = save(&path, b"one", false, &|| false).expect_err("no directory").to_string();
        assert!(error.contains("none/report.tar.gz cannot be written"), "{error}");
    }
}
