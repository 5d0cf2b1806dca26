//! Every mistake is named, pointed at and answered.

use std::fmt::Write as _;
use std::path::Path;

use mailwatch_engine::config;
use mailwatch_tui::configuration::format;

use crate::{ACCOUNT, complaint, parse};

/// Each a mistake; `ACCOUNT` goes before it where it begins with `+`.
const MISTAKES: [(&str, &str); 76] = [
    ("an empty file", ""),
    ("not TOML", "+port = \nuser 3\n[timers\nreissue = \"4m"),
    ("a key twice", "+name = \"other\""),
    ("a mistyped key", "+mailboxs = [\"INBOX\"]\nmax-connections = 3"),
    ("a key from elsewhere", "+colour = \"red\""),
    ("a mistyped table", "+[timer]\nreissue = \"4m\""),
    ("one bracket", "[account]\nname = \"work\""),
    ("accounts", "[[accounts]]\nname = \"work\""),
    ("a password", "+password = \"hunter2\" # hunter2 too: password: hunter2"),
    ("what is required", "[[account]]\nport = 993\n[[account]]\nname = \"\"\nhost = \" \"\nuser = \"a\\u0007b\""),
    (
        "names",
        "+[[account]]\nname = \"work\"\nhost = \"h\"\nuser = \"u\"\n[[account]]\nname = \"a/b\"\nhost = \"h\"\nuser = \"u\"",
    ),
    ("the wrong types", "+port = \"993\"\ntls = true\nmailboxes = \"INBOX\"\ntimers = \"4m\"\nmax_connections = 1.5"),
    ("a command as a string", "+password_command = \"pass show mail/work\""),
    ("an empty command", "+password_command = []"),
    ("an empty program", "+password_command = [\"\", 3]"),
    ("a port beyond", "+port = 65536\nmax_connections = 0"),
    ("an unknown tls", "+tls = \"start-tls\""),
    ("an unknown tls that is far off", "+tls = \"ssl3\""),
    ("plaintext to elsewhere", "+tls = \"off\""),
    ("a scheme", "[[account]]\nname = \"a\"\nuser = \"u\"\nhost = \"imaps://me:hunter2@example.org\""),
    ("a port in the host", "[[account]]\nname = \"a\"\nuser = \"u\"\nhost = \"example.org:993\""),
    ("brackets in the host", "[[account]]\nname = \"a\"\nuser = \"u\"\nhost = \"[::1]\""),
    ("a host in Unicode", "[[account]]\nname = \"a\"\nuser = \"u\"\nhost = \"пример.example\""),
    ("no mailbox", "+mailboxes = []"),
    ("a mailbox twice", "+mailboxes = [\n  \"INBOX\",\n  \"Sent\",\n  \"inbox\",\n]"),
    ("an empty mailbox", "+mailboxes = [\"\"]"),
    ("an unknown use", "+mailboxes = [\"INBOX\", '\\sent']"),
    ("a use that is none", "+mailboxes = ['\\Holiday']"),
    ("oauth2 without a token", "+auth = \"oauth2\""),
    ("a token without oauth2", "+token_command = [\"oama\"]"),
    (
        "a token and an issuer",
        "+auth = \"oauth2\"\ntoken_command = [\"oama\"]\noauth = { provider = \"google\", client_id = \"x\" }",
    ),
    ("an issuer without oauth2", "+oauth = { provider = \"google\", client_id = \"x\" }"),
    ("an issuer without a client", "+auth = \"oauth2\"\noauth = { provider = \"google\" }"),
    ("a client without an issuer", "+auth = \"oauth2\"\noauth = { client_id = \"x\" }"),
    ("an unknown issuer", "+auth = \"oauth2\"\noauth = { provider = \"gogle\", client_id = \"x\" }"),
    (
        "two issuers",
        "+auth = \"oauth2\"\noauth = { provider = \"google\", issuer = \"https://a.example\", client_id = \"x\" }",
    ),
    ("an issuer without TLS", "+auth = \"oauth2\"\noauth = { issuer = \"http://a.example\", client_id = \"x\" }"),
    (
        "a client's secret",
        "+auth = \"oauth2\"\noauth = { provider = \"google\", client_id = \"x\", client_secret = \"hunter2\" }",
    ),
    (
        "two secrets",
        "+auth = \"oauth2\"\noauth = { provider = \"google\", client_id = \"x\", client_secret = \"keyring\", client_secret_command = [\"pass\"] }",
    ),
    (
        "two scopes in one",
        "+auth = \"oauth2\"\noauth = { provider = \"google\", client_id = \"x\", scopes = [\"a b\"] }",
    ),
    ("an unknown flow", "+auth = \"oauth2\"\noauth = { provider = \"google\", client_id = \"x\", flow = \"phone\" }"),
    ("an unknown key of oauth", "+auth = \"oauth2\"\noauth = { provider = \"google\", client-id = \"x\" }"),
    ("a password with oauth2", "+auth = \"oauth2\"\ntoken_command = [\"oama\"]\npassword_command = [\"pass\"]"),
    ("an unknown auth", "+auth = \"hunter2\""),
    ("a hook for a shell", "+on_new_mail = \"mbsync work\""),
    ("a hook without a program", "+on_stall = []\non_recovered = [\"\"]"),
    ("a mistyped notification", "+[notify]\ndestkop = true\nbell = 1"),
    ("an unknown sequence", "+[notify]\nterminal = \"osc99\""),
    ("a sequence that is a number", "+[notify]\nterminal = 9"),
    ("a history for no time", "+[history]\nkeep = \"off\""),
    ("a history without a unit", "+[history]\nmax_size = \"100\""),
    ("quiet hours without minutes", "+[notify]\nquiet = \"22-7\""),
    ("quiet hours of no length", "+[notify]\nquiet = \"22:00-22:00\""),
    ("an account's notify", "+notify = \"no\""),
    ("a theme", "+[ui]\ntheme = \"solarized\""),
    ("a mistyped theme", "+[ui]\ntheme = \"high_contrst\""),
    ("a motion", "+[ui]\nreduced_motion = \"yes\""),
    ("keys", "+[ui.keys]\nforce_don = \"x\"\nzoom = \"Hyper-z\"\nfilter = \"q\"\nup = [\"Up\", \"Ctrl-C\"]\nundo = 3"),
    ("two actions on one key", "+[ui.keys]\nforce_done = \"x\"\nreconnect = \"x\""),
    ("auto elsewhere", "+timers = { done = \"auto\" }"),
    ("off", "+timers = { reissue = \"off\" }"),
    ("a number for a duration", "+timers = { reissue = 240 }"),
    ("a duration without a unit", "+timers = { reissue = \"240\" }"),
    ("a duration out of range", "+[timers]\nreissue = \"30m\"\ndone = \"0s\"\nsilence = \"2h\""),
    ("a mistyped timer", "+[timers]\nre_issue = \"4m\""),
    ("a backoff the wrong way round", "+[timers]\nretry_min = \"10m\""),
    ("an account's backoff the wrong way round", "+timers = { retry_max = \"1s\" }"),
    ("text that would move the cursor", "+tls = \"\u{202e}\u{9b}2J\""),
    ("a password in a proxy's address", "+proxy = \"socks5://me:hunter2@proxy.example:1080\""),
    ("a proxy without a port", "+proxy = \"socks5://proxy.example\""),
    ("a proxy's user without a password", "+proxy = \"http://me@proxy.example:8080\""),
    (
        "a proxy's password without a user",
        "[network]\nproxy = \"http://proxy.example:8080\"\nproxy_password_command = [\"pass\", \"hunter2\"]",
    ),
    (
        "a proxy in the clear",
        "[[account]]\nname = \"a\"\nhost = \"localhost\"\nuser = \"me\"\ntls = \"off\"\nproxy = \"http://proxy.example:8080\"",
    ),
    ("a certificate without its key", "+client_cert = \"me.pem\""),
    ("a pin that is none", "+pin_sha256 = [\"abc\"]"),
    ("an old version of TLS", "+tls_min = \"1.1\"\nroots = \"system\""),
];

#[test]
fn every_mistake_is_named_pointed_at_and_answered() {
    let mut all = String::new();
    for (title, text) in MISTAKES {
        let text = text.strip_prefix('+').map_or_else(|| text.to_owned(), |rest| format!("{ACCOUNT}{rest}"));
        let complaint = complaint(&text);
        assert!(!complaint.contains("hunter2"), "{title}: {complaint}");
        assert!(!complaint.contains('\u{1b}') && !complaint.contains('\u{202e}'), "{title}: {complaint}");
        let debug = format!("{:?}", parse(&text));
        assert!(!debug.contains("hunter2"), "{title}: {debug}");
        writeln!(all, "── {title}\n{complaint}").expect("a String takes it");
    }
    insta::assert_snapshot!(all);
}

/// How long it takes to say what is wrong with a file of so many mistakes.
fn time_to_say(mistakes: usize, mistake: impl Fn(usize) -> String) -> std::time::Duration {
    let text: String = std::iter::once(ACCOUNT.to_owned()).chain((0..mistakes).map(mistake)).collect();
    let begun = std::time::Instant::now();
    let error = config::parse(&text, Path::new("config.toml"), &format()).expect_err("mistakes");
    let said = error.render(100, false);
    assert!(said.contains(&format!("{mistakes} problems")) && said.contains("are not shown"), "{said}");
    begun.elapsed()
}

#[test]
fn ten_thousand_mistakes_are_told_in_time_that_grows_with_their_number() {
    for mistake in [|n: usize| format!("wrong_{n} = 1\n"), |n: usize| format!("this line {n} is no TOML\n")] {
        let (few, many) = (time_to_say(2_500, mistake), time_to_say(10_000, mistake));
        // Four times as many; sixteen times the time would be the square.
        assert!(many < 10 * few.max(std::time::Duration::from_millis(20)), "{few:?}, then {many:?}");
    }
}
