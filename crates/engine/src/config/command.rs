//! A command in the configuration: an argument list that no shell takes apart.

use super::findings::Findings;
use super::problem::ProblemKind;
use super::read::{Section, plain};

/// The arguments of the command under a key.
pub(super) fn command(section: &Section<'_>, key: &'static str, findings: &mut Findings) -> Option<Vec<String>> {
    let (arguments, at) = section.list(key, findings)?;
    if let [(program, at), ..] = arguments.as_slice() {
        plain(key, program, at, findings);
    }
    if arguments.iter().any(|(argument, _)| argument.contains('\0')) {
        findings.problem(ProblemKind::Control { key }, at);
    }
    Some(arguments.into_iter().map(|(argument, _)| argument.to_owned()).collect())
}
