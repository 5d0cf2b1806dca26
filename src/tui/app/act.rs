//! What each action does. Every action of the table is matched here, once.

use super::{App, Details, Effect, FilterTarget, Leave, Pane, Popup};
use crate::tui::draw;
use crate::tui::keymap::Action;
use crate::tui::ring::View;
use mailwatch_proto::model::{Command, Phase};

/// How far the wire's lines move sideways at once.
const SIDE_STEP: usize = 8;

/// Farther than a kept line is long.
const SIDE_MAX: usize = 1000;

impl App {
    /// Does what a key, or a click on its name, stands for.
    pub(super) fn act(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Done => return self.done(),
            Action::DoneAll => return vec![Effect::AskAll(Command::Done)],
            Action::Reconnect => return self.ask(Command::Reconnect),
            Action::Pause => return self.pause(),
            Action::Longer => return self.step_reissue(true),
            Action::Shorter => return self.step_reissue(false),
            Action::Undo => return self.undo(),
            Action::Tune => self.toggle_tuning(),
            Action::Filter => self.start_filter(),
            Action::Verbose => self.log.next_kind(),
            Action::NextPane => self.pane = self.pane.step(1),
            Action::PreviousPane => self.pane = self.pane.step(Pane::ALL.len() - 1),
            Action::PaneWatches => self.pane = Pane::Watches,
            Action::PaneTimers => self.pane = Pane::Timers,
            Action::PaneLog => self.pane = Pane::Log,
            Action::PaneWire => self.pane = Pane::Wire,
            Action::Zoom => self.zoom = !self.zoom,
            Action::Details if matches!(self.popup, Some(Popup::Welcome(_))) => return self.go_chosen(),
            Action::Details if self.folds() => self.toggle_fold(),
            Action::Details => self.toggle_details(),
            Action::Sort => self.next_sort(),
            Action::Group => self.toggle_groups(),
            Action::Scope => self.next_scope(),
            Action::Special => return self.toggle_special(),
            Action::Save => return self.save_tuned(),
            Action::Evidence => return self.write_evidence(),
            Action::Reload => return self.reload(),
            Action::AddAccount => self.open_form(),
            Action::NextField => return self.next_field(true),
            Action::PreviousField => return self.next_field(false),
            Action::Press => return self.press(),
            Action::Up => self.move_by(-1),
            Action::Down => self.move_by(1),
            Action::PageUp => self.move_page(-self.page()),
            Action::PageDown => self.move_page(self.page()),
            Action::First => self.move_by(i64::from(i32::MIN)),
            Action::Last => self.move_by(i64::from(i32::MAX)),
            Action::NextWatch => self.step_watch(true),
            Action::PreviousWatch => self.step_watch(false),
            Action::Left => return self.sideways(false),
            Action::Right => return self.sideways(true),
            Action::Freeze => self.toggle_freeze(),
            Action::Redraw => return vec![Effect::Redraw],
            Action::Suspend => return vec![Effect::Suspend],
            Action::Close if matches!(self.popup, Some(Popup::Form)) => {
                let effects = self.close_form();
                if self.form.is_none() {
                    self.popup = None;
                }
                return effects;
            }
            Action::Close => self.close(),
            Action::Quit => return vec![Effect::Leave(Leave::Quit)],
            Action::Help => {
                self.popup = match self.popup {
                    Some(Popup::Help(_)) => None,
                    Some(
                        Popup::Details(_) | Popup::Tuning(_) | Popup::Problem(_) | Popup::Welcome(_) | Popup::Form,
                    )
                    | None => Some(Popup::Help(0)),
                }
            }
            Action::Follow => self.toggle_follow(),
            Action::OnlyWatch => self.toggle_only(),
            Action::NextMatch => self.find(true),
            Action::PreviousMatch => self.find(false),
            Action::Copy => return self.copy_line(),
            Action::CopyTrace => return self.copy_all(),
            Action::Wrap => self.wire_wrap = !self.wire_wrap,
        }
        Vec::new()
    }

    /// Asks the selected watch; under an account's heading, each of its watches.
    fn ask(&mut self, command: Command) -> Vec<Effect> {
        let watches = self.selected_watches();
        if watches.is_empty() {
            self.notice = Some("no watch is selected".to_owned());
        }
        watches.into_iter().map(|id| Effect::Ask(id, command)).collect()
    }

    /// A failed watch has no connection that could take DONE: silence would look like a dead key.
    fn done(&mut self) -> Vec<Effect> {
        if self.heading.is_none() && self.selection().is_some_and(|snapshot| matches!(snapshot.phase, Phase::Failed)) {
            let reconnect = self.options.keys.show(Action::Reconnect);
            self.notice = Some(format!("the watch has failed: mend the cause, then reconnect with {reconnect}"));
            return Vec::new();
        }
        self.ask(Command::Done)
    }

    fn pause(&mut self) -> Vec<Effect> {
        let rests = |id| self.board.watches.get(id).is_none_or(|snapshot| matches!(snapshot.phase, Phase::Paused));
        let rests = self.selected_watches().iter().all(rests);
        self.ask(if rests { Command::Resume } else { Command::Pause })
    }

    fn start_filter(&mut self) {
        if let Some(Popup::Help(offset)) = &mut self.popup {
            *offset = 0;
            self.typing = Some(FilterTarget::Help);
            return;
        }
        self.popup = None;
        self.pane = match self.pane {
            Pane::Watches | Pane::Timers => Pane::Watches,
            Pane::Log | Pane::Wire => self.pane,
        };
        self.typing = Some(FilterTarget::Pane(self.pane));
    }

    /// The details of the selected watch; in the log those of the cursor's, with its line.
    fn toggle_details(&mut self) {
        if self.popup.take().is_some() {
            return;
        }
        let entry = (self.pane == Pane::Log && self.log.view != View::Follow)
            .then(|| self.log.cursor().and_then(|at| self.log.get(at)).cloned())
            .flatten();
        let watch = entry.as_ref().and_then(|entry| entry.watch.as_ref());
        if let Some(at) = watch.and_then(|watch| self.rows.iter().position(|row| row.watch() == Some(watch))) {
            self.select(at);
        }
        if self.selected.is_some() {
            self.popup = Some(Popup::Details(Details { offset: 0, entry }));
        }
    }

    /// The next watch of the table or the one before, whatever has the keys; around the end.
    fn step_watch(&mut self, forward: bool) {
        let at = self.position();
        let watches = || self.rows.iter().enumerate().filter(|(_, row)| row.watch().is_some()).map(|(index, _)| index);
        let target = if forward {
            watches().find(|index| at.is_none_or(|at| *index > at)).or_else(|| watches().next())
        } else {
            watches().rev().find(|index| at.is_none_or(|at| *index < at)).or_else(|| watches().next_back())
        };
        let Some(target) = target else { return };
        self.select(target);
        if let Some(Popup::Details(details)) = &mut self.popup {
            // The line was another watch's.
            details.entry = None;
        }
    }

    /// Esc: the popup, then the pane's filter, then the zoom.
    fn close(&mut self) {
        if matches!(self.popup, Some(Popup::Help(_))) && self.filters.remove(&FilterTarget::Help).is_some() {
            return;
        }
        if matches!(self.popup, Some(Popup::Welcome(_))) {
            self.notice = Some(format!("{} leaves", self.options.keys.show(Action::Quit)));
            return;
        }
        if self.popup.take().is_some() {
            return;
        }
        // The timers are those of a row of the table: what is shown of it is the watches' filter's.
        let pane = if self.pane == Pane::Timers { Pane::Watches } else { self.pane };
        let field = FilterTarget::Pane(pane);
        if self.filters.contains_key(&field) {
            self.set_filter(field, String::new());
        } else {
            self.zoom = false;
        }
    }

    /// Moves in what has the keys; up is negative.
    pub(super) fn move_by(&mut self, by: i64) {
        match &mut self.popup {
            Some(Popup::Help(_) | Popup::Details(_) | Popup::Problem(_) | Popup::Form) => self.scroll_popup(by),
            Some(Popup::Welcome(_)) => self.choose(by),
            Some(Popup::Tuning(_)) => self.move_tuning(by),
            None => self.move_pane(self.pane, by),
        }
    }

    /// In the tuning popup a page is one of the text; the rows are the timers.
    fn move_page(&mut self, by: i64) {
        if matches!(self.popup, Some(Popup::Tuning(_))) {
            self.scroll_tuning(by);
        } else {
            self.move_by(by);
        }
    }

    pub(super) fn move_pane(&mut self, pane: Pane, by: i64) {
        match pane {
            Pane::Watches | Pane::Timers => self.select_by(by),
            Pane::Log => {
                let (first, end) = (self.log.first(), self.log.end());
                let height = draw::log_top_page(self);
                let mut view = self.log.view;
                view.navigate(by, (first, end), height, |at| draw::log_fit(self, at));
                self.log.view = view;
            }
            Pane::Wire => {
                let (needle, height) = (self.filter(Pane::Wire).to_lowercase(), draw::wire_top_page(self));
                let Some(history) = self.history() else { return };
                let view = history.navigated(by, &history.shown(&needle), height, |row| draw::wire_fit(self, row));
                if let Some(history) = self.selected.as_ref().and_then(|id| self.histories.get_mut(id)) {
                    history.view = view;
                }
            }
        }
    }

    fn select_by(&mut self, by: i64) {
        let Some(last) = self.rows.len().checked_sub(1) else { return };
        let position = self.position().unwrap_or(0) as u64;
        let target = position.saturating_add_signed(by).min(last as u64);
        self.select(usize::try_from(target).unwrap_or(last));
    }

    fn scroll_popup(&mut self, by: i64) {
        let (rows, height) = draw::popup_extent(self);
        let most = rows.saturating_sub(height) as u64;
        if let (Some(Popup::Form), Some(form)) = (&self.popup, &self.form) {
            let from = form.scroll.unwrap_or_else(|| draw::popup_offset(self)) as u64;
            let target = usize::try_from(from.saturating_add_signed(by).min(most)).unwrap_or(0);
            if let Some(form) = &mut self.form {
                form.scroll = Some(target);
            }
            return;
        }
        if let Some(offset) = self.popup.as_mut().and_then(Popup::offset_mut) {
            let target = (*offset as u64).saturating_add_signed(by).min(most);
            *offset = usize::try_from(target).unwrap_or(0);
        }
    }

    /// A page less a line of context.
    fn page(&self) -> i64 {
        let height = match self.popup {
            Some(Popup::Help(_) | Popup::Details(_) | Popup::Tuning(_) | Popup::Problem(_) | Popup::Form) => {
                draw::popup_extent(self).1
            }
            Some(Popup::Welcome(_)) => 1,
            None => self.layout().list_rows(self.pane),
        };
        i64::try_from(height.saturating_sub(1).max(1)).unwrap_or(1)
    }

    fn sideways(&mut self, right: bool) -> Vec<Effect> {
        if matches!(self.popup, Some(Popup::Tuning(_))) {
            return self.step_tuned(right);
        }
        if matches!(self.popup, Some(Popup::Form)) {
            self.turn(right);
        }
        if self.popup.is_none() && self.pane == Pane::Watches && self.arrangement.grouped {
            self.fold(!right);
        }
        if self.popup.is_none() && self.pane == Pane::Wire {
            let column = self.wire_column;
            self.wire_column =
                if right { (column + SIDE_STEP).min(SIDE_MAX) } else { column.saturating_sub(SIDE_STEP) };
        }
        Vec::new()
    }
}
