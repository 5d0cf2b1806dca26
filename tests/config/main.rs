//! The configuration as a person meets it: what is taken, and what is said about what is not.

mod mistakes;
mod noise;
mod oauth;

use std::fs;
use std::path::Path;
use std::time::Duration;

use mailwatch_engine::config::{self, ConfigError, WarningKind};
use mailwatch_proto::model::{
    Auth, Ca, HookEvent, Notifications, Origin, Quiet, Roots, SecretSource, Sequence, TIMERS, Timer, TlsMode,
    TlsVersion,
};
use mailwatch_tui::configuration::{Config, SAMPLE, format};

const ACCOUNT: &str = "[[account]]\nname = \"work\"\nhost = \"imap.example.org\"\nuser = \"me@example.org\"\n";

fn parse(text: &str) -> Result<Config, ConfigError> {
    config::parse(text, Path::new("/etc/mw/config.toml"), &format())
}

fn good(text: &str) -> Config {
    parse(text).unwrap_or_else(|error| panic!("{}", error.render(100, false)))
}

fn complaint(text: &str) -> String {
    parse(text).expect_err("a problem").render(100, false)
}

#[test]
fn the_smallest_account_gets_the_defaults() {
    let config = good(ACCOUNT);
    let [account] = config.accounts.as_slice() else { panic!("one account") };
    assert_eq!((account.port, account.tls, account.auth), (993, TlsMode::Implicit, Auth::Password));
    assert_eq!(account.secret, SecretSource::Keyring);
    assert_eq!(account.mailboxes, ["INBOX"]);
    assert_eq!((account.max_connections, account.reissue_auto, account.ca.clone()), (8, false, None));
    for spec in &TIMERS {
        assert_eq!(account.timers.tuned(spec.timer).value, spec.default);
        assert_eq!(account.timers.tuned(spec.timer).origin, Origin::BuiltIn);
    }
    assert_eq!(config.warnings, []);
}

#[test]
fn every_key_arrives_where_it_belongs() {
    let config = good(
        r#"
        timers = { reissue = "5m", silence = "off", retry_max = "1h" }
        ui.theme = "light"
        ui.reduced_motion = true
        [[account]]
        name = "work"
        host = "::1"
        port = 0x5FF
        tls = "off"
        user = "me"
        auth = "password"
        password_command = ["pass", "show", "a 'quoted' thing"]
        mailboxes = ["Lists/rust", "inbox"]
        max_connections = 2
        timers = { reissue = "1m30s", silence = "2m" }
        [[account]]
        name = "home"
        host = "imap.example.net"
        tls = "starttls"
        ca_file = "ca.pem"
        user = "you"
        "#,
    );
    assert!(config.ui.theme.name() == Some("light") && config.ui.reduced_motion);
    let [work, home] = config.accounts.as_slice() else { panic!("two accounts") };
    assert_eq!((work.host.as_str(), work.port, work.tls), ("::1", 1535, TlsMode::Off));
    let command = ["pass", "show", "a 'quoted' thing"].map(str::to_owned).to_vec();
    assert_eq!(work.secret, SecretSource::Command(command));
    assert_eq!(work.mailboxes, ["Lists/rust", "INBOX"]);
    assert_eq!(work.timers.value(Timer::Reissue), Some(Duration::from_secs(90)));
    assert_eq!(work.timers.value(Timer::Silence), Some(Duration::from_mins(2)));
    assert_eq!(work.timers.tuned(Timer::RetryMax).origin, Origin::Config);
    assert_eq!(work.timers.tuned(Timer::Done).origin, Origin::BuiltIn);
    assert_eq!((home.port, home.ca.clone()), (143, Some(Ca::File("/etc/mw/ca.pem".into()))));
    assert_eq!(home.timers.value(Timer::Reissue), Some(Duration::from_mins(5)));
    assert_eq!(home.timers.tuned(Timer::Silence).origin, Origin::Config);
    let watches: Vec<_> = config.watches().map(|id| id.to_string()).collect();
    assert_eq!(watches, ["work/Lists/rust", "work/INBOX", "home/INBOX"]);
}

#[test]
fn the_sample_lacks_an_account_and_nothing_else() {
    insta::assert_snapshot!(complaint(SAMPLE));
}

#[test]
fn the_sample_holds_when_everything_in_it_is_taken() {
    let text: Vec<_> = SAMPLE
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(example) if example.starts_with(|c: char| c.is_ascii_alphabetic() || c == '[') => example,
            Some(_) | None => line,
        })
        .collect();
    let config = good(&text.join("\n"));
    assert_eq!(config.accounts.len(), 1);
    assert_eq!(config.warnings, []);
    assert_eq!(config.accounts[0].hooks.events(), HookEvent::ALL);
    for spec in &TIMERS {
        let tuned = config.accounts[0].timers.tuned(spec.timer);
        assert_eq!(tuned.origin, Origin::Config, "{} is not in the sample", spec.name);
        assert!(spec.timer == Timer::Reissue || tuned.value == spec.default, "{} is not the default", spec.name);
    }
}

#[test]
fn hooks_are_argument_lists_taken_to_the_letter() {
    let config = good(&format!("{ACCOUNT}on_new_mail = [\"mbsync\", \"a 'b' $HOME\"]\non_stall = [\"/bin/x\"]\n"));
    let hooks = &config.accounts[0].hooks;
    let command = ["mbsync", "a 'b' $HOME"].map(str::to_owned);
    assert_eq!(hooks.command(HookEvent::NewMail), Some(&command[..]));
    assert_eq!(hooks.command(HookEvent::Stall), Some(&["/bin/x".to_owned()][..]));
    assert_eq!(hooks.command(HookEvent::Recovered), None);
    assert_eq!(config.warnings, []);
}

#[test]
fn nobody_is_notified_who_does_not_ask_for_it() {
    let config = good(ACCOUNT);
    assert_eq!(config.notify, Notifications::default());
    assert!(!config.notify.any());
}

#[test]
fn notifications_are_on_by_way_and_off_by_account() {
    let accounts = format!("{ACCOUNT}notify = false\n{}notify = true\n", ACCOUNT.replace("work", "home"));
    let config = good(&format!("{accounts}[notify]\ndesktop = true\nterminal = \"osc777\"\nquiet = \"22:00-7:00\"\n"));
    let notify = &config.notify;
    assert!(notify.desktop && !notify.bell);
    assert_eq!(notify.terminal, Some(Sequence::Osc777));
    assert_eq!(notify.quiet, Quiet::parse("22:00-07:00").ok());
    assert!(notify.wants("home") && !notify.wants("work"));
    assert_eq!(good(&format!("{ACCOUNT}[notify]\nterminal = true\n")).notify.terminal, Some(Sequence::Auto));
    assert_eq!(good(&format!("{ACCOUNT}[notify]\nterminal = false\n")).notify.terminal, None);
}

#[test]
fn a_hook_that_waits_for_a_shell_to_take_it_apart_is_warned_of() {
    let config = good(&format!("{ACCOUNT}on_new_mail = [\"mbsync work\"]\n"));
    let warnings: Vec<_> = config.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "line 5: on_new_mail is an argument list, and no shell splits it: write [\"mbsync\", \"work\"], not [\"mbsync work\"]"
        ]
    );
}

#[test]
fn what_is_likely_a_mistake_is_said_and_not_refused() {
    let config = good(&format!("{ACCOUNT}port = 143\ntimers = {{ reissue = \"30s\" }}\n[timers]\nreissue = \"59s\"\n"));
    let lines: Vec<_> = config.warnings.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_provider_gives_what_the_configuration_does_not_set() {
    let account = |rest: &str| {
        let text = format!("[[account]]\nname = \"a\"\nuser = \"me\"\n{rest}\n");
        good(&text).accounts.remove(0)
    };
    let yahoo = account("host = \"imap.mail.yahoo.com\"");
    let reissue = yahoo.timers.tuned(Timer::Reissue);
    assert_eq!((reissue.value, reissue.origin), (Some(Duration::from_mins(3)), Origin::Provider));
    assert_eq!(yahoo.timers.tuned(Timer::Done).origin, Origin::BuiltIn);
    assert_eq!(yahoo.quirks.provider.as_deref(), Some("Yahoo"));
    assert!(yahoo.quirks.app_password.is_some_and(|place| place.starts_with("https://login.yahoo.com/")));

    let set = account("host = \"imap.mail.yahoo.com\"\ntimers = { reissue = \"2m\" }\n[timers]\nreissue = \"1m\"");
    assert_eq!(set.timers.tuned(Timer::Reissue).value, Some(Duration::from_mins(2)));
    assert_eq!(set.timers.tuned(Timer::Reissue).origin, Origin::Config);
    let learned = account("host = \"imap.mail.yahoo.com\"\ntimers = { reissue = \"auto\" }");
    assert_eq!(learned.timers.tuned(Timer::Reissue).origin, Origin::Provider);
    assert!(learned.reissue_auto);

    assert_eq!(account("host = \"imap.gmail.com\"").max_connections, 12);
    let netease = account("host = \"imap.163.com\"").quirks;
    assert!(netease.id_required && netease.poll_by_status);
    assert_eq!(account("host = \"imap.example.org\"").quirks, mailwatch_proto::model::Quirks::default());

    let greedy = good("[[account]]\nname = \"a\"\nuser = \"me\"\nhost = \"imap.gmail.com\"\nmax_connections = 16");
    assert_eq!(greedy.accounts[0].max_connections, 16);
    let warnings: Vec<_> = greedy.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings, ["line 5: max_connections = 16, but Gmail allows one account 15"]);
}

#[test]
fn the_networks_settings_hold_for_every_account_that_does_not_say_otherwise() {
    let text = "[network]\nproxy = \"socks5://me@[::1]:1080\"\nproxy_password_command = [\"pass\"]\ntls_min = \"1.3\"\n\
                [[account]]\nname = \"a\"\nhost = \"imap.example.org\"\nuser = \"me\"\n\
                [[account]]\nname = \"b\"\nhost = \"imap.example.org\"\nuser = \"me\"\nproxy = \"off\"\ntls_min = \"1.2\"\n\
                [[account]]\nname = \"bridge\"\nhost = \"127.0.0.1\"\nuser = \"me\"\nroots = \"platform\"\n";
    let accounts = good(text).accounts;
    let of = |index: usize| &accounts[index].network;
    assert_eq!(of(0).proxy.as_ref().map(ToString::to_string).as_deref(), Some("socks5://[::1]:1080"));
    assert_eq!(
        of(0).proxy.as_ref().and_then(|proxy| proxy.login.as_ref()).map(|login| login.user.as_str()),
        Some("me")
    );
    assert_eq!((of(0).tls.min, of(1).tls.min), (TlsVersion::V13, TlsVersion::V12));
    assert_eq!((&of(1).proxy, &of(2).proxy), (&None, &None), "switched off, and on this machine");
    assert_eq!((of(1).tls.roots, of(2).tls.roots), (Roots::Bundled, Roots::Platform));
}

#[test]
fn a_clients_certificate_is_looked_at_before_it_is_needed() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("config.toml");
    fs::write(&path, format!("{ACCOUNT}client_cert = \"me.pem\"\nclient_key = \"me.key\"\n")).expect("written");
    let made = rcgen::generate_simple_self_signed(["me".to_owned()]).expect("a certificate");
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let (cert, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    for (cert, key, words) in [
        (cert.as_str(), encrypted, Some("`client_key` cannot be used: it is encrypted")),
        ("", key.as_str(), Some("`client_cert` cannot be used: it contains no certificate")),
        (cert.as_str(), key.as_str(), None),
    ] {
        fs::write(dir.path().join("me.pem"), cert).expect("written");
        fs::write(dir.path().join("me.key"), key).expect("written");
        match (config::load(&path, &format()), words) {
            (Ok(config), None) => assert!(config.accounts[0].network.tls.client.is_some()),
            (Err(error), Some(words)) => assert!(format!("{error:?}").contains("ClientFile"), "{words}: {error:?}"),
            (outcome, words) => panic!("{words:?}: {outcome:?}"),
        }
    }
}

#[test]
fn a_file_is_read_with_the_users_own_providers_beside_it() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("config.toml");
    fs::write(&path, ACCOUNT).expect("written");
    let load = || config::load(&path, &format()).map(|config| config.accounts[0].timers.tuned(Timer::Reissue));
    assert_eq!(load().expect("fine").origin, Origin::BuiltIn);
    let own = "[[provider]]\nname = \"Example\"\nhost = \"imap.example.org\"\ntimers = { reissue = \"90s\" }\n";
    fs::write(dir.path().join("providers.toml"), own).expect("written");
    let reissue = load().expect("fine");
    assert_eq!((reissue.value, reissue.origin), (Some(Duration::from_secs(90)), Origin::Provider));
    fs::write(dir.path().join("providers.toml"), own.replace("host", "hots")).expect("written");
    let error = load().expect_err("a problem").render(200, false);
    assert!(error.contains("providers.toml:3:1") && error.contains("did you mean `host`?"), "{error}");
}

#[test]
fn an_account_with_more_mailboxes_than_connections_or_with_patterns_is_no_plain_one() {
    for (mailboxes, connections, plain) in [
        ("[\"a\", \"b\"]", 2, true),
        ("[\"a\", \"b\"]", 1, false),
        ("[\"INBOX\", \"lists/*\"]", 8, false),
        ("[\"%\"]", 8, false),
        ("['\\Sent', \"INBOX\"]", 8, false),
    ] {
        let config = good(&format!("{ACCOUNT}mailboxes = {mailboxes}\nmax_connections = {connections}"));
        assert_eq!(config.accounts[0].is_plain(), plain, "{mailboxes} {connections}");
    }
}

#[test]
fn loopback_in_every_form_may_go_without_tls() {
    for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.8.9.1", "::1"] {
        let config = good(&format!("[[account]]\nname = \"a\"\nuser = \"u\"\nhost = \"{host}\"\ntls = \"off\""));
        assert_eq!((config.accounts[0].tls, config.accounts[0].port), (TlsMode::Off, 143), "{host}");
    }
    for host in ["localhost.example.org", "128.0.0.1", "10.0.0.1", "::2", "127.0.0.1.example.org"] {
        let text = format!("[[account]]\nname = \"a\"\nuser = \"u\"\nhost = \"{host}\"\ntls = \"off\"");
        assert!(complaint(&text).contains("loopback"), "{host}");
    }
}

#[test]
fn accounts_are_chosen_by_name_and_a_mistyped_name_is_answered() {
    let mut config = good(&format!("{ACCOUNT}{}", ACCOUNT.replace("work", "home")));
    let error = config.keep(&["home".to_owned(), "wrok".to_owned()]).expect_err("no such account");
    assert_eq!(error.to_string(), "there is no account `wrok`; did you mean `work`?");
    assert_eq!(
        config.account("gmail").expect_err("none").to_string(),
        "there is no account `gmail`; the configuration has work, home"
    );
    assert_eq!(config.accounts.len(), 2);
    config.keep(&["home".to_owned()]).expect("there");
    assert_eq!(config.accounts.iter().map(|account| account.name.as_str()).collect::<Vec<_>>(), ["home"]);
    config.keep(&[]).expect("nothing to keep apart");
    assert_eq!(config.accounts.len(), 1);
}

#[test]
fn a_file_is_read_with_the_certificates_beside_it() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("config.toml");
    let write = |text: &str| fs::write(&path, format!("{ACCOUNT}{text}")).expect("written");
    let load = || config::load(&path, &format()).map_err(|error| error.render(200, false));

    write("ca_file = \"ca.pem\"");
    assert!(load().expect_err("not there").contains("cannot be read"));
    fs::write(dir.path().join("ca.pem"), "no certificate").expect("written");
    assert!(load().expect_err("not PEM").contains("contains no certificate"));
    fs::write(dir.path().join("ca.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        .expect("written");
    assert!(load().expect_err("not a certificate").contains("certificate 1"));
    let own = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    fs::write(dir.path().join("ca.pem"), own.cert.pem()).expect("written");
    assert_eq!(load().expect("fine").accounts[0].ca, Some(Ca::File(dir.path().join("ca.pem"))));
}

#[test]
fn a_file_that_is_no_configuration_is_told_apart() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("config.toml");
    assert!(matches!(config::load(&path, &format()), Err(ConfigError::Missing { .. })));
    assert!(matches!(config::load(dir.path(), &format()), Err(ConfigError::Unreadable { .. })));
    fs::write(&path, b"# fine\n# not \xff fine\n").expect("written");
    assert!(matches!(config::load(&path, &format()), Err(ConfigError::NotText { line: 2, .. })));
    fs::write(&path, vec![b'#'; 1 << 21]).expect("written");
    assert!(matches!(config::load(&path, &format()), Err(ConfigError::TooLarge { .. })));
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_change_is_warned_about() {
    use mailwatch_engine::config::Writers::{Everybody, Group};
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("config.toml");
    fs::write(&path, ACCOUNT).expect("written");
    for (mode, writers) in [(0o600, None), (0o644, None), (0o664, Some(Group)), (0o666, Some(Everybody))] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("set");
        let warnings = config::load(&path, &format()).expect("fine").warnings;
        let kinds: Vec<_> = warnings.into_iter().map(|warning| warning.kind).collect();
        assert_eq!(kinds, writers.map(WarningKind::Writable).into_iter().collect::<Vec<_>>(), "{mode:o}");
    }
}

#[test]
fn reissue_can_be_learned_for_one_account_or_for_all() {
    let one = "[[account]]\nname = \"work\"\nhost = \"imap.example.org\"\nuser = \"me\"\n";
    let learned = |text: &str| {
        let config = config::parse(text, Path::new("config.toml"), &format()).expect("no problem");
        config.accounts[0].reissue_auto
    };
    assert!(!learned(one));
    assert!(learned(&format!("{one}timers = {{ reissue = \"auto\" }}\n")));
    assert!(learned(&format!("{one}[timers]\nreissue = \"auto\"\n")));
    assert!(!learned(&format!("{one}timers = {{ reissue = \"3m\" }}\n[timers]\nreissue = \"auto\"\n")));
}

#[test]
fn a_key_that_another_action_has_by_default_is_the_users_with_a_warning() {
    use mailwatch_tui::tui::settings::keys::{Action, Context, Key};
    let config = parse(&format!("{ACCOUNT}[ui.keys]\nzoom = \"q\"\nmark = \":\"\n")).expect("no problem");
    let action = |text| config.ui.keys.action(Key::parse(text).expect("a key"), Context::Screen);
    assert_eq!(
        (action("q"), action(":"), action("Ctrl-C")),
        (Some(Action::Zoom), Some(Action::Mark), Some(Action::Leave))
    );
    let said = |kind: &WarningKind| match kind {
        WarningKind::FrontEnd(said) => said.clone(),
        other => format!("{other:?}"),
    };
    let said: Vec<_> = config.warnings.iter().map(|warning| said(&warning.kind)).collect();
    assert_eq!(
        said,
        [
            "`q` is `quit`'s key by default: yours wins, and it has no key now",
            "`:` is `command`'s key by default: yours wins, and it has no key now",
        ]
    );
}

#[test]
fn a_key_of_the_users_takes_the_tables_place() {
    use mailwatch_tui::tui::settings::keys::{Action, Context, Key};
    let text = format!("{ACCOUNT}[ui.keys]\nforce_done = \"d\"\nzoom = [\"x\", \"Ctrl-X\"]\nquit = \"Z\"\n");
    let keys = parse(&text).expect("a configuration").ui.keys;
    let action = |text| keys.action(Key::parse(text).expect("a key"), Context::Screen);
    assert_eq!(action("d"), Some(Action::Done));
    assert_eq!((action("x"), action("Ctrl-X"), action("z")), (Some(Action::Zoom), Some(Action::Zoom), None));
    assert_eq!((action("Z"), action("Ctrl-C"), action("q")), (Some(Action::Quit), Some(Action::Leave), None));
}
