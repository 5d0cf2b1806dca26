//! What can be wrong with a configuration: each kind its sentence, its label and its way out.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use super::error::ConfigError;
use super::schema;
use super::theme::NoTheme;
use super::warning::WarningKind;
use crate::model::roles::{ANSI, ROLES};
use crate::model::{DurationError, SPECIAL_USES, Timer, sanitise, show_duration};

/// What of a file's own text is repeated in a message, in characters.
const SHOWN: usize = 60;

/// A table of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The file's top.
    File,
    /// `[timers]`.
    Timers,
    /// An `[[account]]`.
    Account,
    /// An account's `timers`.
    AccountTimers,
    /// `[network]`.
    Network,
    /// An account's `oauth`.
    OAuth,
    /// `[ui]`.
    Ui,
    /// `[ui.keys]`.
    Keys,
    /// The top of `providers.toml`.
    ProviderFile,
    /// A `[[provider]]`.
    Provider,
    /// A provider's `timers`.
    ProviderTimers,
    /// A provider's `source`.
    ProviderSource,
    /// A theme file's top.
    Theme,
    /// A theme's `[roles]`.
    Roles,
    /// What a theme says of a role.
    Look,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File | Self::Theme => "the file",
            Self::Timers => "[timers]",
            Self::Account => "[[account]]",
            Self::AccountTimers => "the account's timers",
            Self::Network => "[network]",
            Self::OAuth => "the account's oauth",
            Self::Ui => "[ui]",
            Self::Keys => "[ui.keys]",
            Self::ProviderFile => "the file of providers",
            Self::Provider => "[[provider]]",
            Self::ProviderTimers => "the provider's timers",
            Self::ProviderSource => "the provider's source",
            Self::Roles => "[roles]",
            Self::Look => "a role",
        })
    }
}

/// What the schema has and this version does not do. Refused: a setting that is ignored would be believed to work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotYet {
    /// `[notify]`.
    #[error("`[notify]` is not supported yet: nobody would be notified")]
    Notify,
}

impl NotYet {
    const fn help(self) -> &'static str {
        match self {
            Self::Notify => "remove the table",
        }
    }
}

/// Something wrong, in a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentences say it, and each field stands in its sentence")]
pub enum ProblemKind {
    #[error("this is not TOML: {0}")]
    Syntax(String),
    #[error("unknown key `{}` in {place}", sanitise(key, SHOWN))]
    UnknownKey { key: String, place: Place },
    #[error("a password must not stand in this file")]
    Password,
    #[error(transparent)]
    NotYet(NotYet),
    #[error("`{key}` must be {wanted}, not {found}")]
    WrongType { key: &'static str, wanted: &'static str, found: &'static str },
    #[error("{place} has no `{key}`")]
    Missing { key: &'static str, place: Place },
    #[error("there is no account")]
    NoAccount,
    #[error("`{key}` is empty")]
    Empty { key: &'static str },
    #[error("`{key}` holds a control character")]
    Control { key: &'static str },
    #[error("`{key} = \"{}\"` is none of {}", sanitise(given, SHOWN), known.join(", "))]
    Choice { key: &'static str, given: String, known: &'static [&'static str] },
    #[error("`{key} = {given}` is out of range")]
    Range { key: &'static str, given: String, min: u16, max: u16 },
    #[error("`{}` is no key", sanitise(given, SHOWN))]
    Key { given: String },
    #[error("`{key}` is `{other}`'s key already")]
    KeyTaken { key: String, other: &'static str },
    #[error("`{key}` is text in a form")]
    KeyText { key: String },
    #[error("Ctrl-C always leaves")]
    KeyLeaves,
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
    #[error("a client's secret must not stand in this file")]
    ClientSecret,
    #[error("`{}` is no scope", sanitise(given, SHOWN))]
    Scope { given: String },
    #[error("`{key}` is never run with `auth = \"{auth}\"`")]
    CommandUnused { key: &'static str, auth: &'static str },
    #[error("an account's name cannot hold `/`")]
    NameSlash,
    #[error("two accounts are named `{}`", sanitise(name, SHOWN))]
    NameTwice { name: String },
    #[error("`host` is a name or an address alone, without `{found}`")]
    Host { found: &'static str, help: &'static str },
    #[error("`tls = \"off\"` is for loopback alone")]
    Plaintext,
    #[error("`ca_file` cannot be read: {reason}")]
    CaUnreadable { path: String, reason: String },
    #[error("`ca_file` holds no certificate")]
    CaEmpty { path: String },
    #[error("certificate {index} of `ca_file` cannot be used: {reason}")]
    CaBroken { path: String, index: usize, reason: String },
    #[error("`proxy` {found}")]
    Proxy { found: &'static str, help: &'static str },
    #[error("a password must not stand in `proxy`")]
    ProxyPassword,
    #[error("`proxy` names a user, and there is no `proxy_password_command`")]
    ProxyNoCommand,
    #[error("`proxy_password_command` is never run: `proxy` names no user here")]
    ProxyCommandUnused,
    #[error("`proxy` leads away from this machine, and `tls = \"off\"` must not")]
    ProxyInTheClear,
    #[error("this is no SHA-256 in base64")]
    Pin,
    #[error("`{key}` needs `{other}`")]
    Half { key: &'static str, other: &'static str },
    #[error("`{key}` cannot be used: {reason}")]
    ClientFile { key: &'static str, path: String, reason: String },
    #[error("the mailbox `{}` stands here twice", sanitise(name, SHOWN))]
    MailboxTwice { name: String },
    #[error("`{}` is no special use", sanitise(given, SHOWN))]
    SpecialUse { given: String },
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
    #[error(transparent)]
    Theme(NoTheme),
    #[error("`{key} = \"{}\"` is no colour", sanitise(given, SHOWN))]
    Colour { key: &'static str, given: String },
    #[error("`{}` is no domain", sanitise(given, SHOWN))]
    Domain { given: String },
    #[error("`{}` is claimed twice", sanitise(name, SHOWN))]
    ProviderTwice { name: String },
}

impl ProblemKind {
    /// What to write instead.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let text = match self {
            Self::UnknownKey { key, place } => {
                let keys = schema::keys(*place);
                match super::nearest(key, keys.iter().copied()) {
                    Some(nearest) => format!("did you mean `{nearest}`?"),
                    None => format!("{place} takes {}", keys.join(", ")),
                }
            }
            Self::Password => {
                "remove the line, then store the password in the keyring with `mailwatch-tui account login NAME`, \
                               or have a command print it: password_command = [\"pass\", \"show\", \"mail/work\"]"
                    .to_owned()
            }
            Self::NotYet(what) => what.help().to_owned(),
            Self::WrongType { key, .. } | Self::Missing { key, .. } | Self::Empty { key } => return example(key),
            Self::NoAccount => {
                "write an [[account]] with name, host and user; `mailwatch-tui config init` writes a sample, \
                                `mailwatch-tui demo` needs no account"
                    .to_owned()
            }
            Self::Control { .. } => "remove it".to_owned(),
            Self::Choice { given, known, .. } => match super::nearest(given, known.iter().copied()) {
                Some(nearest) => format!("did you mean \"{nearest}\"?"),
                None => format!("write one of {}", known.join(", ")),
            },
            Self::Range { min, max, .. } => format!("write a number from {min} to {max}"),
            Self::Key { .. } => {
                "write it as the help does: d, D, Ctrl-L, Space, Tab, Shift-Tab, PgUp, F1, Enter".to_owned()
            }
            Self::KeyTaken { other, .. } => format!("choose another, or give `{other}` a key of its own here"),
            Self::KeyText { .. } => "choose a key that types nothing: Tab, Enter, F2, Ctrl-N".to_owned(),
            Self::KeyLeaves => "choose another: nobody is to be locked in".to_owned(),
            Self::NoToken => {
                "let this program get tokens, oauth = { provider = \"google\", client_id = \"…\" }, or a command \
                              print them, token_command = [\"oama\", \"access\", \"me@example.org\"]"
                    .to_owned()
            }
            Self::OAuthUnused => "write auth = \"oauth2\", or remove it".to_owned(),
            Self::Either { .. } => "remove one of them".to_owned(),
            Self::NoIssuer => {
                "write provider = \"google\" or \"microsoft\"; for any other, issuer = \"https://auth.example.org\""
                    .to_owned()
            }
            Self::ClientSecret => {
                "write client_secret = \"keyring\", and `mailwatch-tui account login NAME` asks for it; or have a \
                                   command print it: client_secret_command = [\"pass\", \"show\", \"oauth/client\"]"
                    .to_owned()
            }
            Self::Scope { .. } => "write each scope as a string of its own, without blanks".to_owned(),
            Self::CommandUnused { key, .. } => {
                let auth = if *key == "token_command" { "oauth2" } else { "password" };
                format!("remove it, or write auth = \"{auth}\"")
            }
            Self::NameSlash => "a watch is written account/mailbox: choose a name such as \"work\"".to_owned(),
            Self::NameTwice { .. } => "give each account a name of its own".to_owned(),
            Self::Host { help, .. } | Self::Proxy { help, .. } | Self::Issuer { help } => (*help).to_owned(),
            Self::Plaintext => "the password would cross the network readable: use \"implicit\" or \"starttls\". \
                                Loopback is localhost, 127.0.0.0/8 and ::1"
                .to_owned(),
            Self::CaUnreadable { path, .. } => {
                format!("looked for {path}; a relative path starts at this file's directory")
            }
            Self::CaEmpty { path } => {
                format!(
                    "{path} must be PEM, with -----BEGIN CERTIFICATE----- lines; DER is turned into it by `openssl x509 -inform der`"
                )
            }
            Self::CaBroken { path, .. } => format!("look at it with `openssl x509 -text -noout -in {path}`"),
            Self::ProxyPassword | Self::ProxyNoCommand => "name the user alone, as in socks5://me@127.0.0.1:1080, and have a \
                                     command print the password: proxy_password_command = [\"pass\", \"show\", \"proxy\"]"
                .to_owned(),
            Self::ProxyCommandUnused => "write the user into proxy, as in socks5://me@127.0.0.1:1080, or remove it".to_owned(),
            Self::ProxyInTheClear => "remove it, or use tls = \"implicit\" or \"starttls\"".to_owned(),
            Self::Pin => "write 32 bytes in base64, 44 characters: `mailwatch-tui check` shows the server's".to_owned(),
            Self::Half { .. } => "a certificate is shown with its key: name both files, in PEM".to_owned(),
            Self::ClientFile { path, key, .. } if *key == "client_key" => {
                format!("looked at {path}; `openssl pkey -in {path}` writes a key in the clear, into a file that you alone may read")
            }
            Self::ClientFile { path, .. } => format!("looked at {path}; a relative path starts at this file's directory"),
            Self::MailboxTwice { .. } => "each mailbox is watched once; INBOX is the same in any case".to_owned(),
            Self::SpecialUse { given } => match super::nearest(given, SPECIAL_USES) {
                Some(nearest) => format!("did you mean '{nearest}'?"),
                None => format!("write one of {}", SPECIAL_USES.join(", ")),
            },
            Self::Syntax(_) | Self::Duration { .. } => return None,
            Self::TimerRange { timer, .. } | Self::Off { timer } | Self::Auto { timer } => range(*timer),
            Self::RetryOrder { .. } => "a backoff grows from retry_min to retry_max".to_owned(),
            Self::Domain { .. } => {
                "write what stands behind an address's @: \"example.org\", or \"example.*\" for any ending".to_owned()
            }
            Self::ProviderTwice { .. } => "each domain and each host has one provider: remove one of them".to_owned(),
            Self::Theme(unknown) => unknown.help(),
            Self::Colour { key, given } => match super::nearest(given, ANSI) {
                Some(nearest) => format!("did you mean \"{nearest}\"?"),
                None if key.ends_with("16") => format!("write one of {}", ANSI.join(", ")),
                None => format!("write \"#rrggbb\", a number from 0 to 255, or one of {}", ANSI.join(", ")),
            },
        };
        Some(text)
    }

    /// What stands at the place pointed at.
    const fn label(&self) -> &'static str {
        match self {
            Self::Syntax(_) => "here",
            Self::UnknownKey { .. } => "unknown key",
            Self::Password | Self::ClientSecret => "its value is hidden here",
            Self::NotYet(_) => "not supported yet",
            Self::WrongType { wanted, .. } => wanted,
            Self::Missing { .. } | Self::NoIssuer => "this one",
            Self::NoAccount => "",
            Self::Empty { .. } => "empty",
            Self::Control { .. } => "control character",
            Self::Choice { .. } | Self::Theme(_) => "unknown value",
            Self::Range { .. } | Self::TimerRange { .. } => "out of range",
            Self::Colour { .. } => "not a colour",
            Self::Key { .. } => "not a key",
            Self::KeyTaken { .. } => "taken",
            Self::KeyText { .. } => "typed as text",
            Self::KeyLeaves => "Ctrl-C",
            Self::NoToken => "without a token",
            Self::OAuthUnused => "not used",
            Self::Either { .. } => "one too many",
            Self::Issuer { .. } => "not an issuer",
            Self::Scope { .. } => "not a scope",
            Self::CommandUnused { .. } | Self::ProxyCommandUnused => "never run",
            Self::NameSlash => "holds `/`",
            Self::NameTwice { .. } | Self::MailboxTwice { .. } | Self::ProviderTwice { .. } => "again here",
            Self::Domain { .. } => "not a domain",
            Self::Host { .. } => "not a host alone",
            Self::Plaintext | Self::ProxyInTheClear => "not encrypted",
            Self::Proxy { .. } => "not a proxy's address",
            Self::ProxyPassword => "its login is hidden here",
            Self::ProxyNoCommand => "without a password",
            Self::Pin => "not a hash",
            Self::Half { .. } => "one without the other",
            Self::ClientFile { .. } => "not usable",
            Self::CaUnreadable { .. } => "not readable",
            Self::CaEmpty { .. } => "not PEM",
            Self::CaBroken { .. } => "not a certificate to trust",
            Self::SpecialUse { .. } => "unknown use",
            Self::Duration { .. } => "not a duration",
            Self::Off { .. } => "off",
            Self::Auto { .. } => "auto",
            Self::RetryOrder { .. } => "the wrong way round",
        }
    }
}

fn range(timer: Timer) -> String {
    let spec = timer.spec();
    let off = if spec.can_be_off { ", or \"off\"" } else { "" };
    format!("{timer} takes {} to {}{off}", show_duration(Some(spec.min)), show_duration(Some(spec.max)))
}

fn example(key: &str) -> Option<String> {
    let text = match key {
        "account" => "begin each account with [[account]], in double brackets",
        "timers" => "for example timers = { reissue = \"4m\" }",
        "name" => "for example name = \"work\"",
        "host" => "for example host = \"imap.example.org\"",
        "user" => "for example user = \"me@example.org\"",
        "port" => "for example port = 993",
        "mailboxes" => "for example mailboxes = [\"INBOX\", \"lists/*\"]",
        "token_command" => "an argument list: token_command = [\"oama\", \"access\", \"me@example.org\"]",
        "password_command" => {
            "an argument list, run without a shell: password_command = [\"pass\", \"show\", \"mail/work\"]"
        }
        "oauth" => "for example oauth = { provider = \"google\", client_id = \"…\", client_secret = \"keyring\" }",
        "issuer" => "for example issuer = \"https://auth.example.org\"",
        "client_id" => "the id that the issuer gave when this client was registered there; the README says how",
        "client_secret" => "client_secret = \"keyring\": `mailwatch-tui account login NAME` asks for it",
        "client_secret_command" => {
            "an argument list, run without a shell: client_secret_command = [\"pass\", \"show\", \"oauth/client\"]"
        }
        "scopes" => "for example scopes = [\"openid\", \"offline_access\"]",
        "flow" => "flow = \"browser\" or \"device\"",
        "proxy" => "for example proxy = \"socks5://127.0.0.1:1080\"",
        "proxy_password_command" => "an argument list: proxy_password_command = [\"pass\", \"show\", \"proxy\"]",
        "roots" => "for example roots = \"platform\"",
        "tls_min" => "for example tls_min = \"1.3\"",
        "pin_sha256" => "a list: pin_sha256 = [\"…=\"]; `mailwatch-tui check` shows the server's",
        "client_cert" | "client_key" => "for example client_cert = \"me.pem\" and client_key = \"me.key\"",
        "network" => "begin it with [network]",
        "ca_file" => "for example ca_file = \"corp-ca.pem\"",
        "max_connections" => "for example max_connections = 8",
        "provider" => "begin each provider with [[provider]], in double brackets",
        "domains" => "for example domains = [\"example.org\"]",
        "hosts" => "for example hosts = [\"imap2.example.org\"]",
        "auth" => "for example auth = [\"password\"]",
        "id_required" | "poll_by_status" => "write true or false",
        "source" => "for example source = { host = \"https://example.org/help\" }",
        "reduced_motion" => "for example reduced_motion = true",
        "inherits" => "for example inherits = \"dark\"",
        "roles" => "begin them with [roles]",
        "fg" | "bg" => "for example fg = \"#9ece6a\", fg = \"green\" or fg = 114",
        "fg16" | "bg16" => "for example fg16 = \"bright-green\"",
        "modifiers" => "for example modifiers = [\"bold\"]",
        name if ROLES.iter().any(|(_, role)| *role == name) => "for example live = { fg = \"#9ece6a\" }",
        name if Timer::by_name(name).is_some() => "write a duration in quotes: \"10s\", \"4m\", \"1m30s\"",
        _ => return None,
    };
    Some(text.to_owned())
}

/// A problem and where it stands. Its source is the file's text with everything hidden that may be a secret.
#[derive(Clone, Debug)]
pub struct Problem {
    /// What is wrong.
    pub kind: ProblemKind,
    /// The bytes it is about; `None` where it is about the file as a whole.
    pub span: Option<Range<usize>>,
    pub(super) also: Option<Range<usize>>,
    pub(super) source: Arc<Shown>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.kind.help().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.span.as_ref().map(|_| &*self.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.span.clone()?;
        let main = LabeledSpan::new_primary_with_span(Some(self.kind.label().to_owned()), span);
        let also = self.also.clone().map(|span| LabeledSpan::new_with_span(Some("first here".to_owned()), span));
        Some(Box::new(std::iter::once(main).chain(also)))
    }
}

/// The file's text as it may be shown. Gives out the lines that a span touches and none around them.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) name: String,
    pub(super) text: String,
}

impl SourceCode for Shown {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let text = self.text.as_bytes();
        let end = (span.offset() + span.len()).min(text.len());
        let start = text[..span.offset().min(end)].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        // Without context it is the place that is asked for, else the text to be drawn.
        let wanted = if lines_before + lines_after == 0 {
            *span
        } else {
            let end = text[end..].iter().position(|&byte| byte == b'\n').map_or(text.len(), |at| end + at + 1);
            SourceSpan::from(start..end)
        };
        let contents = self.text.read_span(&wanted, 0, 0)?;
        let (line, column, count) = (contents.line(), contents.column(), contents.line_count());
        Ok(Box::new(MietteSpanContents::new_named(self.name.clone(), contents.data(), wanted, line, column, count)))
    }
}

/// A problem before the text to be shown with it is made.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) kind: ProblemKind,
    pub(super) span: Option<Range<usize>>,
    pub(super) also: Option<Range<usize>>,
}

/// The line, from 1, that a byte stands in.
pub(super) fn line_at(text: &[u8], at: usize) -> usize {
    text[..at.min(text.len())].split(|&byte| byte == b'\n').count()
}

/// Everything found while reading.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) problems: Vec<Finding>,
    pub(super) warnings: Vec<(WarningKind, Range<usize>)>,
    /// What is wrong with another file that this one names.
    pub(super) elsewhere: Option<ConfigError>,
}

impl Findings {
    pub(super) fn problem(&mut self, kind: ProblemKind, span: Range<usize>) {
        self.problems.push(Finding { kind, span: Some(span), also: None });
    }

    pub(super) fn twice(&mut self, kind: ProblemKind, span: Range<usize>, first: Range<usize>) {
        self.problems.push(Finding { kind, span: Some(span), also: Some(first) });
    }

    pub(super) fn warn(&mut self, kind: WarningKind, span: Range<usize>) {
        self.warnings.push((kind, span));
    }

    /// The parser's errors, one a line: what it makes of the rest of a broken line is seldom of use.
    pub(super) fn syntax(&mut self, errors: &[toml::de::Error], text: &str) {
        let mut last_line = None;
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            let line = line_at(text.as_bytes(), span.start);
            if last_line.replace(line) != Some(line) {
                self.problem(ProblemKind::Syntax(sanitise(error.message(), 200)), span);
            }
        }
    }
}
