//! What follows from the mail address: the server as somebody knows it, or a guess; the login; a free name. What was
//! typed stays.

use super::{Form, FormField, ServerSource};
use crate::tui::host::Server;
use mailwatch_engine::config::{IMAP_PORT, IMAPS_PORT};
use mailwatch_proto::model::TlsMode;

impl Form {
    /// What is known of an address's server. What was typed stays.
    pub fn found(&mut self, address: &str, server: Option<Server>) {
        if address != self.looked_up {
            return;
        }
        if [FormField::Host, FormField::Port, FormField::Tls].iter().any(|field| self.own.contains(field)) {
            self.source = ServerSource::Own;
            return;
        }
        self.works = false;
        let Some(server) = server else {
            let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
            self.host.set(format!("imap.{domain}"));
            (self.tls, self.source, self.note) = (TlsMode::Implicit, ServerSource::Guess, None);
            self.port.set(usual_port(self.tls).to_string());
            return;
        };
        self.host.set(server.host);
        self.port.set(server.port.to_string());
        self.tls = server.tls;
        (self.source, self.note) = (ServerSource::Known(server.source), server.note);
        if !self.own.contains(&FormField::Auth) {
            self.auth = server.auth;
        }
        if !self.own.contains(&FormField::User) {
            self.user.set(server.user);
        }
        // The fields below may be others now.
        if !self.fields().contains(&self.focus) {
            self.focus = FormField::Command;
        }
    }

    /// The address was left: what follows from it is filled in, and it is to be looked up once.
    pub(super) fn addressed(&mut self) -> Option<String> {
        let address = self.address.trimmed().to_owned();
        if address.is_empty() || address == self.looked_up {
            return None;
        }
        let domain = address.rsplit_once('@').map(|(_, domain)| domain).filter(|domain| !domain.is_empty());
        let Some(domain) = domain else {
            self.said = Some("a mail address has an @: me@example.org".to_owned());
            return None;
        };
        if !self.own.contains(&FormField::User) {
            self.user.set(&*address);
        }
        if !self.own.contains(&FormField::Name) {
            self.name.set(self.free_name(domain));
        }
        self.source = ServerSource::Looking;
        self.looked_up.clone_from(&address);
        Some(address)
    }

    /// A name from a domain that no other account has.
    fn free_name(&self, domain: &str) -> String {
        let name = domain.split('.').next().unwrap_or(domain).replace('/', "-");
        let numbered = (2..).map(|n| format!("{name}-{n}"));
        let mut names = std::iter::once(name.clone()).chain(numbered);
        names.find(|name| !self.taken.contains(name)).unwrap_or_default()
    }
}

pub(super) const fn usual_port(tls: TlsMode) -> u16 {
    match tls {
        TlsMode::Implicit => IMAPS_PORT,
        TlsMode::StartTls | TlsMode::Off => IMAP_PORT,
    }
}
