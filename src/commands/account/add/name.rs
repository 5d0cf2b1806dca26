//! What a new account is called.

use std::fs;

use super::asking::Asking;
use super::stop::Stop;
use crate::configuration::Format;
use mailwatch_engine::config::{Draft, parse};

/// The account's name: of the provider, or of the domain; with a number where that is taken. Asked for where somebody is there.
pub(super) fn name(draft: &Draft, address: Option<&str>, asking: &mut Asking<'_, '_, '_>) -> Result<String, Stop> {
    let providers = asking.providers;
    let host = draft.host.as_str();
    let provider = address.and_then(|address| providers.for_address(address)).or_else(|| providers.for_host(host));
    let domain = address.and_then(|address| address.rsplit_once('@')).map_or(host, |(_, domain)| domain);
    // The first part of an address of a machine is no name.
    let label = match host.parse::<std::net::IpAddr>() {
        Ok(_) if domain == host => "mail",
        _ => domain.split('.').next().unwrap_or(domain),
    };
    let base = provider.map_or(label, |provider| provider.name.split(' ').next().unwrap_or(label)).to_lowercase();
    let base: String = base.chars().filter(|c| c.is_alphanumeric() || ['-', '.'].contains(c)).collect();
    let base = if base.is_empty() { "mail".to_owned() } else { base };
    let taken = taken(asking);
    let numbered = (2..).map(|n| format!("{base}-{n}"));
    let usual =
        std::iter::once(base.clone()).chain(numbered).find(|name| !taken.contains(name)).unwrap_or(base.clone());
    if !asking.is_interactive() {
        return Ok(usual);
    }
    ask(draft, &usual, asking)
}

/// Asks until it is a name, and nobody's.
pub(super) fn ask(draft: &Draft, usual: &str, asking: &mut Asking<'_, '_, '_>) -> Result<String, Stop> {
    loop {
        let name = asking.text("Name on screen", Some(usual))?;
        let wrong = asking.wrong(&Draft { name: name.clone(), ..draft.clone() }, "name");
        let twice = || taken(asking).contains(&name).then(|| format!("there is an account named {name} already"));
        match wrong.or_else(twice) {
            Some(why) => asking.refuse(&why)?,
            None => return Ok(name),
        }
    }
}

/// The names of the accounts that are there.
fn taken(asking: &Asking<'_, '_, '_>) -> Vec<String> {
    let format: &Format = asking.format;
    let config = fs::read_to_string(asking.path).ok().and_then(|text| parse(&text, asking.path, format).ok());
    config.map_or_else(Vec::new, |config| config.accounts.into_iter().map(|account| account.name).collect())
}
