//! The last look at a frame for a terminal that takes no UTF-8: what is not printable ASCII by now is not sent.

use ratatui::buffer::Buffer;
use unicode_width::UnicodeWidthStr;

/// Replaces what is not printable ASCII, cell by cell. What is drawn is so already, by [`Paint`](super::paint::Paint); a byte that
/// came another way could be a command to such a terminal.
pub(super) fn only_ascii(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if !cell.symbol().bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
            let width = cell.symbol().width().clamp(1, 2);
            cell.set_symbol(&"??"[..width]);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::backend::Backend as _;
    use ratatui::layout::Rect;
    use ratatui::style::{Color, Style};

    use super::*;
    use crate::tui::lean::Lean;

    const AREA: Rect = Rect { x: 0, y: 0, width: 12, height: 3 };

    /// Text of any kind, much of it in what a terminal without UTF-8 would take for C1.
    fn text() -> impl Strategy<Value = String> {
        let one =
            prop_oneof![any::<char>(), prop::char::range('\u{0}', '\u{a0}'), prop::char::range('\u{100}', '\u{17f}')];
        prop::collection::vec(one, 0..16).prop_map(|chars| chars.into_iter().collect())
    }

    /// What is left of what was sent without the backend's own: CSI, digits or a private mode, a letter; BS.
    fn without_own(sent: &str) -> String {
        let (mut out, mut rest) = (String::new(), sent);
        while let Some((head, tail)) = rest.split_once("\x1b[") {
            out.push_str(head);
            let end = tail.find(|c: char| !c.is_ascii_digit() && !matches!(c, ';' | '?')).expect("a sequence is whole");
            assert!(tail.as_bytes()[end].is_ascii_alphabetic(), "{sent:?}");
            rest = &tail[end + 1..];
        }
        out.push_str(rest);
        out.replace('\x08', "")
    }

    proptest! {
        #[test]
        fn whatever_reaches_the_backend_each_byte_sent_is_printable_ascii_or_the_backends_own(
            drawn in prop::collection::vec((0..12_u16, 0..3_u16, text(), any::<u8>()), 0..12),
            cells in prop::collection::vec((0..12_u16, 0..3_u16, text()), 0..4),
        ) {
            let before = Buffer::empty(AREA);
            let mut after = before.clone();
            for (x, y, text, colour) in &drawn {
                after.set_stringn(*x, *y, text, 20, Style::new().fg(Color::Indexed(*colour)));
            }
            for (x, y, text) in &cells {
                after[(*x, *y)].set_symbol(text);
            }
            only_ascii(&mut after);
            let mut sent = Vec::new();
            Lean::new(&mut sent).draw(before.diff(&after).into_iter()).expect("memory");
            prop_assert!(sent.is_ascii(), "{}", sent.escape_ascii());
            let rest = without_own(std::str::from_utf8(&sent).expect("ASCII"));
            prop_assert!(rest.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{:?}", rest);
        }
    }
}
