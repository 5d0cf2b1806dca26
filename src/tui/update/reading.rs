//! What a person does with a mail of the Mail pane: reads it, opens it elsewhere, marks it as seen.

use super::{requests, viewing};
use crate::tui::app::{App, Effect, Pane, Popup, Question, Reading, SoFar, Then};
use crate::tui::keymap::Action;
use crate::tui::requests::Request;
use mailwatch_engine::mail_text::MailText;
use mailwatch_proto::model::{MailKey, split_host};

/// Whether the keys are for a mail: one is read, or the pane has them.
pub fn has_keys(app: &App) -> bool {
    app.popups.reading().is_some() || (app.popups.open.is_none() && app.panes.focused == Pane::Mail)
}

/// The mail that a key is for, with its Message-ID.
fn chosen(app: &mut App) -> Option<(MailKey, Option<String>)> {
    let list = &app.engine.mails.came;
    let came = match app.popups.reading() {
        Some(reading) => list.iter().find(|came| came.key == reading.mail),
        None if app.panes.focused == Pane::Mail => list.selection(),
        None => None,
    };
    let chosen = came.map(|came| (came.key.clone(), came.message_id.clone()));
    if chosen.is_none() {
        let key = app.options.keys.show(Action::PaneMail);
        app.notices.say(format!("no mail is selected: {key} shows those that came"));
    }
    chosen
}

/// Why the mail's server is not to be asked now; said where it is not.
fn is_out_of_reach(app: &mut App, mail: &MailKey) -> bool {
    if app.options.viewed.is_some() {
        viewing::refuse(app);
        return true;
    }
    if app.engine.gone.is_some() {
        super::engine::say_gone(app);
        return true;
    }
    let host = split_host(&mail.watch.account).0.to_owned();
    if let Some(lost) = app.lost(&host) {
        let said = format!("there is no link to {}: its mails cannot be reached", lost.called());
        app.notices.say(said);
        return true;
    }
    false
}

/// Enter: reads the mail at the cursor.
pub fn open(app: &mut App) -> Vec<Effect> {
    if app.popups.reading().is_some() {
        return Vec::new();
    }
    let Some((mail, _)) = chosen(app) else { return Vec::new() };
    if is_out_of_reach(app, &mail) {
        return Vec::new();
    }
    let number = app.engine.mails.next_number(app.now);
    let so_far = SoFar::Asked(app.now.at);
    app.popups.open = Some(Popup::Reading(Reading { number, mail: mail.clone(), offset: 0, so_far }));
    vec![Effect::Request(Request::Read(number, mail))]
}

/// A mail came that was to be read, or why it did not.
pub fn read(app: &mut App, number: u64, read: Result<Box<MailText>, String>) {
    if let Some(reading) = app.popups.reading_mut().filter(|reading| reading.awaited() == Some(number)) {
        reading.so_far = match read {
            Ok(mail) => SoFar::Read(mail),
            Err(why) => SoFar::Failed(why),
        };
    }
}

/// The command that opens the mail elsewhere is run.
pub fn open_elsewhere(app: &mut App) -> Vec<Effect> {
    let Some((mail, message_id)) = chosen(app) else { return Vec::new() };
    vec![Effect::OpenMail(mail, message_id)]
}

/// Marks the mail as seen.
pub fn mark(app: &mut App) -> Vec<Effect> {
    let Some((mail, _)) = chosen(app) else { return Vec::new() };
    if is_out_of_reach(app, &mail) {
        return Vec::new();
    }
    seen(app, vec![mail])
}

/// Asks whether all mails that are shown are to be marked as seen.
pub fn mark_all(app: &mut App) {
    if !has_keys(app) {
        let key = app.options.keys.show(Action::PaneMail);
        return app.notices.say(format!("this is for the mails that {key} shows"));
    }
    let list = &app.engine.mails.came;
    let mails: Vec<_> = list.iter().filter(|came| !list.is_seen(came)).map(|came| came.key.clone()).collect();
    let Some(first) = mails.first().cloned() else {
        return app.notices.say("all the mails shown are seen already");
    };
    if is_out_of_reach(app, &first) {
        return;
    }
    let count = mails.len();
    let what = if count == 1 { "1 mail".to_owned() } else { format!("{count} mails") };
    app.popups.open = Some(Popup::Question(Question {
        title: "Mark as seen",
        text: vec![format!("Mark {what} as seen on the server: all that are shown here and not seen yet?")],
        yes: "mark them",
        then: Then::Seen(mails),
    }));
}

/// Has mails marked as seen.
pub fn seen(app: &mut App, mails: Vec<MailKey>) -> Vec<Effect> {
    let number = app.engine.mails.next_number(app.now);
    requests::run(app, "marking as seen", Request::Seen(number, mails))
}

/// Mails were marked, or not all of them.
pub fn marked(app: &mut App, mails: Vec<MailKey>, why: Option<String>) {
    let count = mails.len();
    for mail in mails {
        app.engine.mails.came.note_seen(mail);
    }
    app.notices.pending = None;
    app.notices.say(match (count, why) {
        (0, None) => "nothing was marked".to_owned(),
        (0, Some(why)) => format!("not marked: {why}"),
        (1, None) => "marked as seen".to_owned(),
        (count, None) => format!("{count} mails are marked as seen"),
        (count, Some(why)) => format!("{count} marked as seen, not all: {why}"),
    });
}
