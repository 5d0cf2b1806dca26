//! What strangers' text becomes before it stands in a bar. A server's words, sent by anyone on the path before TLS, must be
//! text there and nothing else: no click of polybar, no command of tmux, no markup, nothing for a shell.

use serde::{Deserialize, Serialize};

/// How strangers' text is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Escape {
    /// What any bar or shell could take for more than text is replaced by what looks like it.
    #[default]
    All,
    /// Exact in Pango's markup, as i3bar and waybar have it; no other bar is thought of.
    Pango,
    /// As it came, but for control characters.
    None,
}

/// What is replaced, and by what: one character each, found in nearly every font.
///
/// `%` begins polybar's and lemonbar's tags, GNU screen's escapes, printf's and strftime's; `#` tmux's formats, styles and
/// commands; `<` and `&` Pango's markup; `^` dzen2's commands. The rest is what a POSIX shell reads.
const LOOK_ALIKES: [(char, char); 22] = [
    ('%', '٪'),
    ('#', '♯'),
    ('$', '¤'),
    ('`', '‘'),
    ('\'', '’'),
    ('"', '”'),
    ('\\', '⁄'),
    ('{', '‹'),
    ('}', '›'),
    ('[', '‹'),
    (']', '›'),
    ('(', '‹'),
    (')', '›'),
    ('<', '‹'),
    ('>', '›'),
    ('&', '+'),
    ('|', '¦'),
    (';', ','),
    ('*', '•'),
    ('?', '¿'),
    ('~', '˜'),
    ('^', 'ˆ'),
];

impl Escape {
    /// Every way, with its name and its meaning.
    pub const ALL: [(&str, Self, &str); 3] = [
        ("all", Self::All, "replace what any bar, tmux, screen or shell would interpret by what looks like it"),
        ("pango", Self::Pango, "for i3bar and waybar alone: exact text in Pango's markup"),
        ("none", Self::None, "the server's own characters: whatever shows the line must not interpret it"),
    ];

    /// Strangers' text, without control characters already, as it may stand in a line.
    pub(super) fn apply(self, text: &str) -> String {
        match self {
            Self::All => text.chars().map(look_alike).collect(),
            Self::Pango => pango(text),
            Self::None => text.to_owned(),
        }
    }
}

fn look_alike(c: char) -> char {
    LOOK_ALIKES.iter().find(|(dangerous, _)| *dangerous == c).map_or(c, |(_, harmless)| *harmless)
}

/// Pango's markup is XML's.
fn pango(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_servers_words_stay_readable_and_are_no_command() {
        for (said, shown) in [
            ("%{A1:touch /tmp/x:}click%{A}", "٪‹A1:touch /tmp/x:›click٪‹A›"),
            ("#(id) #{pid} #[fg=red]", "♯‹id› ♯‹pid› ♯‹fg=red›"),
            ("$(id) `id` ${HOME}; id | id & id > x", "¤‹id› ‘id‘ ¤‹HOME›, id ¦ id + id › x"),
            ("<span size='huge'>a &amp; b</span>", "‹span size=’huge’›a +amp, b‹/span›"),
            ("[ALERT] Too many connections. (Failure)", "‹ALERT› Too many connections. ‹Failure›"),
            ("Grüße, 日本語!", "Grüße, 日本語!"),
        ] {
            assert_eq!(Escape::All.apply(said), shown);
            assert_eq!(Escape::None.apply(said), said);
        }
        assert_eq!(Escape::Pango.apply("<b>'a' & \"b\"</b>"), "&lt;b&gt;&apos;a&apos; &amp; &quot;b&quot;&lt;/b&gt;");
    }

    proptest! {
        /// All of ASCII's punctuation goes but what is punctuation to every reader.
        #[test]
        fn nothing_dangerous_survives_and_nothing_else_is_lost(text in r"[ -~]{0,40}|\PC{0,40}|([%#$`<&^\\(\[{]{1,3}[a-z(){}\[\];:,]{0,4}){0,8}") {
            let shown = Escape::All.apply(&text);
            let harmless = |c: char| !c.is_ascii_punctuation() || "!+,-./:=@_".contains(c);
            prop_assert!(shown.chars().all(harmless), "{shown}");
            prop_assert_eq!(shown.chars().count(), text.chars().count());
            for (was, is) in text.chars().zip(shown.chars()) {
                prop_assert!(was == is || was.is_ascii_punctuation(), "{was} became {is}");
            }
        }

        #[test]
        fn pango_text_has_no_markup(text in "[<>&\"'a-z;#]{0,30}") {
            let shown = Escape::Pango.apply(&text);
            prop_assert!(!shown.contains(['<', '>', '"', '\'']));
            let back = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'");
            prop_assert_eq!(back.replace("&amp;", "&"), text);
        }
    }
}
