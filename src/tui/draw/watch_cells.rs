//! Cells that rows of several kinds share: a watch's name, what it waits for, a figure that may be missing.

use std::time::Duration;

use super::fit::{cells, end_of, ends_of};
use super::paint::Paint;
use crate::tui::app::App;
use crate::tui::theme::Role;
use crate::tui::words::{is_retrying, show_age};
use mailwatch_proto::model::{Snapshot, Timer, WatchId};

/// A watch's name, cut to `width` cells. The mailbox distinguishes the watches of an account, and its end those of a
/// folder: so the account is cut before the mailbox, and the mailbox at its beginning.
pub fn name(paint: &mut Paint, (x, y, width): (u16, u16, u16), id: &WatchId, role: Role) {
    let ellipsis = paint.app.glyphs().text.ellipsis;
    let account = cells(&id.account);
    let cut = (account + 1 + cells(&id.mailbox)).saturating_sub(width);
    let kept = account.saturating_sub(cut).max(account.min(width / 3)).min(width);
    let at = match kept {
        // Too few cells for two ends.
        0..6 => paint.put_cut(x, y, kept, &id.account, Role::Dim),
        _ => paint.put(x, y, kept, &ends_of(&id.account, kept, ellipsis), Role::Dim),
    };
    let at = paint.put(at, y, (x + width).saturating_sub(at).min(1), "/", Role::Dim);
    let room = (x + width).saturating_sub(at);
    paint.put(at, y, room, &end_of(&id.mailbox, room, ellipsis), role);
}

/// With fewer cells a name has its room for itself.
const MUTED_FROM: u16 = 14;

/// Says at the right of a name that its watch is muted, and how long still where there is room for both; what is left for the
/// name.
pub fn muted(paint: &mut Paint, (x, y, width): (u16, u16, u16), snapshot: &Snapshot) -> u16 {
    let Some(left) = snapshot.mailbox.muted_for(paint.app.now.at).filter(|_| width >= MUTED_FROM) else { return width };
    let long = format!("muted {}", show_age(left));
    let fits = cells(&snapshot.id.to_string()) + 1 + cells(&long) <= width;
    let text = if fits { long.as_str() } else { "muted" };
    paint.put_right(x, y, width, text, Role::Busy);
    width - cells(text) - 1
}

pub fn optional(paint: &mut Paint, (x, y, width): (u16, u16, u16), text: Option<String>) {
    match text {
        Some(text) => paint.put_right(x, y, width, &text, Role::Text),
        None => paint.put_right(x, y, width, paint.app.glyphs().text.none, Role::Dim),
    }
}

/// What a watch waits for.
#[derive(Clone, Debug, PartialEq)]
pub enum Wait {
    /// A timer that runs out as it should, and how much is left of it.
    Left(Duration),
    /// Words and the time that belongs to them.
    Words { words: String, time: String, role: Role },
    /// Nothing.
    None,
}

/// The time until the next DONE, or what the watch waits for instead.
pub fn next(paint: &mut Paint, x: u16, y: u16, width: u16, wait: &Wait) {
    match wait {
        Wait::Left(left) => paint.put_right(x, y, width, &show_age(*left), Role::Text),
        Wait::Words { words, time, role } => {
            let room = width.saturating_sub(cells(time) + 1);
            // Words that do not fit are dropped before any is cut.
            let mut said = words.as_str();
            while cells(said) > room {
                let Some((shorter, _)) = said.rsplit_once(' ') else {
                    said = "";
                    break;
                };
                said = shorter;
            }
            if width < WORDS_FROM {
                paint.put_right(x, y, width, time, *role);
                return;
            }
            let x = paint.put(x, y, room, said, *role);
            paint.put(if said.is_empty() { x } else { x + 1 }, y, cells(time), time, *role);
        }
        Wait::None => paint.put_right(x, y, width, paint.app.glyphs().text.none, Role::Dim),
    }
}

/// In fewer cells the time stands alone.
const WORDS_FROM: u16 = 12;

/// What a watch waits for now.
pub fn wait(app: &App, snapshot: &Snapshot) -> Wait {
    let now = app.now.at;
    let left = |at: std::time::Instant| at.saturating_duration_since(now);
    let words = |words: &str, time: String, role| Wait::Words { words: words.to_owned(), time, role };
    if snapshot.connection.replacing && app.engine.gone.is_none() {
        let quarantined = snapshot.quarantined.as_ref().map(|it| &it.receipt);
        let receipt = quarantined.or(snapshot.receipt.as_ref().filter(|receipt| receipt.answer.is_none()));
        if let Some(receipt) = receipt {
            let ignored = show_age(now.saturating_duration_since(receipt.queued));
            return words("DONE ignored for", ignored, Role::Warn);
        }
    }
    // Of an engine that is gone nothing is due any more.
    let Some((at, timer)) = snapshot.deadline.filter(|_| app.engine.gone.is_none()) else {
        let tries = is_retrying(snapshot) && app.engine.gone.is_none();
        return if tries { words("trying", "now".to_owned(), Role::Busy) } else { Wait::None };
    };
    match timer {
        Timer::Reissue | Timer::Silence | Timer::Poll => Wait::Left(left(at)),
        Timer::Done => words("answer due in", show_age(left(at)), Role::Busy),
        Timer::Connect | Timer::Reply => words("gives up in", show_age(left(at)), Role::Busy),
        Timer::RetryMin | Timer::RetryMax => {
            words(&format!("retry {} in", snapshot.connection.attempt.max(1)), show_age(left(at)), Role::Down)
        }
    }
}
