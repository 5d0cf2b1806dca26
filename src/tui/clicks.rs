//! Finds double clicks: terminals report each press alone. The moments are arguments.

use std::time::{Duration, Instant};

use crossterm::event::{Event, MouseButton, MouseEventKind};
use ratatui::layout::Position;

use super::app::Input;

/// Two presses on one cell within this are one double click; desktops take 400 to 500 ms.
const DOUBLE: Duration = Duration::from_millis(400);

/// The press that may become the first of two.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clicks {
    last: Option<(Instant, Position)>,
}

impl Clicks {
    /// The input for a terminal's event at that moment. A third press begins anew.
    pub fn input(&mut self, event: Event, now: Instant) -> Input {
        let pressed = match &event {
            Event::Mouse(mouse) if mouse.kind == MouseEventKind::Down(MouseButton::Left) => {
                Some(Position::new(mouse.column, mouse.row))
            }
            // The release belongs to the press.
            Event::Mouse(mouse) if matches!(mouse.kind, MouseEventKind::Up(_)) => return Input::Term(event),
            Event::Mouse(_)
            | Event::Key(_)
            | Event::Paste(_)
            | Event::Resize(..)
            | Event::FocusGained
            | Event::FocusLost => None,
        };
        let first = self.last.take();
        let Some(at) = pressed else { return Input::Term(event) };
        if first.is_some_and(|(then, cell)| cell == at && now.saturating_duration_since(then) <= DOUBLE) {
            return Input::DoubleClick(at);
        }
        self.last = Some((now, at));
        Input::Term(event)
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent};

    use super::*;

    fn mouse(kind: MouseEventKind, column: u16) -> Event {
        Event::Mouse(MouseEvent { kind, column, row: 3, modifiers: KeyModifiers::NONE })
    }

    fn press(column: u16) -> Event {
        mouse(MouseEventKind::Down(MouseButton::Left), column)
    }

    /// Whether each event, so many milliseconds after the start, is a double click.
    fn doubles(events: &[(u64, Event)]) -> Vec<bool> {
        let base = Instant::now();
        let mut clicks = Clicks::default();
        let is_double = |(after, event): &(u64, Event)| {
            let input = clicks.input(event.clone(), base + Duration::from_millis(*after));
            matches!(input, Input::DoubleClick(Position { x: 7, y: 3 }))
        };
        events.iter().map(is_double).collect()
    }

    #[test]
    fn two_presses_on_one_cell_are_a_double_click_and_a_third_begins_anew() {
        let release = || mouse(MouseEventKind::Up(MouseButton::Left), 7);
        let events = [(0, press(7)), (50, release()), (300, press(7)), (350, release()), (500, press(7))];
        assert_eq!(doubles(&events), [false, false, true, false, false]);
    }

    #[test]
    fn slow_presses_others_places_and_a_key_between_are_two_clicks() {
        assert_eq!(doubles(&[(0, press(7)), (401, press(7))]), [false, false]);
        assert_eq!(doubles(&[(0, press(6)), (100, press(7))]), [false, false]);
        let key = Event::Key(KeyEvent::new(KeyCode::Down, KeyModifiers::NONE));
        assert_eq!(doubles(&[(0, press(7)), (50, key), (100, press(7))]), [false, false, false]);
    }
}
