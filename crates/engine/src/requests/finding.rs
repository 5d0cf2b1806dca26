//! The server of a mail address.

use tokio::sync::mpsc;

use super::message::{FoundServer, Reply};
use crate::config::providers::Providers;
use crate::discover::{Found, Sources, SystemDns, discover};
use mailwatch_proto::model::{Auth, LINE_LIMIT, sanitise};

/// Finds an address's server, in half a minute at most, and tells it.
pub(super) fn look_up<S: Send + 'static>(address: String, providers: Providers, replies: mpsc::Sender<Reply<S>>) {
    tokio::spawn(async move {
        let dialler = crate::secret::dialler();
        let sources = Sources { providers: &providers, dns: &SystemDns, dial: &dialler, ispdb: false };
        let found = tokio::select! {
            found = discover(&address, sources) => found.ok().map(|found| Box::new(server(found, &providers))),
            // The screen has ended.
            () = replies.closed() => return,
        };
        // The same.
        let _ = replies.send(Reply::Found(address, found)).await;
    });
}

fn server(found: Found, providers: &Providers) -> FoundServer {
    let app = providers.for_account(&found.host, &found.user).quirks.app_password.as_ref();
    let app = app.map(|page| format!("It wants an app password, which you make at {page}"));
    let notes: Vec<_> = found.caution.into_iter().chain(app).chain(found.note).map(|note| format!("{note}.")).collect();
    FoundServer {
        host: found.host,
        port: found.port,
        tls: found.tls,
        auth: found.auth.first().copied().unwrap_or(Auth::Password),
        user: found.user,
        source: sanitise(&format!("from {}", found.way), LINE_LIMIT),
        note: (!notes.is_empty()).then(|| sanitise(&notes.join(" "), LINE_LIMIT)),
    }
}
