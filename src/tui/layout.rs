//! Where everything stands, from the size and what is focused. Drawing and the mouse read the same.

use ratatui::layout::Constraint::{Fill, Length};
use ratatui::layout::{Layout, Position, Rect, Size};

use super::app::{App, Pane};
use super::titles;

/// On narrower screens one pane is seen at a time, and a watch is one short line.
const COMPACT_WIDTH: u16 = 60;

/// On lower ones one pane is seen at a time.
const COMPACT_BODY: u16 = 12;

/// From here on all four panes fit.
const FULL: Size = Size::new(78, 20);

/// From here on watches and timers stand side by side.
const WIDE: Size = Size::new(150, 30);

/// From this height on the mails have a row with the columns' names.
const MAIL_HEADER: u16 = 6;

/// The height of a table of five watches.
const FEW: u16 = 8;

/// What a filter beside the tabs needs to be readable, and what it needs to be seen at all.
const LEAST_BESIDE: u16 = 19;
const FILTER_BESIDE: u16 = 12;

/// The timers, the last DONE, a chart of fourteen rows, what is concluded, and the border.
const TIMERS_WITH_CHART: u16 = 25;

/// Where everything stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScreenLayout {
    /// The first row.
    pub headline: Rect,
    /// The time line of a file, below it.
    pub time_line: Option<Rect>,
    /// A fault of the program's own, below the headline.
    pub banner: Option<Rect>,
    /// The panes' names, if one pane is seen at a time.
    pub tabs: Option<Rect>,
    /// Where each of the names stands: the whole name if there is room, else the digit.
    pub slots: Vec<(Pane, Rect)>,
    /// The visible panes, borders included.
    pub panes: Vec<(Pane, Rect)>,
    /// Whether panes have borders.
    pub bordered: bool,
    /// What is wrong, and what mends it.
    pub attention: Option<Rect>,
    /// The keys.
    pub footer: Option<Rect>,
}

impl ScreenLayout {
    /// Lays out a screen of that size.
    #[must_use]
    pub fn of(app: &App, size: Size) -> Self {
        let screen = Rect::from((Position::ORIGIN, size));
        if screen.is_empty() {
            return Self::default();
        }
        let has_banner = app.banner().is_some() && size.height >= 8;
        let has_footer = size.height >= 4;
        let has_time_line = app.options.viewed.is_some() && size.height >= 5;
        let (banner_rows, footer_rows) = (u16::from(has_banner), u16::from(has_footer));
        let time_rows = u16::from(has_time_line);
        let has_attention = !app.notices.attentions.is_empty() && size.height >= 7;
        let attention_rows = u16::from(has_attention);
        let body = size.height - 1 - time_rows - banner_rows - footer_rows - attention_rows;
        let compact = size.width < COMPACT_WIDTH || body < COMPACT_BODY;
        let has_tabs = compact && body >= 3;
        let tab_rows = u16::from(has_tabs);
        let rows = [
            Length(1),
            Length(time_rows),
            Length(banner_rows),
            Length(tab_rows),
            Fill(1),
            Length(attention_rows),
            Length(footer_rows),
        ];
        let [headline, time_line, banner, tabs, body, mut attention, footer] = Layout::vertical(rows).areas(screen);
        let mut panes = if compact || app.panes.zoom {
            vec![(app.panes.focused, body)]
        } else if body.width >= WIDE.width && body.height >= WIDE.height {
            wide(body, app)
        } else if body.width >= FULL.width && body.height >= FULL.height {
            full(body, app)
        } else {
            stacked(body, app)
        };
        // It stands below the watches, where they go from edge to edge; the panes below them make room.
        if let Some((Pane::Watches, watches)) = panes.first().copied()
            && has_attention
            && watches.width == body.width
            && watches.height < body.height
        {
            attention.y = watches.bottom();
            for (_, area) in panes.iter_mut().skip(1) {
                area.y += 1;
            }
        }
        let attention = has_attention.then_some(attention);
        let tabs = has_tabs.then_some(tabs);
        let slots = tabs.map_or_else(Vec::new, |tabs| slots(app, tabs));
        let (banner, footer) = (has_banner.then_some(banner), has_footer.then_some(footer));
        let time_line = has_time_line.then_some(time_line);
        Self { headline, time_line, banner, tabs, slots, panes, bordered: !compact, attention, footer }
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
            Pane::Mail => self.mail_table().map_or(1, |area| usize::from(area.height).max(1)),
            Pane::Log | Pane::Wire => self.inside(pane).map_or(1, |area| usize::from(area.height).max(1)),
        }
    }

    /// The rows of the watches' table, without its header.
    #[must_use]
    pub fn watch_table(&self) -> Option<Rect> {
        let inner = self.inside(Pane::Watches)?;
        let header = u16::from(self.bordered && inner.height > 1);
        Some(Rect { y: inner.y + header, height: inner.height - header, ..inner })
    }

    /// The rows of the mails, without their header.
    #[must_use]
    pub fn mail_table(&self) -> Option<Rect> {
        let inner = self.inside(Pane::Mail)?;
        let header = u16::from(self.bordered && inner.height >= MAIL_HEADER);
        Some(Rect { y: inner.y + header, height: inner.height - header, ..inner })
    }

    /// The visible row of the mails at a position.
    #[must_use]
    pub fn mail_row_at(&self, at: Position) -> Option<usize> {
        let table = self.mail_table()?;
        table.contains(at).then(|| usize::from(at.y - table.y))
    }

    /// The row of the column names, if there is room for it.
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

    /// The room that the tabs leave in their row, less a blank at each side.
    #[must_use]
    pub fn beside_tabs(&self) -> Option<Rect> {
        let tabs = self.tabs?;
        let (_, last) = self.slots.last()?;
        let x = last.right().saturating_add(1);
        Some(Rect { x, width: tabs.right().saturating_sub(x + 1), ..tabs })
    }
}

/// Where the panes' names stand: all names, or the focused one's alone where the others would take the room of
/// something that matters more, or digits; on the narrowest screens only the focused one's. `Tabs` has no such choice, and does not say where a click hits.
fn slots(app: &App, tabs: Rect) -> Vec<(Pane, Rect)> {
    const DIGIT: u16 = 3;
    // Two blanks around the digit, a blank and the name.
    let named = |pane: Pane| u16::try_from(pane.name().len()).unwrap_or(0) + 4;
    let all: u16 = Pane::ALL.into_iter().map(named).sum();
    let one = named(app.panes.focused) + 3 * DIGIT;
    let beside = if titles::matters(app, app.panes.focused) { LEAST_BESIDE } else { 0 };
    let digits = DIGIT * u16::try_from(Pane::ALL.len()).unwrap_or(0);
    let alone = beside > 0 && digits + FILTER_BESIDE > tabs.width;
    let mut x = tabs.x;
    let mut slots = Vec::new();
    for pane in Pane::ALL.into_iter().filter(|pane| !alone || *pane == app.panes.focused) {
        let whole = all + beside <= tabs.width || (pane == app.panes.focused && one + beside <= tabs.width);
        let width = if whole { named(pane) } else { DIGIT };
        slots.push((pane, Rect { x, width, ..tabs }.intersection(tabs)));
        x = x.saturating_add(width);
    }
    slots
}

/// The height that the table of watches asks for: its rows, header and border.
fn table_height(app: &App) -> u16 {
    u16::try_from(app.watches.rows.len().max(2)).unwrap_or(u16::MAX).saturating_add(3)
}

/// The watches; below them one other pane: the focused one, or the log or the mails.
fn stacked(body: Rect, app: &App) -> Vec<(Pane, Rect)> {
    let other = if app.panes.focused == Pane::Watches { app.panes.log_or_mail() } else { app.panes.focused };
    let height = table_height(app).min(body.height / 2);
    let [top, below] = Layout::vertical([Length(height), Fill(1)]).areas(body);
    vec![(Pane::Watches, top), (other, below)]
}

/// The watches; the timers beside the log; the wire.
fn full(body: Rect, app: &App) -> Vec<(Pane, Rect)> {
    // Five watches are all seen, whatever the height; more take up to a half.
    let top = table_height(app).min((body.height / 2).max(FEW));
    let middle = ((body.height - top) * 3 / 5).max(7);
    let [watches, middle, wire] = Layout::vertical([Length(top), Length(middle), Fill(1)]).areas(body);
    let width = (body.width * 45 / 100).clamp(38, 58);
    let [timers, log] = Layout::horizontal([Length(width), Fill(1)]).areas(middle);
    vec![(Pane::Watches, watches), (Pane::Timers, timers), (app.panes.log_or_mail(), log), (Pane::Wire, wire)]
}

/// Two columns: the watches over the log, the timers with their chart over the wire. Each is divided by itself: few
/// watches leave their room to the log, hundreds take most of it.
fn wide(body: Rect, app: &App) -> Vec<(Pane, Rect)> {
    let [left, right] = Layout::horizontal([Length(body.width * 63 / 100), Fill(1)]).areas(body);
    let height = table_height(app).clamp(12, body.height * 3 / 5);
    let [watches, log] = Layout::vertical([Length(height), Fill(1)]).areas(left);
    let height = TIMERS_WITH_CHART.min(body.height / 2);
    let [timers, wire] = Layout::vertical([Length(height), Fill(1)]).areas(right);
    vec![(Pane::Watches, watches), (Pane::Timers, timers), (app.panes.log_or_mail(), log), (Pane::Wire, wire)]
}
