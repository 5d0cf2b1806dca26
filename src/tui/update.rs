//! What keys, the mouse, the engine and the program around do to the screen's state. One function for each input; what
//! must be done outside leaves as an [`Effect`]. Pure: no I/O, no clock, no terminal.

mod account_form;
mod actions;
mod answers;
mod attention;
mod commands;
mod copy;
mod engine;
mod events;
mod filtering;
mod hosts;
mod in_place;
mod keys;
mod mails;
mod mouse;
mod moving;
mod news;
mod palette;
mod reading;
mod replies;
mod requests;
mod search;
mod set_timers;
mod tuning;
mod unlock;
mod user_commands;
mod viewing;
mod welcome;

use crossterm::event::{Event as TermEvent, KeyEventKind};
use ratatui::layout::Size;

use super::app::{App, Effect, Input, Pane};
use super::clock::Now;
use super::layout::ScreenLayout;
use super::requests::Request;
use mailwatch_engine::link::NotTaken;

impl App {
    /// Shows the file that is looked at, if one is, at its moment.
    pub(super) fn show_file(&mut self) {
        viewing::show(self);
        if let Some(remark) = self.options.viewed.as_ref().and_then(|file| file.remark()) {
            self.notices.say(remark.to_owned());
        }
    }

    /// Takes in what came, at the moment for which counters are computed; returns what must be done outside.
    pub fn update(&mut self, input: Input, now: Now) -> Vec<Effect> {
        self.tick(now);
        let selected = self.watches.selected.clone();
        // What was answered is not awaited any more, whatever it says.
        let awaited = self.popups.awaited().filter(|_| !matches!(input, Input::Reply(_)));
        let effects = if self.options.viewed.is_some() {
            look(self, input)
        } else {
            let effects = apply(self, input, now);
            let effects = hosts::without_link(self, effects);
            engine::without_engine(self, effects)
        };
        let mut effects = effects;
        if let Some(number) = awaited.filter(|number| self.popups.awaited() != Some(*number)) {
            effects.push(Effect::Look(Request::StopReading(number)));
        }
        effects.extend(mails::look(self));
        effects.extend(mails::list(self));
        if self.popups.reopen() {
            self.filters.typing = None;
        }
        if self.watches.selected != selected {
            self.panes.wire_column = 0;
        }
        self.notices.pass(now.at);
        let layout = ScreenLayout::of(self, self.size);
        self.watches.keep_in_view(layout.watch_rows());
        self.engine.mails.came.keep_in_view(layout.list_rows(Pane::Mail));
        effects
    }
}

/// Takes in what a file is looked at with: nothing of an engine's, and nothing leaves that would reach one.
fn look(app: &mut App, input: Input) -> Vec<Effect> {
    let mut effects = match input {
        Input::Term(event) => term(app, event),
        Input::DoubleClick(at) => mouse::double_click(app, at),
        Input::Rested
        | Input::Board(_)
        | Input::Event(_)
        | Input::Earlier(_)
        | Input::NotTaken(_)
        | Input::Asked(..)
        | Input::Reply(_)
        | Input::NotRequested
        | Input::EngineEnded { .. }
        | Input::Unlocked(..)
        | Input::Reached(..)
        | Input::Linked(_)
        | Input::RanUsers(..) => Vec::new(),
        Input::Background(ground) => {
            app.show_on(ground);
            Vec::new()
        }
    };
    let asked = effects.len();
    effects.retain(|effect| match effect {
        Effect::Ask(..)
        | Effect::AskAll(_)
        | Effect::Request(_)
        | Effect::Look(_)
        | Effect::Unlock(_)
        | Effect::LinkAgain(_)
        | Effect::AskHost(_)
        | Effect::OpenMail(..)
        | Effect::Run(_)
        | Effect::RunUsers(..) => false,
        Effect::Suspend | Effect::Redraw | Effect::Leave(_) | Effect::Copy(_) | Effect::Keep(..) | Effect::Alert(_) => {
            true
        }
    });
    if effects.len() < asked {
        viewing::refuse(app);
    }
    effects
}

fn apply(app: &mut App, input: Input, now: Now) -> Vec<Effect> {
    match input {
        Input::Term(event) => return term(app, event),
        Input::DoubleClick(at) => return mouse::double_click(app, at),
        Input::Rested => return in_place::settle(app),
        Input::Board(board) => events::board(app, board),
        Input::Event(event) => events::event(app, event),
        Input::Earlier(events) => events::earlier(app, &events),
        Input::NotTaken(why) => app.notices.say(match why {
            NotTaken::Busy => "the watch is busy: press again",
            NotTaken::NoSuchWatch | NotTaken::Ended => "the watch has ended",
        }),
        Input::Asked(..) if app.engine.gone.is_some() => engine::say_gone(app),
        Input::Asked(command, count) => {
            let count = count - app.board.watches.keys().filter(|id| app.is_unheard(id)).count().min(count);
            app.notices.say(commands::asked(command, count));
        }
        Input::Reply(reply) => return replies::reply(app, reply),
        Input::NotRequested => requests::not_taken(app),
        Input::Reached(host, outcome) => unlock::reached(app, &host, outcome),
        Input::Unlocked(account, outcome) => return unlock::end(app, &account, outcome),
        Input::EngineEnded { why, standing_by } => engine::ended(app, why, standing_by, now),
        Input::Background(ground) => app.show_on(ground),
        Input::RanUsers(watch, arguments, end) => user_commands::ended(app, watch, &arguments, &end, now),
        Input::Linked(is) => engine::linked(app, is, now),
    }
    Vec::new()
}

fn term(app: &mut App, event: TermEvent) -> Vec<Effect> {
    match event {
        TermEvent::Key(key) if key.kind != KeyEventKind::Release => {
            app.watches.touched = true;
            keys::key(app, key)
        }
        TermEvent::Mouse(event) => {
            app.watches.touched = true;
            mouse::mouse(app, event)
        }
        TermEvent::Resize(width, height) => {
            app.size = Size::new(width, height);
            Vec::new()
        }
        TermEvent::Paste(text) => {
            keys::paste(app, text);
            Vec::new()
        }
        TermEvent::Key(_) | TermEvent::FocusGained | TermEvent::FocusLost => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
