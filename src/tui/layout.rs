//! Where everything stands, as a function of the size and of what is focused. Drawing and the mouse read the same.

use ratatui::layout::{Position, Rect, Size};

use super::app::{App, Pane};
use super::titles;

/// Narrower than this, one pane is seen at a time and a watch is one short line.
const COMPACT_WIDTH: u16 = 60;

/// Lower than this, one pane is seen at a time.
const COMPACT_BODY: u16 = 12;

/// From here on all four panes fit.
const FULL: Size = Size::new(78, 20);

/// From here on watches and timers stand side by side.
const WIDE: Size = Size::new(150, 30);

/// What a filter needs beside the tabs to be read.
const LEAST_BESIDE: u16 = 19;

/// The timers, the last DONE, a chart of fourteen rows, what is concluded, and the border.
const TIMERS_WITH_CHART: u16 = 25;

/// Where everything stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScreenLayout {
    /// The first row.
    pub headline: Rect,
    /// A fault of the program's own, under the headline.
    pub banner: Option<Rect>,
    /// The panes' names, where one is seen at a time.
    pub tabs: Option<Rect>,
    /// Where each of the names stands: the whole name where there is room, else the digit.
    pub slots: Vec<(Pane, Rect)>,
    /// The visible panes, borders included.
    pub panes: Vec<(Pane, Rect)>,
    /// Whether panes have borders.
    pub bordered: bool,
    /// The keys.
    pub footer: Option<Rect>,
}

impl ScreenLayout {
    /// Lays out a screen of that size.
    #[must_use]
    pub fn of(app: &App, size: Size) -> Self {
        let mut rest = Rect::new(0, 0, size.width, size.height);
        if rest.is_empty() {
            return Self::default();
        }
        let headline = cut_top(&mut rest, 1);
        let banner = (app.banner().is_some() && size.height >= 8).then(|| cut_top(&mut rest, 1));
        let footer = (size.height >= 4).then(|| cut_bottom(&mut rest, 1));
        let compact = size.width < COMPACT_WIDTH || rest.height < COMPACT_BODY;
        let tabs = (compact && rest.height >= 3).then(|| cut_top(&mut rest, 1));
        let panes = if compact || app.panes.zoom {
            vec![(app.panes.focused, rest)]
        } else if rest.width >= WIDE.width && rest.height >= WIDE.height {
            wide(rest, app)
        } else if rest.width >= FULL.width && rest.height >= FULL.height {
            full(rest, app)
        } else {
            stacked(rest, app)
        };
        let slots = tabs.map_or_else(Vec::new, |tabs| slots(app, tabs));
        Self { headline, banner, tabs, slots, panes, bordered: !compact, footer }
    }

    /// The inside of a pane, if it is visible.
    #[must_use]
    pub fn inside(&self, pane: Pane) -> Option<Rect> {
        let (_, area) = self.panes.iter().find(|(shown, _)| *shown == pane)?;
        Some(self.inner(*area))
    }

    /// The inside of an area of a pane.
    #[must_use]
    pub const fn inner(&self, area: Rect) -> Rect {
        if !self.bordered {
            return area;
        }
        Rect {
            x: area.x.saturating_add(1),
            y: area.y.saturating_add(1),
            width: area.width.saturating_sub(2),
            height: area.height.saturating_sub(2),
        }
    }

    /// Rows of the watches' table, without its header; at least 1.
    #[must_use]
    pub fn watch_rows(&self) -> usize {
        self.watch_table().map_or(1, |area| usize::from(area.height).max(1))
    }

    /// Rows of a pane's list; at least 1.
    #[must_use]
    pub fn list_rows(&self, pane: Pane) -> usize {
        match pane {
            Pane::Watches | Pane::Timers => self.watch_rows(),
            Pane::Log | Pane::Wire => self.inside(pane).map_or(1, |area| usize::from(area.height).max(1)),
        }
    }

    /// The rows of the watches' table, without its header, which only stands where there is room.
    #[must_use]
    pub fn watch_table(&self) -> Option<Rect> {
        let inner = self.inside(Pane::Watches)?;
        let header = u16::from(self.bordered && inner.height > 1);
        Some(Rect { y: inner.y + header, height: inner.height - header, ..inner })
    }

    /// The row of the watches' column names, where there is one.
    #[must_use]
    pub fn watch_header(&self) -> Option<Rect> {
        let inner = self.inside(Pane::Watches)?;
        (self.watch_table()?.y > inner.y).then_some(Rect { height: 1, ..inner })
    }

    /// The pane at a position.
    #[must_use]
    pub fn pane_at(&self, at: Position) -> Option<Pane> {
        self.panes.iter().find(|(_, area)| area.contains(at)).map(|(pane, _)| *pane)
    }

    /// The visible row of the watches' table at a position.
    #[must_use]
    pub fn watch_row_at(&self, at: Position) -> Option<usize> {
        let table = self.watch_table()?;
        table.contains(at).then(|| usize::from(at.y - table.y))
    }

    /// The tab at a position.
    #[must_use]
    pub fn tab_at(&self, at: Position) -> Option<Pane> {
        self.slots.iter().find(|(_, slot)| slot.contains(at)).map(|(pane, _)| *pane)
    }

    /// What the tabs leave of their row, less a blank at each side.
    #[must_use]
    pub fn beside_tabs(&self) -> Option<Rect> {
        let tabs = self.tabs?;
        let (_, last) = self.slots.last()?;
        let x = last.right().saturating_add(1);
        Some(Rect { x, width: tabs.right().saturating_sub(x + 1), ..tabs })
    }
}

/// The tabs' places. All names, or the focused one's alone where the others would take the room of something that
/// matters more, or digits.
fn slots(app: &App, tabs: Rect) -> Vec<(Pane, Rect)> {
    const DIGIT: u16 = 3;
    // Two blanks around the digit, a blank and the name.
    let named = |pane: Pane| u16::try_from(pane.name().len()).unwrap_or(0) + 4;
    let all: u16 = Pane::ALL.into_iter().map(named).sum();
    let one = named(app.panes.focused) + 3 * DIGIT;
    let beside = if titles::matters(app, app.panes.focused) { LEAST_BESIDE } else { 0 };
    let mut x = tabs.x;
    let mut slots = Vec::new();
    for pane in Pane::ALL {
        let whole = all + beside <= tabs.width || (pane == app.panes.focused && one + beside <= tabs.width);
        let width = if whole { named(pane) } else { DIGIT };
        slots.push((pane, Rect { x, width, ..tabs }.intersection(tabs)));
        x = x.saturating_add(width);
    }
    slots
}

fn cut_top(rest: &mut Rect, height: u16) -> Rect {
    let height = height.min(rest.height);
    let top = Rect { height, ..*rest };
    rest.y += height;
    rest.height -= height;
    top
}

fn cut_bottom(rest: &mut Rect, height: u16) -> Rect {
    let height = height.min(rest.height);
    rest.height -= height;
    Rect { y: rest.y + rest.height, height, ..*rest }
}

fn cut_left(rest: &mut Rect, width: u16) -> Rect {
    let width = width.min(rest.width);
    let left = Rect { width, ..*rest };
    rest.x += width;
    rest.width -= width;
    left
}

/// What the table of watches would like: its rows, header and border.
fn table_height(app: &App) -> u16 {
    u16::try_from(app.watches.rows.len().max(2)).unwrap_or(u16::MAX).saturating_add(3)
}

/// The watches, under them one other pane: the focused one, or the log.
fn stacked(mut rest: Rect, app: &App) -> Vec<(Pane, Rect)> {
    let below = if app.panes.focused == Pane::Watches { Pane::Log } else { app.panes.focused };
    let height = table_height(app).min(rest.height / 2);
    let top = cut_top(&mut rest, height);
    vec![(Pane::Watches, top), (below, rest)]
}

/// Watches; timers beside the log; wire.
fn full(mut rest: Rect, app: &App) -> Vec<(Pane, Rect)> {
    let height = table_height(app).min(rest.height * 2 / 5);
    let top = cut_top(&mut rest, height);
    let height = (rest.height * 3 / 5).max(8);
    let mut middle = cut_top(&mut rest, height);
    let timers = cut_left(&mut middle, (rest.width * 45 / 100).clamp(38, 58));
    vec![(Pane::Watches, top), (Pane::Timers, timers), (Pane::Log, middle), (Pane::Wire, rest)]
}

/// Two columns: watches over the log, the timers with their chart over the wire. Each is divided for itself: few watches
/// leave their room to the log, hundreds take most of it.
fn wide(mut rest: Rect, app: &App) -> Vec<(Pane, Rect)> {
    let width = rest.width * 63 / 100;
    let mut left = cut_left(&mut rest, width);
    let watches = table_height(app).clamp(12, left.height * 3 / 5);
    let watches = cut_top(&mut left, watches);
    let timers = TIMERS_WITH_CHART.min(rest.height / 2);
    let timers = cut_top(&mut rest, timers);
    vec![(Pane::Watches, watches), (Pane::Timers, timers), (Pane::Log, left), (Pane::Wire, rest)]
}
