//! Each kind of problem and its sentence.

use super::super::table::Table;
use mailwatch_proto::model::{DurationError, QuietError, Timer, sanitise, show_duration};

/// What of a file's own text is repeated in a message, in characters.
const SHOWN: usize = 60;

/// Something wrong, in a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentences say it, and each field stands in its sentence")]
pub enum ProblemKind {
    #[error("this is not TOML: {0}")]
    Syntax(String),
    #[error("unknown key `{}` in {table}", sanitise(key, SHOWN))]
    UnknownKey { key: String, table: Table },
    #[error("a password must not be in this file")]
    Password,
    #[error("`{key}` must be {wanted}, not {found}")]
    WrongType { key: &'static str, wanted: &'static str, found: &'static str, example: Option<&'static str> },
    #[error("{table} has no `{key}`")]
    Missing { key: &'static str, table: Table },
    #[error("there is no account")]
    NoAccount,
    #[error("`{key}` is empty")]
    Empty { key: &'static str, example: Option<&'static str> },
    #[error("`{key}` holds a control character")]
    Control { key: &'static str },
    #[error("`{key} = \"{}\"` is none of {}", sanitise(given, SHOWN), known.join(", "))]
    Choice { key: &'static str, given: String, known: &'static [&'static str] },
    #[error("`{key} = {given}` is out of range")]
    Range { key: &'static str, given: String, min: u16, max: u16 },
    #[error("`auth = \"oauth2\"` needs an `oauth` table or a `token_command`")]
    NoToken,
    #[error("`oauth` is not used with `auth = \"password\"`")]
    OAuthUnused,
    #[error("`{one}` and `{other}` exclude each other")]
    Either { one: &'static str, other: &'static str },
    #[error("the account's oauth has neither `provider` nor `issuer`")]
    NoIssuer,
    #[error("`issuer` cannot be used")]
    Issuer { help: &'static str },
    #[error("a client's secret must not be in this file")]
    ClientSecret,
    #[error("`{}` is no scope", sanitise(given, SHOWN))]
    Scope { given: String },
    #[error("`{key}` is never run with `auth = \"{auth}\"`")]
    CommandUnused { key: &'static str, auth: &'static str },
    #[error("an account's name cannot contain `/`")]
    NameSlash,
    #[error("two accounts are named `{}`", sanitise(name, SHOWN))]
    NameTwice { name: String },
    #[error("a host's name cannot contain `/`")]
    HostSlash,
    #[error("two hosts are named `{}`", sanitise(name, SHOWN))]
    HostTwice { name: String },
    #[error("`ssh` {why}")]
    Destination { why: &'static str },
    #[error("`host` is only a name or an address, without `{found}`")]
    Host { found: &'static str, help: &'static str },
    #[error("`tls = \"off\"` is for loopback only")]
    Plaintext,
    #[error("`ca_file` cannot be read: {reason}")]
    CaUnreadable { path: String, reason: String },
    #[error("`ca_file` contains no certificate")]
    CaEmpty { path: String },
    #[error("certificate {index} of `ca_file` cannot be used: {reason}")]
    CaBroken { path: String, index: usize, reason: String },
    #[error("`proxy` {found}")]
    Proxy { found: &'static str, help: &'static str },
    #[error("a password must not be in `proxy`")]
    ProxyPassword,
    #[error("`proxy` names a user, and there is no `proxy_password_command`")]
    ProxyNoCommand,
    #[error("`proxy_password_command` is never run: `proxy` names no user here")]
    ProxyCommandUnused,
    #[error("`proxy` is on another machine, which `tls = \"off\"` does not allow")]
    ProxyInTheClear,
    #[error("this is not a SHA-256 hash in base64")]
    Pin,
    #[error("`{key}` needs `{other}`")]
    Half { key: &'static str, other: &'static str },
    #[error("`{key}` cannot be used: {reason}")]
    ClientFile { key: &'static str, path: String, reason: String },
    #[error("the mailbox `{}` is listed twice", sanitise(name, SHOWN))]
    MailboxTwice { name: String },
    #[error("`{}` is not a special use", sanitise(given, SHOWN))]
    SpecialUse { given: String },
    #[error("`quiet` {}", match .0 {
        QuietError::Form => "is not a span of hours",
        QuietError::Empty => "ends when it begins",
    })]
    Quiet(QuietError),
    #[error("`{timer}`: {error}")]
    Duration { timer: Timer, error: DurationError },
    #[error("`{timer} = \"{}\"` is out of range", show_duration(Some(*given)))]
    TimerRange { timer: Timer, given: std::time::Duration },
    #[error("`{timer}` cannot be off: only silence can")]
    Off { timer: Timer },
    #[error("`{timer}` cannot be auto: only reissue can")]
    Auto { timer: Timer },
    #[error("retry_min ({}) is larger than retry_max ({})", show_duration(*min), show_duration(*max))]
    RetryOrder { min: Option<std::time::Duration>, max: Option<std::time::Duration> },
    /// A front end's own table has it.
    #[error("{message}")]
    FrontEnd { message: String, label: &'static str, help: String },
    #[error("`{key} = \"{}\"` cannot be kept to", sanitise(given, SHOWN))]
    Limit { key: &'static str, given: String },
    #[error("`{}` is no domain", sanitise(given, SHOWN))]
    Domain { given: String },
    #[error("`{}` is claimed twice", sanitise(name, SHOWN))]
    ProviderTwice { name: String },
}
