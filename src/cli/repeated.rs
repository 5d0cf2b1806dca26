//! Options that may stand before and after the command, and count in both places.
//!
//! clap's `global` lets the later place replace the earlier: `--account a watch --account b` would watch `b` alone.

use clap::{ArgMatches, Command};

pub(super) const ACCOUNT: &str = "accounts";
pub(super) const VERBOSE: &str = "verbose";

/// Gives every command below `command` the repeatable options that it has itself.
pub(super) fn everywhere(command: Command) -> Command {
    let options: Vec<_> = command
        .get_arguments()
        .filter(|argument| [ACCOUNT, VERBOSE].contains(&argument.get_id().as_str()))
        .cloned()
        .collect();
    command.mut_subcommands(|below| everywhere(below.args(&options)))
}

fn chain(matches: &ArgMatches) -> impl Iterator<Item = &ArgMatches> {
    std::iter::successors(Some(matches), |matches| matches.subcommand().map(|(_, below)| below))
}

/// The accounts that were named, in order.
pub(super) fn accounts(matches: &ArgMatches) -> Vec<String> {
    chain(matches).filter_map(|matches| matches.get_many::<String>(ACCOUNT)).flatten().cloned().collect()
}

/// How often `-v` was given.
pub(super) fn verbose(matches: &ArgMatches) -> u8 {
    chain(matches).fold(0, |count, matches| count.saturating_add(matches.get_count(VERBOSE)))
}
