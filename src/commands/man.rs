//! `man`: the manual pages, made from the command line's own grammar.
//!
//! One page has every command (standard output, and `mailwatch-tui.1`); `--dir` adds one for each command, which refers to the
//! first for the global options. The tables here add what the grammar does not know: files and signals.

use std::io::{self, Write};
use std::path::Path;

use clap::{Arg, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, italic, roman};

use mailwatch_engine::status::FIELDS;

use crate::cli::command;
use crate::output::{Exit, Output};

/// The section of user commands.
const SECTION: &str = "1";

/// The command whose page lists the placeholders.
const STATUS: &str = "mailwatch-tui-status";

/// What every page ends its header with.
const MANUAL: &str = "User Commands";

const EXIT_STATUS: [(&str, &str); 3] =
    [("0", "Done."), ("1", "A watch or a check failed."), ("2", "Bad use or bad configuration.")];

const SIGNALS: [(&str, &str); 3] = [
    ("SIGINT, SIGTERM", "End: DONE and LOGOUT within 2 seconds, the terminal restored, exit status 0."),
    ("SIGUSR1", "End every IDLE now with DONE, to check for mail. Not on Windows."),
    (
        "SIGHUP",
        "`watch` reads the configuration again; the screen, whose terminal is gone, ends as on SIGTERM. Not on Windows.",
    ),
];

/// Places on Linux; elsewhere they are where the system wants them, and `config path` says where.
const FILES: [(&str, &str); 8] = [
    (
        "~/.config/mailwatch-tui/config.toml",
        "The configuration. `mailwatch-tui config init` writes a sample that explains every key.",
    ),
    ("~/.config/mailwatch-tui/providers.toml", "Your own mail providers, besides the built-in ones."),
    ("~/.config/mailwatch-tui/themes/NAME.toml", "Themes of your own."),
    (
        "~/.local/state/mailwatch-tui/history.db",
        "What was seen, found and reported; receipts, stalls, and hooks that have yet to run; SQLite.",
    ),
    ("~/.local/state/mailwatch-tui/mailwatch.log", "The log. `watch` logs to standard error instead."),
    (
        "$XDG_RUNTIME_DIR/mailwatch-tui/*.sock",
        "Where `status`, `ctl` and other screens reach the running program, one for each state directory; ~/.local/state/mailwatch-tui/run/status.sock \
         without a runtime directory.",
    ),
    (
        "~/.config/systemd/user/mailwatch-tui.service",
        "What `service install` writes: `watch` as your service. On macOS ~/Library/LaunchAgents/mailwatch-tui.plist.",
    ),
    (
        "/usr/lib/systemd/user/mailwatch-tui.service, mailwatch-tui@.service",
        "The same for every user, if a package installed it; and a template with one instance for each ~/.config/mailwatch-tui/NAME.toml.",
    ),
];

const ENVIRONMENT: [(&str, &str); 6] = [
    ("XDG_CONFIG_HOME, XDG_STATE_HOME", "Where configuration and state are, instead of ~/.config and ~/.local/state."),
    ("XDG_RUNTIME_DIR", "Where `status`, `ctl` and other screens reach the running program."),
    ("NO_COLOR", "If it is set and not empty: no colours, whatever the theme."),
    ("COLORTERM, TERM", "How many colours the terminal has."),
    (
        "NOTIFY_SOCKET, WATCHDOG_USEC",
        "Set by systemd: `watch` tells it when it is ready, how it is doing, and that it is not stuck.",
    ),
    ("SSLKEYLOGFILE", "With --keylog: the file for the TLS keys. Without --keylog it has no effect."),
];

/// Writes the manual page, every command on the one page.
///
/// # Errors
/// Where the output cannot be written.
pub fn man(out: &mut dyn Write) -> io::Result<()> {
    out.write_all(&whole(&built())?)
}

/// Writes the manual's pages into a directory, which is made where it is not there: `mailwatch-tui.1`, and one for each command.
///
/// # Errors
/// If standard error cannot be written. A directory that cannot be written is reported there.
pub fn man_dir(dir: &Path, output: &mut Output<'_>) -> io::Result<Exit> {
    let pages = pages()?;
    let written = std::fs::create_dir_all(dir)
        .and_then(|()| pages.iter().try_for_each(|(name, page)| std::fs::write(dir.join(name), page)));
    match written {
        Ok(()) => Ok(Exit::Done),
        Err(error) => output.error(Exit::Failed, format_args!("{}: {error}", dir.display())),
    }
}

/// Every page with its file's name, the whole one first.
///
/// # Errors
/// None in practice: pages are made in memory.
pub fn pages() -> io::Result<Vec<(String, Vec<u8>)>> {
    let root = built();
    let mut pages = vec![(file_name(&root), whole(&root)?)];
    add_pages(&root, &mut pages)?;
    Ok(pages)
}

/// The grammar with every name and inherited option in its place.
fn built() -> Command {
    fn named(command: Command) -> Command {
        // The generator's own word would be `subcommands`.
        command.subcommand_value_name("COMMAND").mut_subcommands(named)
    }
    let mut command = named(command());
    command.build();
    command
}

fn name(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

fn file_name(command: &Command) -> String {
    format!("{}.{SECTION}", name(command))
}

/// What every page begins with.
fn begun(page: &Man) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    page.render_title(&mut text)?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    Ok(text)
}

fn whole(root: &Command) -> io::Result<Vec<u8>> {
    let mut text = begun(&head(root))?;
    let mut roff = Roff::new();
    roff.control("SH", ["COMMANDS"]);
    for below in root.get_subcommands() {
        describe(below, &mut roff);
    }
    placeholders(&mut roff);
    table("EXIT STATUS", &EXIT_STATUS, &mut roff);
    table("SIGNALS", &SIGNALS, &mut roff);
    table("FILES", &FILES, &mut roff);
    table("ENVIRONMENT", &ENVIRONMENT, &mut roff);
    refer(root.get_subcommands(), &mut roff);
    roff.to_writer(&mut text)?;
    Ok(text)
}

fn add_pages(above: &Command, pages: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
    for command in above.get_subcommands() {
        pages.push((file_name(command), one(above, command)?));
        add_pages(command, pages)?;
    }
    Ok(())
}

fn one(above: &Command, command: &Command) -> io::Result<Vec<u8>> {
    let mut text = begun(&head(&own_options(command)))?;
    let mut roff = Roff::new();
    roff.control("SH", ["GLOBAL OPTIONS"]);
    roff.text([roman("See "), bold("mailwatch-tui"), roman("(1).")]);
    if command.has_subcommands() {
        roff.control("SH", ["COMMANDS"]);
        for below in command.get_subcommands() {
            describe(below, &mut roff);
        }
    }
    if name(command) == STATUS {
        placeholders(&mut roff);
    }
    table("EXIT STATUS", &EXIT_STATUS, &mut roff);
    refer(std::iter::once(above).chain(command.get_subcommands()), &mut roff);
    roff.to_writer(&mut text)?;
    Ok(text)
}

fn head(command: &Command) -> Man {
    Man::new(command.clone())
        .title(name(command).to_uppercase())
        .source(concat!("mailwatch-tui ", env!("CARGO_PKG_VERSION")))
        .manual(MANUAL)
        // Not empty, which the generator would leave out, shifting what follows; and no date, so that builds can be repeated.
        .date(" ")
}

/// The command without the options that every command has.
fn own_options(command: &Command) -> Command {
    command.clone().mut_args(|argument| {
        let hide = argument.is_hide_set() || is_global(&argument);
        argument.hide(hide)
    })
}

fn is_global(argument: &Arg) -> bool {
    argument.is_global_set() || argument.get_help_heading().is_some() || argument.get_id() == "version"
}

/// A command with its own options, or those below it with theirs.
fn describe(command: &Command, roff: &mut Roff) {
    if command.has_subcommands() {
        for below in command.get_subcommands() {
            describe(below, roff);
        }
        return;
    }
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let positionals: Vec<_> = command.get_positionals().map(|argument| format!(" {argument}")).collect();
    roff.control("SS", [format!("{name}{}", positionals.concat()).as_str()]);
    if let Some(about) = command.get_about() {
        roff.text([roman(format!("{about}."))]);
    }
    for argument in command.get_arguments().filter(|argument| !is_global(argument) && argument.get_id() != "help") {
        roff.control("TP", []);
        roff.text([bold(argument.to_string())]);
        roff.text([roman(argument.get_help().map(|help| format!("{help}.")).unwrap_or_default())]);
    }
}

fn table(heading: &str, rows: &[(&str, &str)], roff: &mut Roff) {
    roff.control("SH", [heading]);
    for (what, meaning) in rows {
        roff.control("TP", []);
        roff.text([bold(*what)]);
        roff.text([roman(*meaning)]);
    }
}

/// What a `status --format` may hold.
fn placeholders(roff: &mut Roff) {
    roff.control("SH", ["PLACEHOLDERS OF status --format"]);
    for spec in FIELDS {
        roff.control("TP", []);
        roff.text([bold(spec.placeholder())]);
        roff.text([roman(format!("{}.", spec.help))]);
    }
}

fn refer<'c>(commands: impl Iterator<Item = &'c Command>, roff: &mut Roff) {
    roff.control("SH", ["SEE ALSO"]);
    let mut line = Vec::new();
    for command in commands {
        if !line.is_empty() {
            line.push(roman(", "));
        }
        line.extend([italic(name(command)), roman(format!("({SECTION})"))]);
    }
    roff.text(line);
}
