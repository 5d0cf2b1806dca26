//! `[[account]]`: reading and checking.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Range, RangeInclusive};
use std::path::Path;
use std::time::Duration;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::command::command;
use super::files::{Files, ReadFile};
use super::findings::Findings;
use super::nearest::nearest;
use super::problem::{Finding, ProblemKind};
use super::providers::{Provider, Providers};
use super::read::{Section, plain};
use super::schema;
use super::server::{AUTH, host, port, tls};
use super::timers::{self, Settings};
use super::warning::WarningKind;
use crate::weakness::short_key;
use mailwatch_proto::model::{
    Account, Auth, Ca, HookEvent, Hooks, LoginChoice, Quirks, SPECIAL_USES, SecretSource, TlsMode, Wanted,
    parse_duration, sanitise,
};

/// How many connections an account may have by default: below the smallest usual limit of a server (Dovecot's 10 for
/// a user and address), so that a mail reader beside this program is not locked out.
const MAX_CONNECTIONS: u16 = 8;

/// How often a canary may be sent: each costs the server a login, and an hour of silence is no news.
const CANARY: RangeInclusive<Duration> = Duration::from_mins(10)..=Duration::from_hours(24 * 7);

/// What every account of a file starts from.
pub(super) struct Base<'f> {
    /// The files that the configuration names.
    pub(super) files: Files<'f>,
    /// `[timers]`.
    pub(super) timers: Settings,
    /// `[network]`.
    pub(super) network: super::network::Settings,
    /// The known providers.
    pub(super) providers: &'f Providers,
}

/// Reads all accounts; `silent` collects those with `notify = false`.
pub(super) fn read_all(
    root: &Section<'_>,
    base: &Base<'_>,
    silent: &mut BTreeSet<String>,
    findings: &mut Findings,
) -> Vec<Account> {
    let Some(tables) = root.tables("account", findings) else {
        // A mistyped `account` has been named already.
        let mistyped = findings.problems.iter().any(|finding| {
            matches!(&finding.kind, ProblemKind::UnknownKey { key, table: schema::FILE }
                if nearest(key, ["account"]).is_some())
        });
        // With hosts alone there is something to show.
        let nothing = root.entry("account").is_none() && root.entry("host").is_none();
        if nothing && !mistyped {
            findings.problems.push(Finding { kind: ProblemKind::NoAccount, span: None, also: None });
        }
        return Vec::new();
    };
    let mut names: BTreeMap<&str, Range<usize>> = BTreeMap::new();
    let mut accounts = Vec::with_capacity(tables.len());
    for (table, span) in tables {
        let section = Section::open(table, schema::ACCOUNT, Some(span), findings);
        let name = section.required("name", findings);
        if let Some((name, at)) = &name {
            if name.contains('/') {
                findings.problem(ProblemKind::NameSlash, at.clone());
            }
            if let Some(first) = names.get(name) {
                findings.twice(ProblemKind::NameTwice { name: (*name).to_owned() }, at.clone(), first.clone());
            } else {
                names.insert(*name, at.clone());
            }
        }
        if section.switch("notify", findings) == Some(false) {
            silent.extend(name.iter().map(|(name, _)| (*name).to_owned()));
        }
        accounts.extend(read(&section, name.map(|(name, _)| name), base, findings));
    }
    accounts
}

/// `None` only after a problem; every key is read nevertheless.
fn read(section: &Section<'_>, name: Option<&str>, base: &Base<'_>, findings: &mut Findings) -> Option<Account> {
    let host = host(section, findings);
    let tls = tls(section, host, findings);
    let port = port(section, tls, findings);
    let ca = ca(section, tls, base, findings);
    let network = super::network::of_account(section, (host, tls), &base.network, &base.files, findings);
    let user = section.required("user", findings).map(|(user, _)| user);
    let auth = auth(section, findings);
    let login = login(section, auth, findings);
    let secret = secret(section, auth, findings);
    let provider = base.providers.for_account(host.unwrap_or_default(), user.unwrap_or_default());
    let max_connections = connections(section, provider, findings);
    let mailboxes = mailboxes(section, findings);
    let client = super::oauth::read(section, findings);
    let secret = match (auth, client) {
        (Some(Auth::OAuth2), Some(client)) => SecretSource::OAuth(Box::new(client)),
        (Some(Auth::OAuth2 | Auth::Password) | None, _) => secret,
    };
    let open = command(section, "open_command", findings);
    let hooks = hooks(section, findings).with_canary(canary(section, findings)).with_open(open);
    let own = section.table("timers", schema::ACCOUNT_TIMERS, findings);
    let own = own.map_or_else(Settings::default, |section| timers::read(&section, findings));
    own.check_retry(&base.timers, findings);
    Some(Account {
        name: name?.to_owned(),
        host: host?.to_owned(),
        port: port?,
        tls: tls?,
        ca,
        network,
        user: user?.to_owned(),
        auth: auth?,
        secret,
        mailboxes,
        max_connections,
        timers: own.over(&base.timers, provider.preset()),
        reissue_auto: own.learns_over(&base.timers).unwrap_or(provider.reissue_auto),
        quirks: Quirks { login, ..provider.quirks.clone() },
        hooks,
    })
}

fn ca(section: &Section<'_>, tls: Option<TlsMode>, base: &Base<'_>, findings: &mut Findings) -> Option<Ca> {
    section.entry("ca_file")?;
    let (file, at) = section.required("ca_file", findings)?;
    if tls == Some(TlsMode::Off) {
        findings.warn(WarningKind::CaUnused, at.clone());
    }
    let path = base.files.directory.join(file);
    if let Some(read) = base.files.read {
        match check_ca(&path, read) {
            Ok(weak) => weak.into_iter().for_each(|kind| findings.warn(kind, at.clone())),
            Err(kind) => findings.problem(kind, at),
        }
    }
    Some(Ca::File(path))
}

/// Each certificate of the file must be one that TLS accepts: a skipped one would be missed later. Those whose key is too
/// short are warned of.
fn check_ca(path: &Path, read: ReadFile<'_>) -> Result<Vec<WarningKind>, ProblemKind> {
    let shown = || sanitise(&path.to_string_lossy(), 200);
    let bytes = read(path)
        .map_err(|error| ProblemKind::CaUnreadable { path: shown(), reason: sanitise(&error.to_string(), 200) })?;
    let (mut roots, mut weak) = (RootCertStore::empty(), Vec::new());
    for (index, certificate) in CertificateDer::pem_slice_iter(&bytes).enumerate() {
        if let Some(weakness) = certificate.as_ref().ok().and_then(short_key) {
            weak.push(WarningKind::WeakAuthority { index: index + 1, weakness });
        }
        certificate
            .map_err(|error| error.to_string())
            .and_then(|certificate| roots.add(certificate).map_err(|error| error.to_string()))
            .map_err(|reason| ProblemKind::CaBroken {
                path: shown(),
                index: index + 1,
                reason: sanitise(&reason, 200),
            })?;
    }
    if roots.is_empty() { Err(ProblemKind::CaEmpty { path: shown() }) } else { Ok(weak) }
}

fn auth(section: &Section<'_>, findings: &mut Findings) -> Option<Auth> {
    if section.entry("auth").is_none() {
        return Some(Auth::Password);
    }
    match section.string("auth", findings)? {
        ("password", _) => Some(Auth::Password),
        ("oauth2", at) => {
            match (section.entry("token_command"), section.entry("oauth")) {
                (None, None) => findings.problem(ProblemKind::NoToken, at),
                (Some(_), Some(entry)) => {
                    findings.problem(ProblemKind::Either { one: "token_command", other: "oauth" }, entry.key);
                }
                (Some(_), None) | (None, Some(_)) => {}
            }
            Some(Auth::OAuth2)
        }
        (given, at) => {
            // The value may be the password itself: a message must not repeat it.
            let kind = match nearest(given, AUTH) {
                Some(_) => ProblemKind::Choice { key: "auth", given: given.to_owned(), known: &AUTH },
                None => ProblemKind::Choice { key: "auth", given: "…".to_owned(), known: &AUTH },
            };
            findings.problem(kind, at);
            None
        }
    }
}

/// Which way a password goes.
fn login(section: &Section<'_>, auth: Option<Auth>, findings: &mut Findings) -> LoginChoice {
    const NAMES: [&str; LoginChoice::ALL.len()] =
        [LoginChoice::Auto.name(), LoginChoice::Plain.name(), LoginChoice::Login.name()];
    if section.entry("login").is_none() {
        return LoginChoice::Auto;
    }
    let Some((given, at)) = section.string("login", findings) else { return LoginChoice::Auto };
    let choice = LoginChoice::ALL.into_iter().find(|choice| choice.name() == given);
    if choice.is_none() || (choice != Some(LoginChoice::Auto) && auth == Some(Auth::OAuth2)) {
        // The value may be the password itself: a message must not repeat it.
        let known = choice.is_some() || nearest(given, NAMES).is_some();
        let given = if known { given.to_owned() } else { "…".to_owned() };
        let known: &'static [&'static str] = if auth == Some(Auth::OAuth2) { &["auto"] } else { &NAMES };
        findings.problem(ProblemKind::Choice { key: "login", given, known }, at);
    }
    choice.unwrap_or_default()
}

/// Where the secret comes from. A command that the account's way to log in never runs is a mistake.
fn secret(section: &Section<'_>, auth: Option<Auth>, findings: &mut Findings) -> SecretSource {
    const PASSWORD: &str = "password_command";
    const TOKEN: &str = "token_command";
    let (password, token) = (command(section, PASSWORD, findings), command(section, TOKEN, findings));
    let unused = match auth {
        Some(Auth::Password) => section.entry(TOKEN).map(|entry| (TOKEN, "password", entry)),
        Some(Auth::OAuth2) => section.entry(PASSWORD).map(|entry| (PASSWORD, "oauth2", entry)),
        None => None,
    };
    if let Some((key, auth, entry)) = unused {
        findings.problem(ProblemKind::CommandUnused { key, auth }, entry.key);
    }
    if auth == Some(Auth::Password)
        && let Some(entry) = section.entry("oauth")
    {
        findings.problem(ProblemKind::OAuthUnused, entry.key);
    }
    let command = match auth {
        Some(Auth::Password) | None => password,
        Some(Auth::OAuth2) => token,
    };
    command.map_or(SecretSource::Keyring, SecretSource::Command)
}

/// The hooks.
fn hooks(section: &Section<'_>, findings: &mut Findings) -> Hooks {
    let mut hook = |event: HookEvent| {
        let command = command(section, event.key(), findings)?;
        if let ([line], Some(entry)) = (command.as_slice(), section.entry(event.key()))
            && line.contains(' ')
        {
            findings.warn(WarningKind::ShellLine { key: event.key() }, entry.at);
        }
        Some((event, command))
    };
    HookEvent::ALL.into_iter().filter_map(&mut hook).collect()
}

/// How often the push is proven by a message of the program's own: it writes into the mailbox, so it is off by default.
fn canary(section: &Section<'_>, findings: &mut Findings) -> Option<Duration> {
    section.entry("canary")?;
    let (text, at) = section.string("canary", findings)?;
    if text.trim() == "off" {
        return None;
    }
    let every = parse_duration(text).ok().filter(|every| CANARY.contains(every));
    if every.is_none() {
        findings.problem(ProblemKind::Limit { key: "canary", given: text.to_owned() }, at);
    }
    every
}

/// How many connections the account may have open.
fn connections(section: &Section<'_>, provider: &Provider, findings: &mut Findings) -> u16 {
    let Some((max, at)) = section.number("max_connections", findings) else {
        return provider.usual_connections().unwrap_or(MAX_CONNECTIONS);
    };
    if let (Some(limit), Some(name)) = (provider.max_connections, &provider.quirks.provider)
        && max > limit
    {
        findings.warn(WarningKind::OverLimit { max, limit, provider: name.clone() }, at);
    }
    max
}

fn mailboxes(section: &Section<'_>, findings: &mut Findings) -> Vec<String> {
    const KEY: &str = "mailboxes";
    let Some((list, _)) = section.list(KEY, findings) else { return vec!["INBOX".to_owned()] };
    let mut seen: BTreeMap<&str, Range<usize>> = BTreeMap::new();
    for (name, at) in list {
        if !plain(KEY, name, &at, findings) {
            continue;
        }
        if let Wanted::Use(given) = Wanted::of(name)
            && !SPECIAL_USES.contains(&given)
        {
            findings.problem(ProblemKind::SpecialUse { given: given.to_owned() }, at);
            continue;
        }
        let name = if name.eq_ignore_ascii_case("INBOX") { "INBOX" } else { name };
        if let Some(first) = seen.get(name) {
            findings.twice(ProblemKind::MailboxTwice { name: name.to_owned() }, at, first.clone());
        } else {
            seen.insert(name, at);
        }
    }
    // In the file's order, which the user chose.
    let mut order: Vec<_> = seen.into_iter().collect();
    order.sort_by_key(|(_, at)| at.start);
    order.into_iter().map(|(name, _)| name.to_owned()).collect()
}
