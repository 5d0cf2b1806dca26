//! The command line: what it takes, and the commands that need neither engine nor screen.

mod commands;
mod home;
#[cfg(unix)]
mod service;

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use clap::ValueEnum as _;
use mailwatch_tui::cli::{self, AccountCommand, Cli, Command, ConfigCommand};
use mailwatch_tui::commands::{completions, man};
use mailwatch_tui::output::{Exit, Output};

fn read(line: &str) -> Result<Cli, clap::Error> {
    Cli::read(std::iter::once("mailwatch-tui").chain(line.split_whitespace()))
}

fn good(line: &str) -> Cli {
    read(line).unwrap_or_else(|error| panic!("{line}: {error}"))
}

#[test]
fn the_grammar_is_sound() {
    cli::command().debug_assert();
}

#[test]
fn global_options_stand_before_and_after_the_command() {
    for line in [
        "--config f --state-dir d --theme dark --ascii --no-mouse watch --json",
        "watch --config f --state-dir d --theme dark --ascii --no-mouse --json",
        "--ascii watch --json --no-mouse --config f --state-dir d --theme dark",
    ] {
        let cli = good(line);
        assert_eq!(cli.global.config.as_deref(), Some(Path::new("f")), "{line}");
        assert_eq!(cli.global.state_dir.as_deref(), Some(Path::new("d")), "{line}");
        assert!(cli.global.theme.as_deref() == Some("dark") && cli.global.ascii && cli.global.no_mouse, "{line}");
        assert!(matches!(cli.command, Some(Command::Watch { json: true, .. })), "{line}");
    }
}

#[test]
fn repeated_options_count_in_both_places() {
    let cli = good("-v --account a config --account b -v check -vv --account c");
    assert_eq!(cli.global.accounts, ["a", "b", "c"]);
    assert_eq!(cli.global.verbose, 4);
    assert!(matches!(cli.command, Some(Command::Config(ConfigCommand::Check))));
    let cli = good("");
    assert!(cli.command.is_none() && cli.global.accounts.is_empty() && cli.global.verbose == 0);
    let cli = good("account login work --account work");
    assert_eq!(cli.global.accounts, ["work"]);
    assert!(
        matches!(cli.command, Some(Command::Account(AccountCommand::Login { name, device: false })) if name == "work")
    );
}

#[test]
fn the_demos_server_has_its_options_and_they_need_it() {
    let Some(Command::Demo(demo)) =
        good("demo --serve --scenario healthy --port 0 --mailboxes 3 --every 1m30s").command
    else {
        panic!("demo")
    };
    assert_eq!((demo.scenario.as_deref(), demo.port, demo.mailboxes), (Some("healthy"), Some(0), Some(3)));
    assert_eq!(demo.every, Some(Duration::from_secs(90)));
    for line in ["demo --scenario healthy", "demo --port 1", "demo --mailboxes 1", "demo --every 1s"] {
        assert_eq!(read(line).expect_err(line).exit_code(), 2, "{line}");
    }
}

#[test]
fn metrics_are_this_machines_unless_more_is_said_and_go_with_what_watches() {
    for line in
        ["--metrics 9853", "watch --metrics 9853", "--metrics localhost:9853 watch --json", "demo --metrics 9853"]
    {
        let metrics = good(line).global.metrics;
        assert_eq!(metrics.address().map(|address| address.to_string()).as_deref(), Some("127.0.0.1:9853"), "{line}");
        assert!(!metrics.is_public(), "{line}");
    }
    assert!(good("watch --metrics [::]:9853 --metrics-public").global.metrics.is_public());
    assert_eq!(good("watch").global.metrics.address(), None);
    for (line, word) in [
        ("watch --metrics example.org:9853", "127.0.0.1:9853"),
        ("watch --metrics 192.0.2.1:9853", "--metrics-public"),
        ("watch --metrics-public", "--metrics ADDR"),
        ("service status --metrics 9853", "service install"),
        ("check --metrics 9853", "watch and service install"),
        ("demo --serve --metrics 9853", "watch and service install"),
    ] {
        let error = read(line).expect_err(line);
        assert_eq!(error.exit_code(), 2, "{line}");
        assert!(error.to_string().contains(word), "{line}: {error}");
    }
}

#[test]
fn bad_use_ends_with_2_and_help_with_0() {
    for line in [
        "watsh",
        "demo --serve --every 10",
        "demo --serve --every 0s",
        "watch --jsonn",
        "account login",
        "config",
        "check one two",
    ] {
        assert_eq!(read(line).expect_err(line).exit_code(), 2, "{line}");
    }
    for line in ["--help", "-V", "watch --help", "account login -h", "help", "help watch", "help account login"] {
        assert_eq!(read(line).expect_err(line).exit_code(), 0, "{line}");
    }
}

#[test]
fn the_help_is_as_it_was_looked_at() {
    let mut all = String::new();
    for line in [
        "-h",
        "demo -h",
        "account -h",
        "account add -h",
        "account login -h",
        "config -h",
        "check -h",
        "history -h",
        "history stalls -h",
        "mail -h",
        "status --help",
        "ctl -h",
        "ctl done -h",
        "ctl retune -h",
        "report -h",
        "service -h",
        "service install -h",
    ] {
        // Not as wide as the terminal that the tests happen to run in.
        let words = std::iter::once("mailwatch-tui").chain(line.split_whitespace());
        let help = cli::command().term_width(100).try_get_matches_from(words).expect_err("help");
        writeln!(all, "$ mailwatch-tui {line}\n{help}").expect("a String takes it");
    }
    insta::assert_snapshot!(all);
}

#[test]
fn the_manual_page_and_the_completions_know_every_command() {
    let mut page = Vec::new();
    man::man(&mut page).expect("memory");
    let page = String::from_utf8(page).expect("text").replace("\\-", "-");
    for name in [
        "demo",
        "watch",
        "account add",
        "account list",
        "account login",
        "account remove",
        "config check",
        "completions",
        "service install",
        "service remove",
        "service status",
        "status",
        "mail",
        "relay",
        "ctl done",
        "ctl pause",
        "ctl resume",
        "ctl reconnect",
        "ctl retune",
        "ctl reload",
        "man",
    ] {
        assert!(page.contains(&format!(".SS \"mailwatch-tui {name}")), "{name}: {page}");
    }
    assert_eq!(page.matches(".TH").count(), 1);
    for shell in clap_complete::Shell::value_variants() {
        let mut script = Vec::new();
        completions::completions(*shell, &mut script).expect("memory");
        assert!(String::from_utf8(script).expect("text").contains("completions"), "{shell}");
    }
}

#[cfg(unix)]
#[test]
fn bash_completes_the_words_after_a_command() {
    let mut script = Vec::new();
    completions::completions(clap_complete::Shell::Bash, &mut script).expect("memory");
    let mut script = String::from_utf8(script).expect("text");
    script.push_str(
        r#"
        tried() {
            COMP_WORDS=(mailwatch-tui "$@") COMP_CWORD=$# COMPREPLY=()
            _mailwatch__tui mailwatch-tui "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            echo "$*: ${COMPREPLY[*]}"
        }
        tried hist; tried history st; tried service in; tried account lo; tried history --acc
        "#,
    );
    let tried = std::process::Command::new("bash").arg("-c").arg(script).output().expect("bash is there");
    assert_eq!(
        String::from_utf8_lossy(&tried.stdout),
        "hist: history\nhistory st: stalls\nservice in: install\naccount lo: login logout\nhistory --acc: --account\n"
    );
}

#[test]
fn every_command_has_a_manual_page_of_its_own() {
    fn names(command: &clap::Command, name: &str, all: &mut Vec<String>) {
        all.push(format!("{name}.1"));
        for below in command.get_subcommands() {
            names(below, &format!("{name}-{}", below.get_name()), all);
        }
    }
    let mut expected = Vec::new();
    names(&cli::command(), "mailwatch-tui", &mut expected);

    let pages = man::pages().expect("memory");

    let found: Vec<_> = pages.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(found, expected);
    for (name, page) in pages {
        let page = String::from_utf8(page).expect("text");
        let header = page.lines().find(|line| line.starts_with(".TH ")).expect("a header");
        assert!(
            header.ends_with(&format!(" 1 \" \" \"mailwatch-tui {}\" \"User Commands\"", env!("CARGO_PKG_VERSION"))),
            "{header}"
        );
        let lists = page.contains("{unseen}\\fR\nunseen messages in the mailboxes");
        assert_eq!(lists, ["mailwatch-tui.1", "mailwatch-tui-status.1"].contains(&name.as_str()), "{name}: {page}");
        for part in [".TH ", ".SH NAME", ".SH SYNOPSIS", ".SH \"EXIT STATUS\"", ".SH \"SEE ALSO\""] {
            assert_eq!(page.matches(part).count(), 1, "{part} in {name}: {page}");
        }
    }
}

#[test]
fn a_commands_page_has_its_own_options_and_refers_to_the_global_ones() {
    let pages = man::pages().expect("memory");
    let (_, page) = pages.iter().find(|(name, _)| name == "mailwatch-tui-demo.1").expect("the demo's page");
    let page = String::from_utf8(page.clone()).expect("text").replace("\\-", "-");
    assert!(page.contains("--scenario"), "{page}");
    assert!(!page.contains("--state-dir"), "{page}");
    assert!(page.contains("mailwatch-tui\\fR(1)") || page.contains("(1)."), "{page}");
}

#[test]
fn manual_pages_that_cannot_be_written_are_told_with_their_directory() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("taken");
    std::fs::write(&file, "").expect("a file");
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut output = Output { out: &mut out, err: &mut err, width: 100, colour: false };

    assert_eq!(man::man_dir(&file, &mut output).expect("memory"), Exit::Failed);
    assert_eq!(man::man_dir(&dir.path().join("new"), &mut output).expect("memory"), Exit::Done);

    let said = String::from_utf8(err).expect("text");
    assert!(said.starts_with("error: ") && said.contains("taken"), "{said}");
    assert!(dir.path().join("new/mailwatch-tui-account-add.1").exists());
}
