//! From the state to the cells. Reads the app, changes nothing, draws only what is visible.

mod accounts;
mod answers;
mod attention;
mod columns;
mod content;
mod details;
mod done_steps;
mod engine;
mod figures;
mod fit;
mod footer;
mod form;
mod form_page;
mod headline;
mod help;
mod hosts;
mod hour;
mod log;
mod mail;
mod narrow;
mod notice;
mod only_ascii;
mod paint;
mod palette;
mod plot;
mod popup;
mod problem;
mod question;
mod reading;
mod row;
mod time_line;
mod timer_bar;
mod timers;
mod trial;
mod tuning;
mod urgent;
mod watch_cells;
mod watches;
mod welcome;
mod wire;

use ratatui::Frame;
use ratatui::layout::Size;

use super::app::{App, Pane};
use super::glyphs::Characters;
use super::layout::ScreenLayout;
use only_ascii::only_ascii;
use paint::Paint;

pub use details::text as details_text;
pub use footer::action_at as footer_action;
pub use log::{fit as log_fit, top_page as log_top_page};
pub use popup::{area as popup_area, extent as popup_extent, hit as popup_hit, offset as popup_offset};
pub use popup::{tuning_at, tuning_offsets};
pub use time_line::part_at as time_line_part;
pub use timers::{hit as timer_hit, shown as timers_shown};
pub use urgent::first;
pub use watches::sort_at;
pub use wire::{fit as wire_fit, opening_at, top_page as wire_top_page};

/// Draws the whole screen, for the app's moment.
pub fn draw(frame: &mut Frame, app: &App) {
    let area = frame.area();
    let layout = ScreenLayout::of(app, Size::new(area.width, area.height));
    if area.is_empty() {
        return;
    }
    let mut paint = Paint::new(frame.buffer_mut(), app);
    headline::draw(&mut paint, layout.headline);
    if let Some(area) = layout.time_line {
        time_line::draw(&mut paint, area);
    }
    if let Some(area) = layout.banner {
        headline::draw_banner(&mut paint, area);
    }
    if layout.tabs.is_some() {
        headline::draw_tabs(&mut paint, &layout);
    }
    for (pane, area) in &layout.panes {
        match pane {
            Pane::Watches => watches::draw(&mut paint, &layout, *area),
            Pane::Timers => timers::draw(&mut paint, &layout, *area),
            Pane::Log => log::draw(&mut paint, &layout, *area),
            Pane::Wire => wire::draw(&mut paint, &layout, *area),
            Pane::Mail => mail::draw(&mut paint, &layout, *area),
        }
    }
    if let Some(area) = layout.attention {
        attention::draw(&mut paint, area);
    }
    let gone = app.engine.gone.is_some();
    if gone {
        engine::grey(&mut paint, &layout);
    }
    let unheard = app.watches.selected.as_ref().is_some_and(|watch| app.is_unheard(watch));
    if unheard {
        hosts::grey(&mut paint, &layout);
    }
    if app.popups.open.is_some() {
        popup::draw(&mut paint);
        if gone || unheard {
            engine::grey_popup(&mut paint);
        }
    }
    if let Some(area) = layout.footer {
        footer::draw(&mut paint, area);
    }
    notice::draw(&mut paint, &layout);
    if app.options.characters == Characters::Ascii {
        only_ascii(frame.buffer_mut());
    }
}
