//! The command line: what it takes, and the commands that need neither engine nor screen.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mailwatch_tui::cli::{self, AccountCommand, Cli, Command, ConfigCommand, Exit, Global, Output};
use mailwatch_tui::config::SAMPLE;
use mailwatch_tui::secret::PromptError;
use secrecy::SecretString;

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
        assert!(matches!(cli.command, Some(Command::Watch { json: true })), "{line}");
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
    assert!(matches!(cli.command, Some(Command::Account(AccountCommand::Login { name })) if name == "work"));
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
    for line in ["--help", "-V", "watch --help", "account login -h"] {
        assert_eq!(read(line).expect_err(line).exit_code(), 0, "{line}");
    }
}

#[test]
fn the_help_is_as_it_was_looked_at() {
    let mut all = String::new();
    for line in ["-h", "demo -h", "account -h", "account login -h", "config -h", "check -h"] {
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
    cli::man(&mut page).expect("memory");
    let page = String::from_utf8(page).expect("text").replace("\\-", "-");
    for name in ["demo", "watch", "account list", "account login", "config check", "completions", "man"] {
        assert!(page.contains(&format!(".SS \"mailwatch-tui {name}")), "{name}: {page}");
    }
    assert_eq!(page.matches(".TH").count(), 1);
    for shell in [clap_complete::Shell::Bash, clap_complete::Shell::Zsh, clap_complete::Shell::Fish] {
        let mut script = Vec::new();
        cli::completions(shell, &mut script).expect("memory");
        assert!(String::from_utf8(script).expect("text").contains("completions"), "{shell}");
    }
}

const CONFIG: &str = "[[account]]\nname = \"work\"\nhost = \"imap.example.org\"\nuser = \"me@example.org\"\nmailboxes = [\"INBOX\", \"Lists\"]\n\
    [[account]]\nname = \"home\"\nhost = \"localhost\"\nuser = \"u\"\ntls = \"off\"\npassword_command = [\"printf\", \"hunter2\"]\ntimers = { reissue = \"30s\" }\n";

/// A directory with a configuration in it, and what commands say about it.
struct Home {
    dir: tempfile::TempDir,
    global: Global,
}

struct Said {
    exit: Exit,
    out: String,
    err: String,
}

impl Home {
    fn new(config: Option<&str>) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("new/config.toml");
        if let Some(text) = config {
            fs::create_dir(dir.path().join("new")).expect("made");
            fs::write(&path, text).expect("written");
        }
        Self { dir, global: Global { config: Some(path), ..Global::default() } }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("new/config.toml")
    }

    fn config(&self, command: ConfigCommand) -> Said {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut output = Output { out: &mut out, err: &mut err, width: 100, colour: false };
        let exit = cli::config(command, &self.global, &mut output).expect("memory");
        self.said(exit, out, err)
    }

    async fn account(&self, command: AccountCommand) -> Said {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut output = Output { out: &mut out, err: &mut err, width: 100, colour: false };
        let ask = |_: &str, _: &mut dyn std::io::Write| Ok::<_, PromptError>(SecretString::from("hunter2"));
        let exit = cli::account(&command, &self.global, &mut output, ask).await.expect("memory");
        self.said(exit, out, err)
    }

    fn said(&self, exit: Exit, out: Vec<u8>, err: Vec<u8>) -> Said {
        let text =
            |bytes| String::from_utf8(bytes).expect("text").replace(&self.dir.path().display().to_string(), "DIR");
        Said { exit, out: text(out), err: text(err) }
    }
}

#[test]
fn config_path_says_where_and_whether() {
    let home = Home::new(None);
    let said = home.config(ConfigCommand::Path);
    assert_eq!((said.exit, said.out.as_str()), (Exit::Done, "DIR/new/config.toml\n"));
    assert!(said.err.contains("config init"));
    assert_eq!(Home::new(Some(CONFIG)).config(ConfigCommand::Path).err, "");
}

#[test]
fn config_check_counts_warns_and_points() {
    let said = Home::new(Some(CONFIG)).config(ConfigCommand::Check);
    assert_eq!((said.exit, said.out.as_str()), (Exit::Done, "ok: 2 accounts, 3 watches\n"));
    assert!(said.err.starts_with("warning: line 12: reissue = \"30s\""), "{}", said.err);
    let said = Home::new(Some("[[account]]\nhots = \"x\"\n")).config(ConfigCommand::Check);
    assert_eq!((said.exit, said.out.as_str()), (Exit::Bad, ""));
    assert!(said.err.contains("config.toml:2:1") && said.err.contains("did you mean `host`?"), "{}", said.err);
    let said = Home::new(None).config(ConfigCommand::Check);
    assert_eq!(said.exit, Exit::Bad);
    assert!(said.err.contains("there is no configuration") && said.err.contains("config init"), "{}", said.err);
}

#[test]
fn an_unknown_account_is_bad_use_and_names_the_nearest() {
    let mut home = Home::new(Some(CONFIG));
    home.global.accounts = vec!["hme".to_owned()];
    let said = home.config(ConfigCommand::Check);
    assert_eq!(said.exit, Exit::Bad);
    assert_eq!(said.err, "error: there is no account `hme`; did you mean `home`?\n");
    home.global.accounts = vec!["work".to_owned()];
    assert_eq!(home.config(ConfigCommand::Check).out, "ok: 1 account, 2 watches\n");
}

#[test]
fn config_init_writes_once_and_for_the_user_alone() {
    let home = Home::new(None);
    let said = home.config(ConfigCommand::Init);
    assert_eq!((said.exit, said.err.as_str()), (Exit::Done, ""));
    assert_eq!(fs::read_to_string(home.path()).expect("written"), SAMPLE);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| path.metadata().expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(&home.path()), mode(home.path().parent().expect("a directory"))), (0o600, 0o700));
    }
    fs::write(home.path(), "mine").expect("written");
    let said = home.config(ConfigCommand::Init);
    assert_eq!(said.exit, Exit::Failed);
    assert!(said.err.contains("there already; nothing was written"), "{}", said.err);
    assert_eq!(fs::read_to_string(home.path()).expect("there"), "mine");
}

#[tokio::test]
async fn account_list_shows_everything_but_the_secret() {
    let said = Home::new(Some(CONFIG)).account(AccountCommand::List).await;
    assert_eq!(said.exit, Exit::Done);
    insta::assert_snapshot!(said.out);
}

#[tokio::test]
async fn a_login_that_nothing_would_use_is_refused() {
    let home = Home::new(Some(CONFIG));
    let said = home.account(AccountCommand::Login { name: "home".to_owned() }).await;
    assert_eq!(said.exit, Exit::Bad);
    assert!(said.err.contains("password_command") && !said.err.contains("hunter2"), "{}", said.err);
    let said = home.account(AccountCommand::Login { name: "wrok".to_owned() }).await;
    assert_eq!(
        (said.exit, said.err.as_str()),
        (Exit::Bad, "error: there is no account `wrok`; did you mean `work`?\n")
    );
}
