//! The service's definition on the disk: whose it is, and how it is written and removed.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::definition::{is_sealed, is_shipped};

/// What stands in the place of the definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing.
    Nothing,
    /// What `install` wrote, unchanged.
    Ours(String),
    /// A unit that was shipped, copied there by hand.
    Shipped(String),
    /// What a person or another program wrote or changed.
    Theirs(String),
    /// A link to such a file, or to one that is not there.
    Link(PathBuf, String),
    /// A link to `/dev/null`: systemd's way to forbid a unit.
    Masked,
}

impl Found {
    /// Looks.
    ///
    /// # Errors
    /// Where the file cannot be read, or is no text.
    pub(super) fn at(path: &Path) -> io::Result<Self> {
        let metadata = match fs::symlink_metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::Nothing),
            Err(error) => return Err(error),
        };
        if metadata.is_symlink() {
            let to = fs::read_link(path)?;
            if to == Path::new("/dev/null") {
                return Ok(Self::Masked);
            }
            let text = fs::read_to_string(path).unwrap_or_default();
            return Ok(Self::Link(to, text));
        }
        let text = fs::read_to_string(path)?;
        Ok(if is_sealed(&text) {
            Self::Ours(text)
        } else if is_shipped(&text) {
            Self::Shipped(text)
        } else {
            Self::Theirs(text)
        })
    }

    /// Its text.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Nothing | Self::Masked => "",
            Self::Ours(text) | Self::Shipped(text) | Self::Theirs(text) | Self::Link(_, text) => text,
        }
    }

    /// Its word in `status --json`, for a file in this place; `None` where there is none.
    pub(super) const fn origin(&self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::Ours(_) => Some("install"),
            Self::Shipped(_) => Some("copy"),
            Self::Theirs(_) | Self::Link(..) => Some("own"),
            Self::Masked => Some("masked"),
        }
    }
}

/// Writes the definition: it is there whole, or as it was. A link is replaced, not what it leads to.
///
/// # Errors
/// Where the directory or the file cannot be written.
pub(super) fn write(path: &Path, text: &str) -> io::Result<()> {
    let directory = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    fs::create_dir_all(directory)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    // No manager reads a file that is called so.
    let beside = directory.join(format!(".{name}.{}", std::process::id()));
    let written = whole(&beside, text).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // It may not even be there.
        let _ = fs::remove_file(&beside);
    }
    written
}

fn whole(path: &Path, text: &str) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::super::definition::{UNIT, sealed, unit};
    use super::super::launch::Launch;
    use super::*;

    const COMMENT: (&str, &str) = ("# ", "");

    fn at(text: &str) -> Found {
        let home = tempfile::tempdir().expect("a temporary directory");
        let path = home.path().join("systemd/user/mailwatch-tui.service");
        write(&path, text).expect("written");
        let names: Vec<_> = fs::read_dir(path.parent().expect("below")).expect("there").collect();
        assert_eq!(names.len(), 1, "{names:?}");
        Found::at(&path).expect("text")
    }

    #[test]
    fn what_install_wrote_is_known_until_a_letter_of_it_is_changed() {
        let text = sealed(&unit(&Launch::shipped()), COMMENT);
        assert_eq!(at(&text), Found::Ours(text.clone()));
        for changed in [
            text.replace("RestartSec=5", "RestartSec=7"),
            format!("{text}Environment=A=b\n"),
            format!("# mine\n{text}"),
            text.replace("sha256 ", "sha256 0"),
            text.replace('\n', "\r\n"),
        ] {
            assert_eq!(
                at(&changed).origin(),
                Some(if changed.contains("=7") || changed.contains("A=b") { "own" } else { "copy" })
            );
        }
    }

    #[test]
    fn a_unit_that_was_shipped_is_known_with_another_program() {
        assert_eq!(at(UNIT).origin(), Some("copy"));
        let cargo = UNIT.replace("ExecStart=mailwatch-tui", "ExecStart=%h/.cargo/bin/mailwatch-tui");
        assert_eq!(at(&cargo).origin(), Some("copy"));
        assert_eq!(at(include_str!("../../../tests/cli/mailwatch-tui-0.1.0.service")).origin(), Some("copy"));
        assert_eq!(at("[Service]\nExecStart=mailwatch-tui watch\n").origin(), Some("own"));
    }

    #[test]
    fn links_are_told_from_files_and_a_mask_from_links() {
        let home = tempfile::tempdir().expect("a temporary directory");
        let path = home.path().join("mailwatch-tui.service");
        assert_eq!(Found::at(&path).expect("nothing"), Found::Nothing);
        symlink("/dev/null", &path).expect("a link");
        assert_eq!(Found::at(&path).expect("a link"), Found::Masked);
        fs::remove_file(&path).expect("removed");
        let dotfile = home.path().join("dotfile");
        symlink(&dotfile, &path).expect("a link");
        assert_eq!(Found::at(&path).expect("a link"), Found::Link(dotfile.clone(), String::new()));
        fs::write(&dotfile, "mine").expect("written");
        assert_eq!(Found::at(&path).expect("a link"), Found::Link(dotfile.clone(), "mine".to_owned()));
        write(&path, "new").expect("written");
        assert_eq!(fs::read_to_string(&dotfile).expect("there"), "mine");
        assert_eq!(Found::at(&path).expect("text").text(), "new");
    }
}
