//! A domain's autoconfig file, as Thunderbird reads it: XML over HTTPS.
//! <https://www.bucksch.org/1/projects/thunderbird/autoconfiguration/>, draft-ietf-mailmaint-autoconfig.

use ::http::header::LOCATION;
use ::http::{Request, Uri};
use roxmltree::{Document, Node};

use super::found::{Found, Way};
use super::host_name::is_host;
use crate::dial::Dial;
use crate::http;
use mailwatch_proto::model::{
    Account, Auth, Hooks, LINE_LIMIT, Network, Quirks, SecretSource, Timers, TlsMode, sanitise,
};

/// Redirections that are followed.
const REDIRECTS: usize = 3;

/// Elements and attributes that a file may have; those of all providers together have fewer than 200 each.
const NODES: u32 = 10_000;

/// Where the file may be. Only the domain is sent: the address would name the person.
pub(super) fn urls(domain: &str, ispdb: bool) -> Vec<String> {
    let mut urls = vec![
        format!("https://autoconfig.{domain}/mail/config-v1.1.xml"),
        format!("https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml"),
    ];
    if ispdb {
        urls.push(format!("https://autoconfig.thunderbird.net/v1.1/{domain}"));
    }
    urls
}

/// Fetches and reads the file; else why not.
pub(super) async fn settings(url: &str, address: &str, dial: &dyn Dial) -> Result<Found, String> {
    let body = fetch(url, dial).await?;
    let text = std::str::from_utf8(&body).map_err(|_| "its answer is not UTF-8".to_owned())?;
    read(text, url, address)
}

async fn fetch(url: &str, dial: &dyn Dial) -> Result<Vec<u8>, String> {
    let mut target = url.to_owned();
    for _ in 0..=REDIRECTS {
        let request = Request::get(&target).body(Vec::new()).map_err(|error| error.to_string())?;
        let response = http::send(dial, &web_account(), request).await.map_err(|fault| fault.message)?;
        let status = response.status();
        if status.is_success() {
            return Ok(response.into_body());
        }
        let Some(location) = response.headers().get(LOCATION).filter(|_| status.is_redirection()) else {
            return Err(format!("it answers {status}"));
        };
        target = location.to_str().ok().and_then(|location| redirected(&target, location)).ok_or_else(|| {
            let location = String::from_utf8_lossy(location.as_bytes());
            format!("it redirects to {}, which is not HTTPS", sanitise(&location, LINE_LIMIT))
        })?;
    }
    Err("it redirects again and again".to_owned())
}

/// Where a redirection leads: HTTPS elsewhere, or a path on the same server.
fn redirected(from: &str, location: &str) -> Option<String> {
    if location.starts_with('/') && !location.starts_with("//") {
        let authority = from.parse::<Uri>().ok()?.authority()?.to_string();
        return Some(format!("https://{authority}{location}"));
    }
    location.parse::<Uri>().ok().filter(|uri| uri.scheme_str() == Some("https")).map(|uri| uri.to_string())
}

/// An account without a secret that trusts the public roots, for connections to web servers.
fn web_account() -> Account {
    Account {
        name: "autoconfig".to_owned(),
        host: String::new(),
        port: 443,
        tls: TlsMode::Implicit,
        ca: None,
        network: Network::default(),
        user: String::new(),
        auth: Auth::Password,
        secret: SecretSource::Keyring,
        mailboxes: Vec::new(),
        max_connections: 1,
        timers: Timers::default(),
        reissue_auto: false,
        quirks: Quirks::default(),
        hooks: Hooks::default(),
    }
}

/// The first IMAP server of the file that takes TLS from the first byte, or else STARTTLS.
fn read(text: &str, url: &str, address: &str) -> Result<Found, String> {
    let options = roxmltree::ParsingOptions { allow_dtd: false, nodes_limit: NODES, ..Default::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| {
        format!("its answer is not an autoconfig file: {}", sanitise(&error.to_string(), LINE_LIMIT))
    })?;
    let root = document.root_element();
    if !root.has_tag_name("clientConfig") {
        return Err("its answer is not an autoconfig file".to_owned());
    }
    let mut starttls = None;
    let mut plain = false;
    for server in root.descendants().filter(is_imap) {
        match child(server, "socketType") {
            Some("SSL") => {
                if let Some(found) = of_server(server, TlsMode::Implicit, url, address) {
                    return Ok(found);
                }
            }
            Some("STARTTLS") => starttls = starttls.or_else(|| of_server(server, TlsMode::StartTls, url, address)),
            Some(_) | None => plain = true,
        }
    }
    let why = if plain { "its IMAP server has no TLS" } else { "it names no IMAP server" };
    starttls.ok_or_else(|| why.to_owned())
}

fn is_imap(node: &Node<'_, '_>) -> bool {
    node.has_tag_name("incomingServer") && node.attribute("type") == Some("imap")
}

fn child<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    node.children().find(|child| child.has_tag_name(name))?.text().map(str::trim)
}

/// Reads one server; `None` where it cannot be used.
fn of_server(server: Node<'_, '_>, tls: TlsMode, url: &str, address: &str) -> Option<Found> {
    let host = child(server, "hostname")?;
    let host = filled(host, address).to_ascii_lowercase();
    let port = child(server, "port")?.parse().ok().filter(|port| *port > 0)?;
    let user = child(server, "username").map_or_else(|| address.to_owned(), |user| filled(user, address));
    let ways = server.children().filter(|child| child.has_tag_name("authentication")).filter_map(|way| way.text());
    let mut auth: Vec<Auth> = Vec::new();
    for way in ways.filter_map(|way| way_in(way.trim())) {
        if !auth.contains(&way) {
            auth.push(way);
        }
    }
    if auth.is_empty() {
        auth.push(Auth::Password);
    }
    let usable = is_host(&host) && !user.is_empty() && !user.chars().any(char::is_control);
    let way = Way::Autoconfig(url.to_owned());
    usable.then(|| Found { way, host, port, tls, auth, user: sanitise(&user, LINE_LIMIT), caution: None, note: None })
}

/// `password-encrypted` is CRAM-MD5: under TLS the same password goes as it is.
fn way_in(name: &str) -> Option<Auth> {
    match name {
        "OAuth2" => Some(Auth::OAuth2),
        "password-cleartext" | "plain" | "password-encrypted" | "secure" => Some(Auth::Password),
        _ => None,
    }
}

fn filled(text: &str, address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    text.replace("%EMAILADDRESS%", address).replace("%EMAILLOCALPART%", local).replace("%EMAILDOMAIN%", domain)
}

#[cfg(test)]
mod tests;
