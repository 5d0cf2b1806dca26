//! The command line: what it takes, and the commands that need neither engine nor screen.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum as _;
use mailwatch_engine::dial::{Dial, Dialling};
use mailwatch_engine::discover::{LookUp, LookingUp};
use mailwatch_engine::secret::PromptError;
use mailwatch_proto::model::{Account, Fault, FaultClass, OAuthClient, TlsMode};
use mailwatch_tui::cli::{self, AccountCommand, Cli, Command, ConfigCommand, Global};
use mailwatch_tui::commands::account::{AccountEnvironment, LogIn, LoggingIn, Prompter, account};
use mailwatch_tui::commands::{completions, config, man};
use mailwatch_tui::configuration::SAMPLE;
use mailwatch_tui::output::{Exit, Output};
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
        ("check --metrics 9853", "with watch"),
        ("demo --serve --metrics 9853", "with watch"),
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
    for line in ["--help", "-V", "watch --help", "account login -h"] {
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
        "status --help",
        "report -h",
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
        "status",
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

const CONFIG: &str = "[[account]]\nname = \"work\"\nhost = \"imap.example.org\"\nuser = \"me@example.org\"\nmailboxes = [\"INBOX\", \"Lists\"]\n\
    [[account]]\nname = \"home\"\nhost = \"localhost\"\nuser = \"u\"\ntls = \"off\"\npassword_command = [\"printf\", \"hunter2\"]\ntimers = { reissue = \"30s\" }\n";

/// A directory with a configuration in it, and what commands say about it.
struct Home {
    dir: tempfile::TempDir,
    global: Global,
}

/// A person who answers so; no answers at all is nobody.
#[derive(Default)]
struct Script(VecDeque<String>, bool);

impl Script {
    fn of(answers: &[&str]) -> Self {
        Self(answers.iter().map(ToString::to_string).collect(), !answers.is_empty())
    }
}

impl Prompter for Script {
    fn is_interactive(&self) -> bool {
        self.1
    }

    fn line(&mut self, question: &str, to: &mut dyn Write) -> io::Result<Option<String>> {
        writeln!(to, "{question}")?;
        Ok(self.0.pop_front())
    }

    fn password(&mut self, question: &str, to: &mut dyn Write) -> Result<SecretString, PromptError> {
        writeln!(to, "{question}")?;
        match self.0.pop_front() {
            Some(answer) if answer.is_empty() => Err(PromptError::Empty),
            Some(answer) => Ok(SecretString::from(answer)),
            None => Err(PromptError::Cancelled),
        }
    }
}

/// A network where nothing is.
#[derive(Debug)]
struct Nowhere;

impl LookUp for Nowhere {
    fn srv<'a>(&'a self, _: &'a str, _: TlsMode) -> LookingUp<'a> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}

impl Dial for Nowhere {
    fn dial<'a>(&'a self, _: &'a Account) -> Dialling<'a> {
        Box::pin(std::future::ready(Err(Fault::retry_after(FaultClass::Connect, "nothing is there"))))
    }
}

/// An issuer at which everybody is let in, unless the client is called `refused`.
struct Lenient;

impl LogIn for Lenient {
    fn log_in<'l>(
        &'l self,
        account: &'l Account,
        client: &'l OAuthClient,
        output: &'l mut Output<'_>,
    ) -> LoggingIn<'l> {
        Box::pin(async move {
            if client.client_id == "refused" {
                writeln!(output.err, "error: access_denied")?;
                return Ok(Exit::Failed);
            }
            writeln!(output.out, "{} logged in at {}", account.user, client.issuer.name())?;
            Ok(Exit::Done)
        })
    }
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
        let exit = config::config(command, &self.global, &mut output).expect("memory");
        self.said(exit, out, err)
    }

    async fn account(&self, command: AccountCommand) -> Said {
        self.answered(command, Script::default()).await
    }

    async fn answered(&self, command: AccountCommand, mut script: Script) -> Said {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut output = Output { out: &mut out, err: &mut err, width: 100, colour: false };
        let mut environment =
            AccountEnvironment { prompter: &mut script, dns: &Nowhere, dial: &Nowhere, login: &Lenient };
        let exit = account(&command, &self.global, &mut output, &mut environment).await.expect("memory");
        assert!(script.0.is_empty(), "not asked for: {:?}", script.0);
        self.said(exit, out, err)
    }

    /// `account add` with these arguments, and these answers at a terminal; without any nobody is there.
    async fn add(&self, arguments: &str, answers: &[&str]) -> Said {
        let Some(Command::Account(command)) = good(&format!("account add {arguments}")).command else { panic!("add") };
        self.answered(command, Script::of(answers)).await
    }

    fn text(&self) -> String {
        fs::read_to_string(self.path()).unwrap_or_default()
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
    let said = home.account(AccountCommand::Login { name: "home".to_owned(), device: false }).await;
    assert_eq!(said.exit, Exit::Bad);
    assert!(said.err.contains("password_command") && !said.err.contains("hunter2"), "{}", said.err);
    let said = home.account(AccountCommand::Login { name: "wrok".to_owned(), device: false }).await;
    assert_eq!(
        (said.exit, said.err.as_str()),
        (Exit::Bad, "error: there is no account `wrok`; did you mean `work`?\n")
    );
}

#[tokio::test]
async fn an_account_of_a_known_provider_is_added_from_its_address() {
    let home = Home::new(None);
    let said = home.add("ann@gmail.com --yes --password-command pass show mail/gmail", &[]).await;
    assert_eq!(said.exit, Exit::Done, "{}", said.err);
    insta::assert_snapshot!(format!("{}---\n{}---\n{}", said.err, said.out, home.text()));
    let said = home.add("ann@gmail.com --yes", &[]).await;
    assert!(said.out.contains("Account gmail-2 is in") && said.out.contains("account login gmail-2"), "{}", said.out);
    let list = home.account(AccountCommand::List).await.out;
    assert!(list.contains("gmail\n") && list.contains("gmail-2\n"), "{list}");
}

#[tokio::test]
async fn a_person_is_shown_what_was_found_and_what_will_be_written() {
    let home = Home::new(Some(CONFIG));
    let said = home.add("", &["ann@icloud.com", "", "cloud", "y", ""]).await;
    assert_eq!(said.exit, Exit::Done, "{}", said.err);
    insta::assert_snapshot!(format!("{}---\n{}", said.err, said.out));
    assert!(home.text().starts_with(CONFIG) && home.text().contains("imap.mail.me.com"), "{}", home.text());

    let home = Home::new(None);
    let said = home.add("ann@icloud.com", &["y", "cloud", "n"]).await;
    assert_eq!((said.exit, home.text().as_str()), (Exit::Failed, ""));
    assert!(said.err.ends_with("Nothing was written.\n"), "{}", said.err);
}

#[tokio::test]
async fn a_script_gives_everything_by_options_and_may_look_first() {
    let home = Home::new(None);
    let options = "--name work --host localhost --port 1143 --tls starttls --user me --mailbox INBOX --mailbox Lists";
    let said = home.add(&format!("{options} --dry-run --token-command oama access -v me"), &[]).await;
    assert_eq!((said.exit, said.err.as_str()), (Exit::Done, ""));
    assert_eq!(
        said.out,
        "[[account]]\nname = \"work\"\nhost = \"localhost\"\nport = 1143\ntls = \"starttls\"\nuser = \"me\"\n\
         auth = \"oauth2\"\ntoken_command = [\"oama\", \"access\", \"-v\", \"me\"]\nmailboxes = [\"INBOX\", \"Lists\"]\n"
    );
    assert!(!home.path().exists());
    assert_eq!(home.add(options, &[]).await.exit, Exit::Done);
    assert_eq!(home.config(ConfigCommand::Check).out, "ok: 1 account, 2 watches\n");
}

#[tokio::test]
async fn an_account_that_logs_in_at_an_issuer_is_added_by_options_and_told_how_to() {
    let cases = [
        ("ann@outlook.com --client-id c1", "{ provider = \"microsoft\", client_id = \"c1\" }"),
        (
            "ann@gmail.com --client-id c1 --client-secret keyring",
            "{ provider = \"google\", client_id = \"c1\", client_secret = \"keyring\" }",
        ),
        (
            "--host imap.example.org --user ann --issuer https://auth.example.org --client-id c1 --flow device \
             --client-secret-command pass show client",
            "{ issuer = \"https://auth.example.org\", client_id = \"c1\", client_secret_command = [\"pass\", \"show\", \
             \"client\"], flow = \"device\" }",
        ),
    ];
    for (options, table) in cases {
        let home = Home::new(None);
        let said = home.add(&format!("--name o --yes {options}"), &[]).await;
        assert_eq!(said.exit, Exit::Done, "{options}: {}", said.err);
        assert!(home.text().contains(&format!("auth = \"oauth2\"\noauth = {table}\n")), "{}", home.text());
        assert!(said.out.ends_with("Log in: mailwatch-tui account login o\n"), "{}", said.out);
        assert_eq!(home.config(ConfigCommand::Check).out, "ok: 1 account, 1 watch\n");
    }
    for (line, clash) in [("--client-id c --token-command oama", true), ("--client-secret keyring", false)] {
        let error = read(&format!("account add ann@gmail.com {line}")).expect_err(line);
        assert_eq!(error.kind() == clap::error::ErrorKind::ArgumentConflict, clash, "{error}");
        assert_eq!(error.exit_code(), 2, "{line}");
    }
}

#[tokio::test]
async fn a_person_is_asked_how_to_log_in_and_goes_on_to_the_issuer() {
    // Gmail takes both: use it, by OAuth, from no command, with this id and its secret in the keyring, called so, written, now.
    let home = Home::new(None);
    let said = home.add("ann@gmail.com", &["y", "oauth", "", "c1", "keyring", "", "y", "y"]).await;
    assert_eq!(said.exit, Exit::Done, "{}", said.err);
    insta::assert_snapshot!(format!("{}---\n{}---\n{}", said.err, said.out, home.text()));

    // What the table says needs it is not asked about it; a command will do; later is soon enough.
    let home = Home::new(None);
    let said = home.add("ann@outlook.com", &["y", "oama access 'a b'", "", "y"]).await;
    assert_eq!(said.exit, Exit::Done, "{}", said.err);
    assert!(home.text().contains("token_command = [\"oama\", \"access\", \"a b\"]"), "{}", home.text());
    let said = home.add("ann@outlook.com", &["y", "", "c1", "", "two", "y", "n"]).await;
    assert_eq!((said.exit, said.out.contains("Log in: mailwatch-tui account login two")), (Exit::Done, true));
    assert!(home.text().contains("oauth = { provider = \"microsoft\", client_id = \"c1\" }"), "{}", home.text());

    // Who is refused has an account, and is told how to try again.
    let said = home.add("ann@outlook.com", &["y", "", "refused", "n", "three", "y", "y"]).await;
    assert_eq!(said.exit, Exit::Failed);
    assert!(said.err.contains("access_denied") && said.err.contains("account login three"), "{}", said.err);
    assert!(home.text().contains("\"refused\""), "{}", home.text());

    // A provider with both and no client: the usual way is one answer away.
    let said = home.add("ann@gmail.com", &["y", "", "four", "y", ""]).await;
    assert_eq!(said.exit, Exit::Done, "{}", said.err);
    assert!(said.out.contains("account login four"), "{}", said.out);
}

#[tokio::test]
async fn what_cannot_be_added_is_said_and_nothing_is_written() {
    let cases = [
        ("", Exit::Bad, "an address, or --host and --user is missing"),
        ("ann@gmail.com", Exit::Failed, "--yes takes what was found"),
        ("ann@example.org --yes", Exit::Failed, "no server was found for example.org"),
        ("ann@outlook.com --yes", Exit::Bad, "--token-command, or --client-id"),
        ("--host imap.example.org --user u --client-id c", Exit::Bad, "--issuer is missing"),
        ("--host imap.example.org --user u --issuer google", Exit::Bad, "--client-id is missing"),
        ("ann@gmail.com --yes --client-id c --auth password", Exit::Bad, "are for --auth oauth2"),
        ("--name o --host h --user u --client-id c --issuer http://auth.example.org", Exit::Bad, "https://"),
        ("--name a/b --host h --user u", Exit::Bad, "cannot hold `/`"),
        ("--name a --host imap.example.org --user u --tls off", Exit::Bad, "loopback"),
        ("--name work --host h --user u", Exit::Bad, "two accounts are named"),
    ];
    for (arguments, exit, wanted) in cases {
        let home = Home::new(Some(CONFIG));
        let said = home.add(arguments, &[]).await;
        assert_eq!(said.exit, exit, "{arguments}: {}", said.err);
        assert!(said.err.contains(wanted), "{arguments}: {}", said.err);
        assert_eq!(home.text(), CONFIG, "{arguments}");
    }
}

#[tokio::test]
async fn where_nothing_is_found_a_person_gives_the_server() {
    let home = Home::new(None);
    let said = home.add("ann@example.org --password-command pass x", &["imap.example.org", "", "y"]).await;
    assert_eq!(said.exit, Exit::Done, "{}", said.err);
    assert!(said.err.contains("example.org has no SRV record for IMAP"), "{}", said.err);
    assert!(home.text().contains("name = \"example\"\nhost = \"imap.example.org\""), "{}", home.text());
}

#[tokio::test]
async fn an_account_is_removed_when_a_person_says_so_or_the_option_does() {
    let remove = |yes| AccountCommand::Remove { name: "home".to_owned(), yes };
    let text = format!("# all mine\n{CONFIG}# the end\n");
    let home = Home::new(Some(&text));
    let said = home.account(remove(false)).await;
    assert_eq!((said.exit, home.text()), (Exit::Failed, text.clone()));
    assert!(said.err.contains("--yes"), "{}", said.err);
    let said = home.answered(remove(false), Script::of(&[""])).await;
    assert_eq!((said.exit, home.text()), (Exit::Failed, text.clone()));
    let said = home.answered(remove(false), Script::of(&["y"])).await;
    assert_eq!((said.exit, said.out.as_str()), (Exit::Done, "Account home is no longer in DIR/new/config.toml.\n"));
    assert!(home.text().starts_with("# all mine\n") && home.text().ends_with("# the end\n"), "{}", home.text());
    assert_eq!(home.config(ConfigCommand::Check).out, "ok: 1 account, 2 watches\n");
    let said = home.account(remove(true)).await;
    assert!(said.err.contains("there is no account `home`"), "{}", said.err);
}
