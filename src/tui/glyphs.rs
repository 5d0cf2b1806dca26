//! Every glyph of ours, in Unicode and in ASCII. What is drawn takes its marks from here and nowhere else.

use ratatui::symbols::border;

/// A set of marks; each but the texts of several cells is one cell wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glyphs {
    /// The marks of what a watch does.
    pub state: StateMarks,
    /// The marks within texts.
    pub text: TextMarks,
    /// The marks of lists and tables.
    pub list: ListMarks,
    /// What bars, strips and rules are made of.
    pub graph: GraphMarks,
    /// A pane's border.
    pub border: border::Set<'static>,
}

/// The marks of what a watch does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateMarks {
    /// A watch that hears of new mail.
    pub live: &'static str,
    /// A watch on its way there.
    pub busy: &'static str,
    /// A watch that does not watch.
    pub down: &'static str,
    /// A watch that is paused.
    pub resting: &'static str,
    /// A watch that polls, because its server has no IDLE.
    pub polling: &'static str,
    /// A watch that needs the user.
    pub failed: &'static str,
    /// Something wrong that is being mended.
    pub warn: &'static str,
}

/// The marks within texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextMarks {
    /// The end of a text that is cut.
    pub ellipsis: &'static str,
    /// No value.
    pub none: &'static str,
    /// Between two steps of a DONE.
    pub line: &'static str,
    /// From DONE to its answer: a column's name.
    pub answer: &'static str,
    /// Between the parts of a row.
    pub dot: &'static str,
    /// A character of a password.
    pub password: &'static str,
    /// The text cursor.
    pub caret: &'static str,
    /// The key that opens a row.
    pub enter: &'static str,
}

/// The marks of lists and tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListMarks {
    /// The selected row.
    pub pointer: &'static str,
    /// More rows above.
    pub up: &'static str,
    /// More rows below.
    pub down: &'static str,
    /// An account whose watches are shown.
    pub open: &'static str,
    /// An account whose watches are folded.
    pub folded: &'static str,
    /// A column in rising order.
    pub rising: &'static str,
    /// A column in falling order.
    pub falling: &'static str,
    /// A watch that is marked.
    pub marked: &'static str,
    /// The part of a list that is seen.
    pub thumb: &'static str,
}

/// What bars, strips and rules are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GraphMarks {
    /// A moment below a strip of time.
    pub tick: &'static str,
    /// A stretch of blind time below it.
    pub blind: &'static str,
    /// The ground of a plot where most went unanswered.
    pub track: &'static str,
    /// A timer's scale: its left end.
    pub left: &'static str,
    /// Its right end.
    pub right: &'static str,
    /// What is ahead until the limit.
    pub ahead: &'static str,
    /// What was learned of the server.
    pub learned: &'static str,
    /// A bar's cell by eighths, from one to eight.
    pub bar: [&'static str; 8],
    /// A column by eighths, from one to eight.
    pub column: [&'static str; 8],
    /// A horizontal rule.
    pub rule: &'static str,
    /// A stretch of time in which all was well.
    pub well: &'static str,
}

/// Unicode's: narrow in every terminal that agrees with `unicode-width`.
pub const UNICODE: Glyphs = Glyphs {
    state: StateMarks {
        live: "●", busy: "◐", down: "✕", resting: "○", polling: "◇", failed: "■", warn: "!"
    },
    text: TextMarks {
        ellipsis: "…",
        none: "–",
        line: "─",
        answer: "DONE→OK",
        dot: "·",
        password: "•",
        caret: "▏",
        enter: "⏎",
    },
    list: ListMarks {
        pointer: "▸",
        up: "↑",
        down: "↓",
        open: "▾",
        folded: "▹",
        rising: "▴",
        falling: "▾",
        marked: "✓",
        thumb: "┃",
    },
    graph: GraphMarks {
        tick: "╵",
        blind: "▔",
        track: "░",
        left: "├",
        right: "┤",
        ahead: "·",
        learned: "◆",
        bar: ["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"],
        column: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
        rule: "─",
        well: "▪",
    },
    border: border::ROUNDED,
};

/// ASCII's.
pub const ASCII: Glyphs = Glyphs {
    state: StateMarks { live: "*", busy: "o", down: "x", resting: "-", polling: "p", failed: "F", warn: "!" },
    text: TextMarks {
        ellipsis: "~",
        none: "-",
        line: "-",
        answer: "DONE>OK",
        dot: "-",
        password: "*",
        caret: "_",
        enter: "Enter",
    },
    list: ListMarks {
        pointer: ">",
        up: "^",
        down: "v",
        open: "-",
        folded: "+",
        rising: "^",
        falling: "v",
        marked: "*",
        thumb: "#",
    },
    graph: GraphMarks {
        tick: "'",
        blind: "^",
        track: ".",
        left: "|",
        right: "|",
        ahead: ".",
        learned: "+",
        bar: [".", ".", ".", "#", "#", "#", "#", "#"],
        column: ["_", "_", ".", ".", ":", ":", "|", "#"],
        rule: "-",
        well: "=",
    },
    border: border::Set {
        top_left: "+",
        top_right: "+",
        bottom_left: "+",
        bottom_right: "+",
        vertical_left: "|",
        vertical_right: "|",
        horizontal_top: "-",
        horizontal_bottom: "-",
    },
};

/// What the screen is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Characters {
    /// Unicode.
    #[default]
    Unicode,
    /// Every mark of ours in ASCII; names and subjects as they are.
    AsciiMarks,
    /// ASCII alone: to a terminal that takes no UTF-8 a byte of a name could be a command.
    Ascii,
}

impl Characters {
    /// Whether our own marks are ASCII.
    #[must_use]
    pub const fn is_ascii(self) -> bool {
        match self {
            Self::Unicode => false,
            Self::AsciiMarks | Self::Ascii => true,
        }
    }
}

impl Glyphs {
    /// The marks to draw with.
    #[must_use]
    pub const fn of(characters: Characters) -> &'static Self {
        if characters.is_ascii() { &ASCII } else { &UNICODE }
    }
}
