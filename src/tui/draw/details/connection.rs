//! The connection and its server.

use super::section::Section;
use crate::tui::draw::content::{field, heading};
use crate::tui::draw::fit::wrap;
use crate::tui::theme::Role;
use crate::tui::words::single_width_emoji;
use mailwatch_proto::model::{Snapshot, show_clock};

pub fn section(snapshot: &Snapshot, width: u16) -> Section {
    let server = &snapshot.connection.server;
    let mut rows = vec![heading("Server")];
    let conn = snapshot.connection.id.map_or_else(|| "none now".to_owned(), |conn| format!("number {conn}"));
    field(&mut rows, "connection", &conn, Role::Text, width);
    let unknown = "not known".to_owned();
    let addr = |addr: Option<std::net::SocketAddr>| addr.map_or_else(|| unknown.clone(), |addr| addr.to_string());
    field(&mut rows, "peer", &addr(server.addr), Role::Text, width);
    if let Some(proxy) = &server.proxy {
        field(&mut rows, "proxy", proxy, Role::Text, width);
    }
    field(&mut rows, "local", &addr(server.local), Role::Text, width);
    match &server.tls {
        Some(tls) => {
            field(&mut rows, "TLS", tls.version, Role::Text, width);
            field(&mut rows, "cipher", &tls.cipher, Role::Text, width);
        }
        None if server.addr.is_some() => field(&mut rows, "TLS", "none: unencrypted", Role::Warn, width),
        None => {}
    }
    let id = server.id.as_ref().map_or_else(|| "not told".to_owned(), |id| single_width_emoji(id));
    field(&mut rows, "ID", &id, Role::Text, width);
    let beat = snapshot
        .connection
        .heartbeat
        .map_or_else(|| "none learned".to_owned(), |beat| format!("every {}", show_clock(beat)));
    field(&mut rows, "heartbeat", &beat, Role::Text, width);
    rows
}

/// The capabilities: the last section, as a server may have any number of them.
pub fn capabilities(snapshot: &Snapshot, width: u16) -> Section {
    let list = &snapshot.connection.server.capabilities;
    let mut rows = vec![heading(&format!("Capabilities ({})", list.len()))];
    if list.is_empty() {
        rows.push(vec![(Role::Dim, "not told yet".to_owned())]);
        return rows;
    }
    let text = single_width_emoji(&list.join(" "));
    rows.extend(wrap(&text, width).into_iter().map(|line| vec![(Role::Text, line.to_owned())]));
    rows
}
