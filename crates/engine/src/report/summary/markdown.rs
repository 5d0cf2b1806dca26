//! Text from servers in Markdown.

use mailwatch_proto::model::{LINE_LIMIT, sanitise};

/// A text as code, so that Markdown takes none of it for markup, not even in a table.
pub(super) fn code(text: &str) -> String {
    let text = sanitise(text, LINE_LIMIT).replace('`', "'").replace('|', "\\|");
    if text.is_empty() { String::new() } else { format!("`{text}`") }
}
