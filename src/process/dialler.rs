//! The program's dialler, and whether it writes the keys of TLS.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};

use mailwatch_engine::dial::Dialler;
use mailwatch_engine::secret;

use crate::cli::Global;
use crate::output::Output;

/// The variable that names the file for the keys of TLS, as in browsers.
const VARIABLE: &str = "SSLKEYLOGFILE";

/// A dialler. With `--keylog` it writes keys and warns of it; `None`, with an error message, if the file cannot be written.
///
/// # Errors
/// Where standard error cannot be written.
pub fn dialler(global: &Global, output: &mut Output<'_>) -> io::Result<Option<Dialler>> {
    let dialler = secret::dialler();
    if !global.keylog {
        // The variable alone does nothing: it may be meant for a browser.
        return Ok(Some(dialler));
    }
    let path = match key_file(std::env::var_os(VARIABLE)) {
        Ok(path) => path,
        Err(error) => {
            writeln!(output.err, "error: {error}")?;
            return Ok(None);
        }
    };
    writeln!(
        output.err,
        "warning: --keylog: the TLS keys go to {}. Whoever has that file can read everything that is said, passwords included: delete it afterwards",
        path.display()
    )?;
    Ok(Some(dialler.logging_keys(true)))
}

/// The file, created for its owner alone if it is missing.
fn key_file(named: Option<OsString>) -> Result<PathBuf, String> {
    let Some(path) = named.filter(|path| !path.is_empty()).map(PathBuf::from) else {
        return Err(format!("--keylog writes to the file that {VARIABLE} names, but it is not set: set it"));
    };
    make(&path).map_err(|error| format!("{VARIABLE}={} cannot be written ({error})", path.display()))?;
    Ok(path)
}

fn make(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}
