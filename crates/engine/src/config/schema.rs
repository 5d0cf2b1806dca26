//! Which keys there are, in one table: reading, suggestions and what a message may show go by it.

use mailwatch_proto::model::TIMERS;
use mailwatch_proto::model::keys::BINDINGS;
use mailwatch_proto::model::roles::ROLES;

use super::problem::Place;

/// The keys of an `[[account]]`.
const ACCOUNT: [&str; 24] = [
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
    "token_command",
    "oauth",
    "mailboxes",
    "max_connections",
    "timers",
    "on_new_mail",
    "on_stall",
    "on_recovered",
    "notify",
];

/// The keys of a `[[provider]]` that say something of it, and so those of its `source` but for the timers'.
pub(super) const PROVIDER: [&str; 12] = [
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
const OAUTH: [&str; 7] =
    ["provider", "issuer", "client_id", "client_secret", "client_secret_command", "scopes", "flow"];

/// The keys that may stand in `place`.
pub(super) fn keys(place: Place) -> Vec<&'static str> {
    match place {
        Place::File => vec!["account", "timers", "network", "notify", "ui"],
        Place::Network => vec!["proxy", "proxy_password_command", "roots", "tls_min"],
        Place::Account => ACCOUNT.to_vec(),
        Place::OAuth => OAUTH.to_vec(),
        Place::Timers | Place::AccountTimers => TIMERS.iter().map(|spec| spec.name).collect(),
        Place::Notify => vec!["desktop", "bell", "terminal", "quiet"],
        Place::Ui => vec!["theme", "reduced_motion", "keys"],
        Place::Keys => BINDINGS.iter().map(|binding| binding.name).collect(),
        Place::ProviderFile => vec!["provider"],
        Place::Provider => ["name"].into_iter().chain(PROVIDER).chain(["timers", "source"]).collect(),
        Place::ProviderTimers => TIMERS.iter().map(|spec| spec.name).collect(),
        Place::ProviderSource => PROVIDER.into_iter().chain(TIMERS.iter().map(|spec| spec.name)).collect(),
        Place::Theme => vec!["inherits", "roles"],
        Place::Roles => ROLES.iter().map(|(_, name)| *name).collect(),
        Place::Look => vec!["fg", "bg", "fg16", "bg16", "modifiers"],
    }
}

/// Whether a word is a key anywhere in the file, so that what stands beside it may be shown in a message.
pub(super) fn is_known(word: &str) -> bool {
    [
        Place::File,
        Place::Account,
        Place::OAuth,
        Place::Timers,
        Place::Network,
        Place::Notify,
        Place::Ui,
        Place::Keys,
        Place::ProviderFile,
        Place::Provider,
    ]
    .iter()
    .any(|place| keys(*place).contains(&word))
}
