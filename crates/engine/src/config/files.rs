//! The files around a configuration: its own text, and those that it names.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::error::ConfigError;
use super::patience::within;
use super::problem::line_at;

/// What a configuration file may hold, in bytes: a thousand accounts fit, a device file given by mistake does not.
const SIZE_LIMIT: u64 = 1 << 20;

/// How the files that a configuration names are read.
pub(super) type ReadFile<'a> = &'a dyn Fn(&Path) -> io::Result<Vec<u8>>;

/// The files that a configuration names.
pub(super) struct Files<'f> {
    /// The configuration's directory, where relative paths begin.
    pub(super) directory: &'f Path,
    /// How they are read; `None` where they are not looked at.
    pub(super) read: Option<ReadFile<'f>>,
}

/// Who may change a file besides its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writers {
    /// The users of its group.
    Group,
    /// Every user of the machine.
    Everybody,
}

impl Writers {
    /// By a file's permissions.
    #[must_use]
    pub const fn of(mode: u32) -> Option<Self> {
        match (mode & 0o002 != 0, mode & 0o020 != 0) {
            (true, _) => Some(Self::Everybody),
            (false, true) => Some(Self::Group),
            (false, false) => None,
        }
    }
}

/// A file's text, read within 5 seconds, and who else may change it.
///
/// # Errors
/// Where it cannot be read, is too large, or is no text.
pub fn read_file(path: &Path) -> Result<(String, Option<Writers>), ConfigError> {
    let unreadable = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => ConfigError::Missing { path: path.to_owned() },
        _ => ConfigError::Unreadable { path: path.to_owned(), source },
    };
    let read = |path| {
        let file = File::open(path)?;
        let writers = writers(&file)?;
        let mut bytes = Vec::new();
        file.take(SIZE_LIMIT + 1).read_to_end(&mut bytes)?;
        Ok((bytes, writers))
    };
    let (bytes, writers) = within(path, read).map_err(unreadable)?;
    if bytes.len() as u64 > SIZE_LIMIT {
        return Err(ConfigError::TooLarge { path: path.to_owned() });
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let line = line_at(error.as_bytes(), error.utf8_error().valid_up_to());
        ConfigError::NotText { path: path.to_owned(), line }
    })?;
    Ok((text, writers))
}

/// Who else may change the file, and with it the commands it names.
#[cfg(unix)]
fn writers(file: &File) -> io::Result<Option<Writers>> {
    use std::os::unix::fs::MetadataExt;
    Ok(Writers::of(file.metadata()?.mode()))
}

#[cfg(not(unix))]
fn writers(_: &File) -> io::Result<Option<Writers>> {
    Ok(None)
}
