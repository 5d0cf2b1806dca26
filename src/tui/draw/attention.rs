//! The attention line: the worst thing now in a sentence that fits, and the key that mends it.

use ratatui::layout::Rect;

use super::fit::cells;
use super::paint::Paint;
use super::row::Row;
use crate::tui::attention::Remedy;
use crate::tui::keymap::Action;
use crate::tui::theme::Role;

/// Between the sentence and the key.
const GAP: u16 = 2;

pub fn draw(paint: &mut Paint, area: Rect) {
    let app = paint.app;
    let all = &app.notices.attentions;
    let Some(attention) = app.notices.attention() else { return };
    let margin = u16::from(area.width > 30);
    let (left, right) = (area.x + margin, area.right().saturating_sub(margin));
    let key = app.options.keys.show(Action::Remedy);
    // No engine hears a file's keys: what would help is said.
    let viewed = app.options.viewed.is_some();
    let mut offer: Row = match (viewed, &attention.remedy) {
        (false, remedy) => vec![(Role::Key, key), (Role::Strong, format!(" {}", remedy.words()))],
        (true, remedy @ Remedy::Reissue(..)) => vec![(Role::Strong, format!("{} helps", remedy.words()))],
        (true, _) => Row::new(),
    };
    let next = app.options.keys.show(Action::NextAttention);
    let place = format!(" {} of {}", app.notices.attention_at() + 1, all.len());
    let more: Row = vec![(Role::Text, "   ".to_owned()), (Role::Key, next), (Role::Dim, place)];
    let size = |row: &Row| row.iter().map(|(_, text)| cells(text)).sum::<u16>();
    let glyph = if attention.role == Role::Down { app.glyphs().state.down } else { app.glyphs().state.warn };
    let room = right.saturating_sub(left);
    let shortest = attention.sentences.iter().map(|sentence| cells(sentence)).min().unwrap_or(0);
    if all.len() > 1 && size(&offer) + size(&more) + GAP + 2 + shortest <= room {
        offer.extend(more);
    }
    // The sentence says what is wrong: it comes before the key's words.
    if size(&offer) + GAP + 2 + shortest > room {
        offer.truncate(usize::from(!viewed));
    }
    let said = room.saturating_sub(size(&offer) + GAP + 2);
    let sentence = attention.sentences.iter().find(|sentence| cells(sentence) <= said);
    let sentence = sentence.or(attention.sentences.last()).map_or("", String::as_str);
    let x = paint.put(left, area.y, room.min(1), glyph, attention.role);
    paint.put_cut(x + 1, area.y, said, sentence, attention.role);
    let x = right.saturating_sub(size(&offer)).max(x + 1);
    paint.put_row(x, area.y, right.saturating_sub(x), &offer);
}
