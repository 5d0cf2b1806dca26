//! Where the configuration and the state live (XDG Base Directory Specification; elsewhere what the system wants).

use std::fs::DirBuilder;
use std::io;
use std::path::{Path, PathBuf};

use directories::ProjectDirs;

/// The system knows no home directory for this user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this user has no home directory (HOME is not set): name the files with --config and --state-dir")]
pub struct NoHome;

fn project() -> Result<ProjectDirs, NoHome> {
    ProjectDirs::from("", "", "mailwatch-tui").ok_or(NoHome)
}

/// `$XDG_CONFIG_HOME/mailwatch-tui/config.toml`, by default under `~/.config`.
///
/// # Errors
/// Where there is no home directory.
pub fn default_path() -> Result<PathBuf, NoHome> {
    Ok(project()?.config_dir().join("config.toml"))
}

/// `$XDG_STATE_HOME/mailwatch-tui`, by default under `~/.local/state`; elsewhere than on Linux the local data directory.
///
/// # Errors
/// Where there is no home directory.
pub fn default_state_dir() -> Result<PathBuf, NoHome> {
    let project = project()?;
    Ok(project.state_dir().unwrap_or_else(|| project.data_local_dir()).to_owned())
}

/// Makes the directory with its parents, for this user alone: what it holds tells who writes to whom.
/// One that is there stays as it is.
///
/// # Errors
/// Where it cannot be made.
pub fn make_state_dir(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_places_carry_the_programs_name() {
        let ours = |path: &Path| path.iter().any(|part| part == "mailwatch-tui");
        assert!(default_path().is_ok_and(|path| ours(&path) && path.ends_with("config.toml")));
        assert!(default_state_dir().is_ok_and(|path| ours(&path)));
    }

    #[cfg(unix)]
    #[test]
    fn the_state_is_its_users_alone() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().expect("a temporary directory");
        let path = root.path().join("state/mailwatch-tui");
        make_state_dir(&path).expect("made");
        assert_eq!(path.metadata().expect("there").permissions().mode() & 0o777, 0o700);
        make_state_dir(&path).expect("one that is there is fine");
    }
}
