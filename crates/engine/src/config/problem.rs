//! What can be wrong with a configuration: each kind its sentence, and where in the file it stands.

mod advice;
mod finding;
mod table;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

pub(super) use self::finding::{Finding, Findings, line_at};
pub use self::table::Place;
use super::theme::NoTheme;
use mailwatch_proto::model::{DurationError, QuietError, Timer, sanitise, show_duration};

/// What of a file's own text is repeated in a message, in characters.
const SHOWN: usize = 60;

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
    #[error("`quiet` {}", match .0 {
        QuietError::Form => "is no span of hours",
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
    #[error(transparent)]
    Theme(NoTheme),
    #[error("`{key} = \"{}\"` is no colour", sanitise(given, SHOWN))]
    Colour { key: &'static str, given: String },
    #[error("`{}` is no domain", sanitise(given, SHOWN))]
    Domain { given: String },
    #[error("`{}` is claimed twice", sanitise(name, SHOWN))]
    ProviderTwice { name: String },
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
