//! The desktop's notification daemon, spoken to over D-Bus; elsewhere than on Linux and the BSDs what the system has in its
//! place.

use notify_rust::Notification;

use super::digest::{About, Note};
use mailwatch_proto::model::sanitise;

/// The sender that the daemon names.
const NAME: &str = "mailwatch-tui";

/// How much of an error is told, in characters.
const REASON: usize = 200;

/// Shows a note; blocks until the daemon has answered.
pub(super) fn show(note: &Note) -> Result<(), String> {
    build(note).and_then(|built| built.show()).map(drop).map_err(|error| sanitise(&error.to_string(), REASON))
}

#[cfg(all(unix, not(target_os = "macos")))]
fn build(note: &Note) -> notify_rust::error::Result<Notification> {
    use notify_rust::{Hint, Urgency};
    // Asked each time: a session may get another daemon while this program runs.
    let capabilities = notify_rust::get_capabilities()?;
    let can = |wanted: &str| capabilities.iter().any(|capability| capability == wanted);
    let (title, body) = texts(note, can("body"), can("body-markup"));
    let mut built = Notification::new();
    // Category and icon have names of freedesktop.org's: Desktop Notifications Specification, Icon Naming Specification.
    let (icon, category) = match note.about {
        About::Mail => ("mail-unread", "email.arrived"),
        About::Trouble => ("dialog-warning", "network.error"),
    };
    built.appname(NAME).summary(&title).body(&body).icon(icon);
    built.hint(Hint::Category(category.to_owned())).urgency(Urgency::Normal);
    Ok(built)
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
#[expect(clippy::unnecessary_wraps, reason = "the signature of the systems that are asked what they can")]
fn build(note: &Note) -> notify_rust::error::Result<Notification> {
    let mut built = Notification::new();
    built.appname(NAME).summary(&note.title).body(&note.body);
    Ok(built)
}

/// Title and body for a daemon with these capabilities. The title is never markup; the body is where `body-markup` is
/// among them (Desktop Notifications Specification 1.2), and must not be escaped where it is not.
#[cfg(all(unix, not(target_os = "macos")))]
fn texts(note: &Note, body: bool, markup: bool) -> (String, String) {
    match (body, markup) {
        (true, true) => (note.title.clone(), escape(&note.body)),
        (true, false) => (note.title.clone(), note.body.clone()),
        (false, _) => (format!("{}: {}", note.title, note.body.lines().next().unwrap_or_default()), String::new()),
    }
}

/// A text as markup that shows it as it is.
#[cfg(all(unix, not(target_os = "macos")))]
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

#[cfg(all(test, unix, not(target_os = "macos")))]
mod tests {
    use super::*;

    #[test]
    fn markup_is_escaped_where_it_is_rendered_and_nowhere_else() {
        let note =
            Note { about: About::Mail, title: "<b>Ann</b>".to_owned(), body: "a <i>&amp; b\nwork/INBOX".to_owned() };
        let both = |title: &str, body: &str| (title.to_owned(), body.to_owned());
        assert_eq!(texts(&note, true, true), both("<b>Ann</b>", "a &lt;i&gt;&amp;amp; b\nwork/INBOX"));
        assert_eq!(texts(&note, true, false), both("<b>Ann</b>", "a <i>&amp; b\nwork/INBOX"));
        assert_eq!(texts(&note, false, false), both("<b>Ann</b>: a <i>&amp; b", ""));
    }
}
