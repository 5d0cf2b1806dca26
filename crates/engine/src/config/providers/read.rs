//! `[[provider]]`: reading and checking. Its server is read by the rules of an account's.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use toml::de::DeTable;

use super::provider::{GENERIC, LoginName, Provider};
use crate::config::conceal::conceal;
use crate::config::error::{ConfigError, Problems};
use crate::config::findings::Findings;
use crate::config::problem::ProblemKind;
use crate::config::read::{Section, Text, plain};
use crate::config::server::{AUTH, host, port, tls};
use crate::config::{schema, timers};
use mailwatch_proto::model::{Auth, Quirks};

/// Where each domain and host was first claimed.
type Claims = BTreeMap<String, Range<usize>>;

/// Reads a table of providers. A provider's settings are not warned of: they are a server's, not a user's choice.
pub(super) fn parse(text: &str, path: &Path) -> Result<Vec<Provider>, ConfigError> {
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut findings = Findings::default();
    let mut providers = Vec::new();
    if errors.is_empty() {
        let mut claims = Claims::new();
        let file = Section::open(root.get_ref(), schema::PROVIDER_FILE, None, &mut findings);
        for (table, span) in file.tables("provider", &mut findings).unwrap_or_default() {
            let section = Section::open(table, schema::PROVIDER, Some(span), &mut findings);
            providers.extend(read(&section, &mut claims, &mut findings));
        }
    } else {
        findings.syntax(&errors, text);
    }
    if findings.problems.is_empty() {
        return Ok(providers);
    }
    let shown = conceal(text, root.get_ref(), !errors.is_empty(), &[]);
    Err(ConfigError::Invalid(Problems::new(path, shown, findings.problems)))
}

/// `None` only where a problem has been found.
fn read(section: &Section<'_>, claims: &mut Claims, findings: &mut Findings) -> Option<Provider> {
    let name = section.required("name", findings).map(|(name, _)| name.to_owned());
    let domains = texts(section, "domains", findings);
    for (domain, at) in &domains {
        let letters = domain.strip_suffix(".*").unwrap_or(domain);
        let wrong = |c: char| c.is_whitespace() || c.is_uppercase() || ['@', '/', '*'].contains(&c);
        if letters.is_empty() || letters.contains(wrong) {
            findings.problem(ProblemKind::Domain { given: (*domain).to_owned() }, at.clone());
        }
        claim(domain, at, claims, findings);
    }
    // The entry for all others has no server.
    let serves = section.entry("host").is_some() || name.as_deref() != Some(GENERIC);
    let host = if serves { host(section, findings) } else { Some("") };
    let hosts = texts(section, "hosts", findings);
    for (host, at) in &hosts {
        claim(host, at, claims, findings);
    }
    if let Some(entry) = section.entry("host") {
        claim(host.unwrap_or_default(), &entry.at, claims, findings);
    }
    let tls = tls(section, host, findings);
    let port = port(section, tls, findings);
    let auth = auth(section, findings);
    let user = user(section, findings);
    let max_connections = section.number("max_connections", findings).map(|(limit, _)| limit);
    let timers = section.table("timers", schema::PROVIDER_TIMERS, findings);
    let timers = timers.map_or_else(timers::Settings::default, |section| timers::read(&section, findings));
    let reissue_auto = timers.learns_over(&timers::Settings::default()).unwrap_or_default();
    let sentence = |key, findings: &mut Findings| {
        let (text, at) = section.string(key, findings)?;
        plain(key, text, &at, findings).then(|| text.to_owned())
    };
    let (app_password, note) = (sentence("app_password", findings), sentence("note", findings));
    let quirks = Quirks {
        provider: name.clone().filter(|name| name != GENERIC),
        id_required: section.flag("id_required", findings),
        poll_by_status: section.flag("poll_by_status", findings),
        app_password,
        ..Quirks::default()
    };
    let sources = sources(section, findings);
    Some(Provider {
        name: name?,
        domains: owned(&domains),
        host: host?.to_owned(),
        hosts: owned(&hosts),
        port: port?,
        tls: tls?,
        auth: auth?,
        user: user?,
        max_connections,
        timers: timers.into_values(),
        reissue_auto,
        quirks,
        note,
        sources,
    })
}

fn texts<'t>(section: &Section<'t>, key: &'static str, findings: &mut Findings) -> Vec<Text<'t>> {
    if section.entry(key).is_none() {
        return Vec::new();
    }
    let (mut list, _) = section.list(key, findings).unwrap_or_default();
    list.retain(|(text, at)| plain(key, text, at, findings));
    list
}

fn owned(texts: &[Text<'_>]) -> Vec<String> {
    texts.iter().map(|(text, _)| (*text).to_owned()).collect()
}

fn claim(name: &str, at: &Range<usize>, claims: &mut Claims, findings: &mut Findings) {
    let name = name.to_lowercase();
    if let Some(first) = claims.get(&name) {
        findings.twice(ProblemKind::ProviderTwice { name }, at.clone(), first.clone());
    } else {
        claims.insert(name, at.clone());
    }
}

fn auth(section: &Section<'_>, findings: &mut Findings) -> Option<Vec<Auth>> {
    if section.entry("auth").is_none() {
        return Some(vec![Auth::Password]);
    }
    let (given, _) = section.list("auth", findings)?;
    let mut ways = Vec::with_capacity(given.len());
    for (given, at) in given {
        match given {
            "password" => ways.push(Auth::Password),
            "oauth2" => ways.push(Auth::OAuth2),
            other => {
                findings.problem(ProblemKind::Choice { key: "auth", given: other.to_owned(), known: &AUTH }, at);
                return None;
            }
        }
    }
    Some(ways)
}

fn user(section: &Section<'_>, findings: &mut Findings) -> Option<LoginName> {
    const NAMES: [&str; 2] = ["address", "local"];
    if section.entry("user").is_none() {
        return Some(LoginName::Address);
    }
    match section.string("user", findings)? {
        ("address", _) => Some(LoginName::Address),
        ("local", _) => Some(LoginName::Local),
        (given, at) => {
            findings.problem(ProblemKind::Choice { key: "user", given: given.to_owned(), known: &NAMES }, at);
            None
        }
    }
}

fn sources(section: &Section<'_>, findings: &mut Findings) -> BTreeMap<String, String> {
    let Some(section) = section.table("source", schema::PROVIDER_SOURCE, findings) else { return BTreeMap::new() };
    let keys = schema::PROVIDER_SOURCE.keys.iter().copied();
    keys.filter_map(|key| section.string(key, findings).map(|(text, _)| (key.to_owned(), text.to_owned()))).collect()
}
