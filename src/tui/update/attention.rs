//! The attention line's keys: the fix that is offered, after a question where it needs one, and the way to the next trouble.

use super::{requests, set_timers};
use crate::tui::app::{App, Effect, FilterTarget, Pane, Popup, Question, Then, Totals};
use crate::tui::attention::{self, Remedy};
use crate::tui::keymap::Action;
use crate::tui::log::Kind;
use crate::tui::requests::{Place, Request, ShareOrder, Tuned};
use mailwatch_engine::browser::opener;
use mailwatch_proto::model::{Command, FaultClass, Setting, Timer, show_clock};

impl App {
    /// Looks anew what all watches are, and what is wrong now.
    pub fn look_around(&mut self) {
        self.watches.totals = Totals::of(self);
        self.notices.attentions = attention::list(self);
    }
}

/// Does what the attention line offers.
pub fn mend(app: &mut App) -> Vec<Effect> {
    let Some(attention) = app.notices.attention().cloned() else {
        app.notices.say("nothing is wrong");
        return Vec::new();
    };
    match attention.remedy {
        Remedy::Reissue(account, to) => {
            let watches = crate::tui::app::of_account(&app.board, &account).cloned().collect();
            let effects = set_timers::set_of(app, watches, Timer::Reissue, Setting::Value(Some(to)));
            let undo = app.options.keys.show(Action::Undo);
            let setting = Setting::Value(Some(to));
            let tuned = vec![Tuned { place: Place::Account(account.clone()), timer: Timer::Reissue, setting }];
            app.popups.open = Some(Popup::Question(Question {
                title: "A shorter reissue",
                text: vec![
                    format!("Every IDLE of {account} ends after {} from now on, before it is too old.", show_clock(to)),
                    format!("{undo} undoes this. Write it into the configuration too?"),
                ],
                yes: "save it",
                then: Then::Save(tuned),
            }));
            effects
        }
        Remedy::Try(watches) => {
            let noun = if watches.len() == 1 { "watch" } else { "watches" };
            let fault = watches.first().and_then(|id| app.board.watches.get(id)?.fault.as_ref());
            // No key passes the limit on logins.
            let is_refused = fault.is_some_and(|fault| fault.class == FaultClass::Auth);
            let unless = if is_refused { ", unless too many logins were refused" } else { "" };
            app.notices.say(format!("trying {} {noun} now{unless}", watches.len()));
            watches.into_iter().map(|id| Effect::Ask(id, Command::Reconnect)).collect()
        }
        Remedy::Done(watches) => watches.into_iter().map(|id| Effect::Ask(id, Command::Done)).collect(),
        Remedy::LogIn(account) | Remedy::Unlock(account) => super::unlock::of_account(app, &account),
        Remedy::Share(account, connections) => {
            let noun = if connections == 1 { "connection" } else { "connections" };
            app.popups.open = Some(Popup::Question(Question {
                title: "Share connections",
                text: vec![
                    format!("The server allows {account} {connections} {noun} and refuses more."),
                    format!("With max_connections = {connections} in the configuration the program asks for no more."),
                    "Its mailboxes share them, as they do now; it reconnects.".to_owned(),
                ],
                yes: "share them",
                then: Then::Share(ShareOrder { account: account.to_string(), connections }),
            }));
            Vec::new()
        }
        Remedy::AskHost(host) => vec![Effect::AskHost(host)],
        Remedy::TryHost(host) => super::hosts::try_again(app, &host),
        Remedy::Reload => requests::reload(app),
        Remedy::Report => requests::write_evidence(app),
        Remedy::Open(address) => {
            app.popups.open = Some(Popup::Question(Question {
                title: "Open a page",
                text: vec!["The server asks you to open this page in a browser:".to_owned(), address.clone()],
                yes: "open it",
                then: Then::Open(address),
            }));
            Vec::new()
        }
        Remedy::ShowTrouble => {
            app.popups.open = None;
            app.panes.focus(Pane::Log);
            super::filtering::clear(app, FilterTarget::Pane(Pane::Log));
            app.log.show_kind(Kind::Trouble);
            app.notices.say("the log shows only trouble: v shows other kinds");
            Vec::new()
        }
    }
}

/// Goes to the next trouble, and to its watch.
pub fn next(app: &mut App) {
    if app.notices.attentions.is_empty() {
        return app.notices.say("nothing is wrong");
    }
    app.notices.attention = (app.notices.attention_at() + 1) % app.notices.attentions.len();
    if let Some(watch) = app.notices.attention().and_then(|attention| attention.watch.clone()) {
        app.watches.select_watch(&watch, &app.board);
    }
}

/// The question that is open is answered with yes.
pub fn answer(app: &mut App) -> Vec<Effect> {
    let Some(Popup::Question(question)) = app.popups.open.take() else { return Vec::new() };
    match question.then {
        Then::Save(tuned) => requests::run(app, "saving", Request::Save(tuned)),
        Then::Share(order) => requests::run(app, "sharing connections", Request::Share(order)),
        Then::Seen(mails) => super::reading::seen(app, mails),
        Then::Open(address) => {
            app.notices.say(format!("opening {address}"));
            vec![Effect::Run(opener(address))]
        }
    }
}
