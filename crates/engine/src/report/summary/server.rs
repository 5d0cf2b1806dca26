//! What a server said of itself, for the page.

use super::markdown::code;
use crate::history::KeptServer;

/// What a server said of itself, each fact with its name.
pub(super) fn server_facts(kept: &KeptServer) -> Vec<(&'static str, String)> {
    let server = &kept.server;
    let mut facts = Vec::new();
    if let Some(addr) = server.addr {
        facts.push((if server.proxy.is_some() { "address of the proxy" } else { "address" }, addr.to_string()));
    }
    if let Some(proxy) = &server.proxy {
        facts.push(("through", code(proxy)));
    }
    if let Some(local) = server.local {
        facts.push(("from", local.to_string()));
    }
    let tls = server.tls.as_ref().map_or("none".to_owned(), |tls| format!("{}, {}", tls.version, tls.cipher));
    facts.push(("TLS", tls));
    if let Some(id) = &server.id {
        facts.push(("ID", code(id)));
    }
    facts.push(("capabilities after login", code(&server.capabilities.join(" "))));
    facts
}
