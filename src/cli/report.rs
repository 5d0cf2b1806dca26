//! `report`'s part of the command line.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use clap::builder::{PathBufValueParser, TypedValueParser as _};

use super::since::parse_since;

/// What goes into the report, and where it goes.
#[derive(Args, Clone, Debug)]
pub struct Report {
    /// How far to look back, such as 90m, 24h or 7d; 30 days are kept
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = parse_since)]
    pub since: Duration,
    /// Only this watch
    #[arg(long, value_name = "ACCOUNT/MAILBOX")]
    pub watch: Option<String>,
    /// The .tar.gz to write, or the directory to write it into [default: mailwatch-report-TIME.tar.gz here]
    #[arg(short, long, value_name = "FILE", value_parser = PathBufValueParser::new().try_map(a_file))]
    pub output: Option<PathBuf>,
    /// Keep users' names; otherwise each becomes user- and a short hash
    #[arg(long)]
    pub with_names: bool,
    /// Overwrite an existing file
    #[arg(long)]
    pub force: bool,
}

/// `-` means standard output to many programs: nobody who writes it wants a file of that name.
fn a_file(path: PathBuf) -> Result<PathBuf, &'static str> {
    if path == Path::new("-") { Err("a report is a file: name it, or the directory for it") } else { Ok(path) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dash_is_no_file_and_its_path_is() {
        assert!(a_file(PathBuf::from("-")).is_err());
        for path in ["./-", "-a.tar.gz", "somewhere"] {
            assert_eq!(a_file(PathBuf::from(path)), Ok(PathBuf::from(path)));
        }
    }
}
