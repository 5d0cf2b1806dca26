//! The tables that the engine reads: reading, suggestions and what a message may show go by them.

use mailwatch_proto::model::TIMERS;

use super::table::Table;

/// The keys of an `[[account]]`.
const ACCOUNT_KEYS: [&str; 28] = [
    "name",
    "host",
    "port",
    "tls",
    "ca_file",
    "roots",
    "tls_min",
    "pin_sha256",
    "client_cert",
    "client_key",
    "proxy",
    "proxy_password_command",
    "user",
    "password_command",
    "auth",
    "login",
    "token_command",
    "oauth",
    "mailboxes",
    "max_connections",
    "timers",
    "canary",
    "on_new_mail",
    "on_stall",
    "on_recovered",
    "on_failed",
    "open_command",
    "notify",
];

/// The keys of a `[[provider]]` that say something of it, and so those of its `source` but for the timers'.
const PROVIDER_KEYS: [&str; 12] = [
    "domains",
    "host",
    "hosts",
    "port",
    "tls",
    "auth",
    "user",
    "max_connections",
    "id_required",
    "poll_by_status",
    "app_password",
    "note",
];

/// The keys of an account's `oauth`.
const OAUTH_KEYS: [&str; 7] =
    ["provider", "issuer", "client_id", "client_secret", "client_secret_command", "scopes", "flow"];

/// The timers' names, which are the keys of each table of timers.
const TIMER_KEYS: [&str; TIMERS.len()] = {
    let mut names = [""; TIMERS.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = TIMERS[at].name;
        at += 1;
    }
    names
};

const PROVIDER_TABLE_KEYS: [&str; PROVIDER_KEYS.len() + 3] = join(&[&["name"], &PROVIDER_KEYS, &["timers", "source"]]);

const SOURCE_KEYS: [&str; PROVIDER_KEYS.len() + TIMERS.len()] = join(&[&PROVIDER_KEYS, &TIMER_KEYS]);

/// Several lists as one of `N` names.
const fn join<const N: usize>(lists: &[&[&'static str]]) -> [&'static str; N] {
    let mut names = [""; N];
    let (mut at, mut list) = (0, 0);
    while list < lists.len() {
        let mut item = 0;
        while item < lists[list].len() {
            names[at] = lists[list][item];
            at += 1;
            item += 1;
        }
        list += 1;
    }
    names
}

/// The file's top. What stands in `ui` is the front end's.
pub(super) const FILE: Table =
    Table::new("the file", &["account", "host", "timers", "network", "history", "notify", "ui"]);

/// `[timers]`.
pub(super) const TIMERS_TABLE: Table = Table::new("[timers]", &TIMER_KEYS);

/// `[network]`.
pub(super) const NETWORK: Table = Table::new("[network]", &["proxy", "proxy_password_command", "roots", "tls_min"]);

/// `[history]`.
pub(super) const HISTORY: Table = Table::new("[history]", &["keep", "max_size"]);

/// `[notify]`.
pub(super) const NOTIFY: Table = Table::new("[notify]", &["desktop", "bell", "terminal", "quiet", "only", "not"]);

/// A rule of `[notify]`. What stands in one is not shown.
pub(super) const NOTIFY_RULE: Table = Table {
    title: "a rule of [notify]",
    keys: &["from", "subject", "account", "mailbox"],
    examples: &[
        ("from", "for example from = \"*@example.org\""),
        ("subject", "for example subject = \"*invoice*\""),
        ("account", "for example account = \"work\""),
        ("mailbox", "for example mailbox = \"lists/*\""),
    ],
};

/// An `[[account]]`.
pub(super) const ACCOUNT: Table = Table::new("[[account]]", &ACCOUNT_KEYS);

/// A `[[host]]`.
pub(super) const HOST: Table = Table::new("[[host]]", &["name", "ssh"]);

/// An account's `timers`.
pub(super) const ACCOUNT_TIMERS: Table = Table::new("the account's timers", &TIMER_KEYS);

/// An account's `oauth`.
pub(super) const OAUTH: Table = Table::new("the account's oauth", &OAUTH_KEYS);

/// The top of `providers.toml`.
pub(super) const PROVIDER_FILE: Table = Table::new("the file of providers", &["provider"]);

/// A `[[provider]]`.
pub(super) const PROVIDER: Table = Table::new("[[provider]]", &PROVIDER_TABLE_KEYS);

/// A provider's `timers`.
pub(super) const PROVIDER_TIMERS: Table = Table::new("the provider's timers", &TIMER_KEYS);

/// A provider's `source`.
pub(super) const PROVIDER_SOURCE: Table = Table::new("the provider's source", &SOURCE_KEYS);

/// The tables whose keys may be shown in a message, with what stands beside them.
const SHOWN: [Table; 10] =
    [FILE, ACCOUNT, HOST, OAUTH, TIMERS_TABLE, NETWORK, HISTORY, NOTIFY, PROVIDER_FILE, PROVIDER];

/// Whether a word is a key of one of these tables or of the engine's, so that what stands beside it may be shown.
pub(super) fn is_known(word: &str, others: &[Table]) -> bool {
    SHOWN.iter().chain(others).any(|table| table.keys.contains(&word))
}
