//! `config` and `account`: what they say, and what they write.

use std::fs;
use std::path::Path;

use mailwatch_tui::cli::{AccountCommand, ConfigCommand};
use mailwatch_tui::configuration::SAMPLE;
use mailwatch_tui::output::Exit;

use crate::home::{CONFIG, Home, Script};
use crate::read;

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
    for (hosts, words) in [("mx1", ", 1 host"), ("mx1 mx2", ", 2 hosts")] {
        let hosts = hosts.split(' ').map(|name| format!("[[host]]\nname = \"{name}\"\nssh = \"me@{name}\"\n"));
        let text = format!("{CONFIG}\n{}", hosts.collect::<String>());
        let said = Home::new(Some(&text)).config(ConfigCommand::Check);
        assert_eq!(said.out, format!("ok: 2 accounts, 3 watches{words}\n"), "{}", said.err);
    }
    let said = Home::new(Some("[[account]]\nhots = \"x\"\n")).config(ConfigCommand::Check);
    assert_eq!((said.exit, said.out.as_str()), (Exit::Bad, ""));
    assert!(said.err.contains("config.toml:2:1") && said.err.contains("did you mean `host`?"), "{}", said.err);
    let said = Home::new(None).config(ConfigCommand::Check);
    assert_eq!(said.exit, Exit::Bad);
    assert!(said.err.contains("there is no configuration") && said.err.contains("account add"), "{}", said.err);
    let listed = Home::new(None).config(ConfigCommand::Path);
    assert!(listed.err.contains("account add"), "{}", listed.err);
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
    assert!(said.err.contains("already exists; nothing was written"), "{}", said.err);
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
    assert!(said.err.contains("password_command") && said.err.contains("nothing to store"), "{}", said.err);
    assert!(!said.err.contains("hunter2"), "{}", said.err);
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
    let said = home.add("", &["ann@icloud.com", "", "cloud", "", "", "y"]).await;
    assert_eq!(said.exit, Exit::Done, "{}", said.err);
    insta::assert_snapshot!(format!("{}---\n{}", said.err, said.out));
    assert!(home.text().starts_with(CONFIG) && home.text().contains("imap.mail.me.com"), "{}", home.text());

    let home = Home::new(None);
    let said = home.add("ann@icloud.com", &["y", "cloud", "", "", "n"]).await;
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

    // A domain of one's own at a known server: what is known of it is not asked for.
    let said = home.add("ann", &["imap.gmail.com", "keep", "", "five", "", "", "y"]).await;
    assert_eq!(said.exit, Exit::Done, "{}", said.err);
    let known = ["a server of Gmail", "an app password, made at https://myaccount.google.com/apppasswords"];
    assert!(known.iter().all(|known| said.err.contains(known)) && !said.err.contains("Encryption"), "{}", said.err);

    // A provider with both and no client: the usual way is one answer away.
    let said = home.add("ann@gmail.com", &["y", "", "four", "", "", "y"]).await;
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
        ("--name a/b --host h --user u", Exit::Bad, "cannot contain `/`"),
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
async fn where_nothing_is_found_a_person_gives_the_server_and_each_answer_is_tried() {
    let home = Home::new(None);
    // A scheme, no address, a name; no encryption beyond this machine; no port; nothing is there, and it is kept.
    let answers = [
        "imaps://example.org",
        "mail.example.org",
        "imap.example.org",
        "off",
        "starttls",
        "0",
        "1143",
        "keep",
        "ann",
        "a/b",
        "own",
        "y",
    ];
    let said = home.add("ann@example.org --password-command pass x", &answers).await;
    assert_eq!(said.exit, Exit::Done, "{}", said.err);
    insta::assert_snapshot!(format!("{}---\n{}---\n{}", said.err, said.out, home.text()));
}

#[tokio::test]
async fn what_the_check_refuses_is_asked_for_again_and_nothing_that_was_typed_is_lost() {
    let home = Home::new(None);
    // A login name has no server to look for. Refused, another user is refused too, then the command's is taken.
    let answers = [
        "nobody",
        "imap.example.org:1993",
        "",
        "k",
        "own",
        "wrong",
        "user",
        "ann",
        "",
        "",
        "pass show 'own",
        "pass show own",
        "",
    ];
    let said = home.add("", &answers).await;
    assert_eq!(said.exit, Exit::Done, "{}", said.err);
    insta::assert_snapshot!(format!("{}---\n{}---\n{}", said.err, said.out, home.text()));

    // It may be kept as it is; the exit code says that it was refused.
    let answers = ["", "", "two", "", "pass show two", "keep", "y"];
    let said = home.add("nobody --host imap.example.org", &answers[2..]).await;
    assert_eq!(said.exit, Exit::Failed, "{}", said.err);
    assert!(said.out.ends_with("Try it again: mailwatch-tui check two\n"), "{}", said.out);
    assert!(home.text().contains("name = \"two\""), "{}", home.text());
}

#[tokio::test]
async fn a_person_who_leaves_in_the_middle_leaves_nothing_behind() {
    let all = ["ann", "imap.example.org", "", "", "k", "own", "", "pass show own"];
    for until in 1..=all.len() {
        let home = Home::new(None);
        let said = home.add("", &all[..until]).await;
        assert_eq!(said.exit, Exit::Failed, "{until}: {}", said.err);
        assert!(!home.path().exists(), "{until}");
    }
    // Nobody answers questions in vain: a file that is wrong is told first.
    let home = Home::new(Some("[[account]]\nnmae = \"x\"\n"));
    let said = home.add("", &["ann"][..0]).await;
    assert_eq!(said.exit, Exit::Bad);
    assert!(said.err.contains("did you mean `name`?"), "{}", said.err);
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
