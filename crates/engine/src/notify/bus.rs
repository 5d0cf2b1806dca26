//! The desktop's notification daemon, spoken to over D-Bus (Desktop Notifications Specification 1.2), as Linux and the BSDs
//! have it. What a person clicks is listened for while a note is open that offers something, and else the bus is left alone.

use std::collections::{HashMap, VecDeque};
use std::pin::pin;

use futures_util::StreamExt as _;
use tokio::sync::mpsc;
use zbus::message::Message;
use zbus::zvariant::{DynamicType, Value};
use zbus::{Connection, MessageStream};

use super::digest::{About, MailAction, Note};
use super::open_notes::{OpenNotes, named};
use mailwatch_proto::model::sanitise;

/// The sender that the daemon names.
const NAME: &str = "mailwatch-tui";

/// How much of an error is told, in characters.
const REASON: usize = 200;

/// The daemon's name on the bus, and its interface's.
const DAEMON: &str = "org.freedesktop.Notifications";

const PATH: &str = "/org/freedesktop/Notifications";

/// What the daemon says of notes.
const SIGNALS: &str = "type='signal',interface='org.freedesktop.Notifications',path='/org/freedesktop/Notifications'";

/// What the bus says of the daemon: that it has ended, for one.
const OWNERS: &str = "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',\
                      member='NameOwnerChanged',arg0='org.freedesktop.Notifications'";

/// Signals that are put aside while the daemon's answer is awaited; the oldest are dropped.
const ASIDE: usize = 256;

/// The daemon's usual time for a note.
const USUAL: i32 = -1;

/// Urgency 1 of 0 to 2.
const NORMAL: u8 = 1;

/// Shows one note after the other, and tells what is chosen at them, until nobody sends any more.
pub(super) fn serve(
    mut notes: mpsc::Receiver<Note>,
    shown: &mpsc::Sender<Result<(), String>>,
    chosen: &mpsc::Sender<MailAction>,
) {
    zbus::block_on(async {
        let mut open: Option<Bus> = None;
        loop {
            tokio::select! {
                biased;
                note = notes.recv() => {
                    let Some(note) = note else { return };
                    let result = show(note, &mut open).await.map_err(|error| sanitise(&error.to_string(), REASON));
                    if shown.send(result).await.is_err() {
                        return;
                    }
                }
                heard = hear(&mut open) => if !heard { open = None },
            }
            while let Some(action) = open.as_mut().and_then(Bus::next_chosen) {
                // Nobody clicks faster than that is done.
                let _ = chosen.try_send(action);
            }
            open = open.filter(|bus| !bus.notes.is_empty());
        }
    });
}

/// Takes the next signal; false once there are no more. Pending without a bus. Cancel-safe.
async fn hear(open: &mut Option<Bus>) -> bool {
    match open {
        Some(bus) => match next(&mut bus.signals).await {
            Some(signal) => {
                bus.put_aside(signal);
                true
            }
            None => false,
        },
        None => std::future::pending().await,
    }
}

/// Shows a note; waits until the daemon has answered.
async fn show(note: Note, open: &mut Option<Bus>) -> zbus::Result<()> {
    let bus = match open {
        Some(bus) => bus,
        None => open.insert(Bus::connect().await?),
    };
    bus.show(note).await
}

/// The connection to the session's bus.
struct Bus {
    connection: Connection,
    /// What the daemon says, and what the bus says of it; subscribed to before the first note that offers something.
    signals: Option<(MessageStream, MessageStream)>,
    /// Signals that were heard and not looked at yet.
    aside: VecDeque<Message>,
    notes: OpenNotes,
}

impl Bus {
    async fn connect() -> zbus::Result<Self> {
        let connection = Connection::session().await?;
        Ok(Self { connection, signals: None, aside: VecDeque::new(), notes: OpenNotes::default() })
    }

    async fn show(&mut self, note: Note) -> zbus::Result<()> {
        // Asked each time: a session may get another daemon while this program runs.
        let capabilities: Vec<String> = self.call("GetCapabilities", &()).await?.body().deserialize()?;
        let can = |wanted: &str| capabilities.iter().any(|capability| capability == wanted);
        let (title, body) = texts(&note, can("body"), can("body-markup"));
        let mut actions = note.actions;
        // A bus that tells no signals does not keep the note from being shown.
        if !can("actions") || !actions.is_empty() && self.listen().await.is_err() {
            actions.clear();
        }
        // Category and icon have names of freedesktop.org's: Desktop Notifications Specification, Icon Naming Specification.
        let (icon, category) = match note.about {
            About::Mail => ("mail-unread", "email.arrived"),
            About::Trouble => ("dialog-warning", "network.error"),
        };
        let hints = HashMap::from([("category", Value::from(category)), ("urgency", Value::from(NORMAL))]);
        let replaced = 0_u32;
        let wanted = (NAME, replaced, icon, title, body, named(&actions), hints, USUAL);
        let answer = self.call("Notify", &wanted).await?;
        let id: u32 = answer.body().deserialize()?;
        if let Some(daemon) = answer.header().sender() {
            self.notes.opened(daemon, id, actions);
        }
        Ok(())
    }

    async fn listen(&mut self) -> zbus::Result<()> {
        if self.signals.is_none() {
            let said = MessageStream::for_match_rule(SIGNALS, &self.connection, None).await?;
            let owners = MessageStream::for_match_rule(OWNERS, &self.connection, None).await?;
            self.signals = Some((said, owners));
        }
        Ok(())
    }

    /// Asks the daemon, and goes on listening: a connection whose signals nobody takes brings no answer either.
    async fn call<B>(&mut self, method: &str, body: &B) -> zbus::Result<Message>
    where
        B: serde::Serialize + DynamicType,
    {
        let connection = self.connection.clone();
        let mut answer = pin!(connection.call_method(Some(DAEMON), PATH, Some(DAEMON), method, body));
        loop {
            tokio::select! {
                biased;
                answer = &mut answer => return answer,
                // The answer says first whose number a signal's is.
                Some(signal) = next(&mut self.signals) => self.put_aside(signal),
            }
        }
    }

    fn put_aside(&mut self, signal: Message) {
        self.aside.push_back(signal);
        if self.aside.len() > ASIDE {
            self.aside.pop_front();
        }
    }

    /// The next thing that was chosen, by the signals that were put aside.
    fn next_chosen(&mut self) -> Option<MailAction> {
        while let Some(signal) = self.aside.pop_front() {
            if let Some(chosen) = self.take(&signal) {
                return Some(chosen);
            }
        }
        None
    }

    fn take(&mut self, signal: &Message) -> Option<MailAction> {
        let (header, body) = (signal.header(), signal.body());
        let sender = header.sender()?;
        match header.member()?.as_str() {
            "ActionInvoked" => {
                let (id, key): (u32, String) = body.deserialize().ok()?;
                self.notes.chosen(sender, id, &key)
            }
            "NotificationClosed" => {
                let (id, _why): (u32, u32) = body.deserialize().ok()?;
                self.notes.closed(sender, id);
                None
            }
            "NameOwnerChanged" => {
                let (_name, before, _after): (String, String, String) = body.deserialize().ok()?;
                self.notes.gone(&before);
                None
            }
            _ => None,
        }
    }
}

/// The next signal; `None` once there are no more. Pending where nothing is listened for. Cancel-safe.
async fn next(signals: &mut Option<(MessageStream, MessageStream)>) -> Option<Message> {
    let Some((said, owners)) = signals else { return std::future::pending().await };
    let signal = tokio::select! {
        biased;
        signal = said.next() => signal,
        signal = owners.next() => signal,
    };
    signal?.ok()
}

/// Title and body for a daemon with these capabilities. The title is never markup; the body is where `body-markup` is
/// among them (Desktop Notifications Specification 1.2), and must not be escaped where it is not.
fn texts(note: &Note, body: bool, markup: bool) -> (String, String) {
    match (body, markup) {
        (true, true) => (note.title.clone(), escape(&note.body)),
        (true, false) => (note.title.clone(), note.body.clone()),
        (false, _) => (format!("{}: {}", note.title, note.body.lines().next().unwrap_or_default()), String::new()),
    }
}

/// A text as markup that shows it as it is.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_escaped_where_it_is_rendered_and_nowhere_else() {
        let (title, body) = ("<b>Ann</b>".to_owned(), "a <i>&amp; b\nwork/INBOX".to_owned());
        let note = Note { about: About::Mail, title, body, actions: Vec::new() };
        let both = |title: &str, body: &str| (title.to_owned(), body.to_owned());
        assert_eq!(texts(&note, true, true), both("<b>Ann</b>", "a &lt;i&gt;&amp;amp; b\nwork/INBOX"));
        assert_eq!(texts(&note, true, false), both("<b>Ann</b>", "a <i>&amp; b\nwork/INBOX"));
        assert_eq!(texts(&note, false, false), both("<b>Ann</b>: a <i>&amp; b", ""));
    }
}
