//! An account's `oauth` table: reading and checking.

use url::{Host, Url};

use super::command::command;
use super::findings::Findings;
use super::problem::ProblemKind;
use super::read::{Section, plain};
use super::schema;
use super::warning::WarningKind;
use mailwatch_proto::model::{ClientSecret, Flow, Issuer, OAuthClient};

/// Reads and writes mail over IMAP, POP and SMTP: the only scope that Google's IMAP takes.
const GOOGLE_SCOPES: [&str; 1] = ["https://mail.google.com/"];

/// IMAP alone, and a refresh token.
const MICROSOFT_SCOPES: [&str; 2] = ["https://outlook.office.com/IMAP.AccessAsUser.All", "offline_access"];

/// Of another issuer: who the user is, and a refresh token (`OpenID` Connect Core §11).
const OTHER_SCOPES: [&str; 2] = ["openid", "offline_access"];

const FLOWS: [&str; 2] = ["browser", "device"];
const PROVIDERS: [&str; 2] = ["google", "microsoft"];

/// `None` only after a problem; every key is read nevertheless.
pub(super) fn read(account: &Section<'_>, findings: &mut Findings) -> Option<OAuthClient> {
    let section = account.table("oauth", schema::OAUTH, findings)?;
    let issuer = issuer(&section, findings);
    let client_id = section.required("client_id", findings).map(|(id, _)| id.to_owned());
    let client_secret = client_secret(&section, findings);
    let scopes = scopes(&section, issuer.as_ref(), findings);
    let flow = flow(&section, issuer.as_ref(), findings);
    Some(OAuthClient {
        issuer: issuer?,
        client_id: client_id?,
        client_secret: client_secret?,
        scopes: scopes?,
        flow: flow?,
    })
}

fn issuer(section: &Section<'_>, findings: &mut Findings) -> Option<Issuer> {
    match (section.entry("provider"), section.entry("issuer")) {
        (Some(_), Some(entry)) => {
            findings.problem(ProblemKind::Either { one: "provider", other: "issuer" }, entry.key);
            None
        }
        (None, None) => {
            findings.problem(ProblemKind::NoIssuer, section.at());
            None
        }
        (Some(_), None) => match section.string("provider", findings)? {
            ("google", _) => Some(Issuer::Google),
            ("microsoft", _) => Some(Issuer::Microsoft),
            (given, at) => {
                let kind = ProblemKind::Choice { key: "provider", given: given.to_owned(), known: &PROVIDERS };
                findings.problem(kind, at);
                None
            }
        },
        (None, Some(_)) => {
            let (given, at) = section.required("issuer", findings)?;
            match check_issuer(given) {
                Ok(()) => Some(Issuer::Url(given.to_owned())),
                Err(help) => {
                    findings.problem(ProblemKind::Issuer { help }, at);
                    None
                }
            }
        }
    }
}

/// RFC 8414 §2: an https URL without query and fragment. Plain http only on loopback.
fn check_issuer(given: &str) -> Result<(), &'static str> {
    let Ok(url) = Url::parse(given) else {
        return Err("write the issuer's URL, for example issuer = \"https://auth.example.org\"");
    };
    let local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => {}
        "http" if local => {}
        "http" => return Err("tokens would cross the network unencrypted: it must begin with https://"),
        _ => return Err("it must begin with https://"),
    }
    if !url.username().is_empty() || url.password().is_some() {
        Err("leave out the user")
    } else if url.query().is_some() || url.fragment().is_some() {
        Err("leave out what follows ? or #")
    } else if url.path().contains("/.well-known/") {
        Err("leave out /.well-known and what follows: the program finds it by itself")
    } else {
        Ok(())
    }
}

fn client_secret(section: &Section<'_>, findings: &mut Findings) -> Option<ClientSecret> {
    const KEY: &str = "client_secret";
    const COMMAND: &str = "client_secret_command";
    match (section.entry(KEY), section.entry(COMMAND)) {
        (None, None) => Some(ClientSecret::None),
        (Some(_), Some(entry)) => {
            findings.problem(ProblemKind::Either { one: KEY, other: COMMAND }, entry.key);
            None
        }
        (Some(_), None) => match section.string(KEY, findings)? {
            ("keyring", _) => Some(ClientSecret::Keyring),
            (_, at) => {
                findings.problem(ProblemKind::ClientSecret, at);
                None
            }
        },
        (None, Some(_)) => command(section, COMMAND, findings).map(ClientSecret::Command),
    }
}

fn scopes(section: &Section<'_>, issuer: Option<&Issuer>, findings: &mut Findings) -> Option<Vec<String>> {
    const KEY: &str = "scopes";
    let owned = |scopes: &[&str]| scopes.iter().map(|scope| (*scope).to_owned()).collect();
    if section.entry(KEY).is_none() {
        return Some(match issuer? {
            Issuer::Google => owned(&GOOGLE_SCOPES),
            Issuer::Microsoft => owned(&MICROSOFT_SCOPES),
            Issuer::Url(_) => owned(&OTHER_SCOPES),
        });
    }
    let (list, _) = section.list(KEY, findings)?;
    let mut good = true;
    for (scope, at) in &list {
        // RFC 6749 §3.3: blanks part scopes, quotes and backslashes are in none.
        if !plain(KEY, scope, at, findings) {
            good = false;
        } else if scope.contains([' ', '"', '\\']) || !scope.is_ascii() {
            good = false;
            findings.problem(ProblemKind::Scope { given: (*scope).to_owned() }, at.clone());
        }
    }
    good.then(|| list.into_iter().map(|(scope, _)| scope.to_owned()).collect())
}

fn flow(section: &Section<'_>, issuer: Option<&Issuer>, findings: &mut Findings) -> Option<Flow> {
    if section.entry("flow").is_none() {
        return Some(Flow::Browser);
    }
    match section.string("flow", findings)? {
        ("browser", _) => Some(Flow::Browser),
        ("device", at) => {
            if issuer == Some(&Issuer::Google) {
                findings.warn(WarningKind::GoogleDevice, at);
            }
            Some(Flow::Device)
        }
        (given, at) => {
            findings.problem(ProblemKind::Choice { key: "flow", given: given.to_owned(), known: &FLOWS }, at);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_an_https_url_alone_or_this_machine() {
        let good = [
            "https://auth.example.org",
            "https://auth.example.org/realms/mail",
            "http://localhost:9000",
            "http://[::1]:9",
        ];
        for issuer in good {
            assert_eq!(check_issuer(issuer), Ok(()), "{issuer}");
        }
        for (issuer, help) in [
            ("auth.example.org", "URL"),
            ("http://auth.example.org", "unencrypted"),
            ("ftp://auth.example.org", "https://"),
            ("https://me@auth.example.org", "user"),
            ("https://auth.example.org/?x", "?"),
            ("https://auth.example.org/.well-known/openid-configuration", "well-known"),
        ] {
            assert!(check_issuer(issuer).is_err_and(|told| told.contains(help)), "{issuer}");
        }
    }
}
