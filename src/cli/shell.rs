//! `completions` and `man`: both made from the command line's own grammar.

use std::io::{self, Write};

use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::command;

/// Writes the completions for a shell.
///
/// # Errors
/// Where the output cannot be written.
pub fn completions(shell: clap_complete::Shell, out: &mut dyn Write) -> io::Result<()> {
    let mut command = command();
    let name = command.get_name().to_owned();
    // Into memory first: the generator would panic on a closed pipe.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    out.write_all(&script)
}

/// Writes the manual page, every command on the one page.
///
/// # Errors
/// Where the output cannot be written.
pub fn man(out: &mut dyn Write) -> io::Result<()> {
    let mut command = command();
    command.build();
    let page = Man::new(command.clone()).title("MAILWATCH-TUI").manual("User Commands");
    page.render_title(out)?;
    page.render_name_section(out)?;
    page.render_synopsis_section(out)?;
    page.render_description_section(out)?;
    page.render_options_section(out)?;
    let mut roff = Roff::new();
    roff.control("SH", ["COMMANDS"]);
    for below in command.get_subcommands() {
        describe(below, &mut roff);
    }
    roff.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in [("0", "Done."), ("1", "A watch or a check failed."), ("2", "Bad use or bad configuration.")]
    {
        roff.control("TP", []);
        roff.text([bold(code)]);
        roff.text([roman(meaning)]);
    }
    roff.to_writer(out)
}

/// A command with its own options; the global ones stand with the program's.
fn describe(command: &clap::Command, roff: &mut Roff) {
    if command.has_subcommands() {
        for below in command.get_subcommands() {
            describe(below, roff);
        }
        return;
    }
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let global = |argument: &&clap::Arg| {
        argument.is_global_set()
            || argument.get_help_heading().is_some()
            || matches!(argument.get_id().as_str(), "help" | "version")
    };
    let positionals: Vec<_> = command.get_positionals().map(|argument| format!(" {argument}")).collect();
    roff.control("SS", [format!("{name}{}", positionals.concat()).as_str()]);
    if let Some(about) = command.get_about() {
        roff.text([roman(format!("{about}."))]);
    }
    for argument in command.get_arguments().filter(|argument| !global(argument)) {
        roff.control("TP", []);
        roff.text([bold(argument.to_string())]);
        roff.text([roman(argument.get_help().map(|help| format!("{help}.")).unwrap_or_default())]);
    }
}
