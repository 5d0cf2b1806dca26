//! The columns of the table of watches, by name: `[ui] columns`.

/// A column of the table of watches, besides the names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    /// Where the watch stands, and since when.
    State,
    /// Its last hour.
    Hour,
    /// What it does next, and when.
    Next,
    /// How late its last mail was told, or how it was found.
    Push,
    /// From DONE to its answer.
    Answer,
    /// New mails.
    New,
    /// Unseen mails.
    Unseen,
    /// Since the server was heard.
    Heard,
    /// Blind time of today.
    Blind,
    /// What is concluded.
    Verdict,
}

impl Column {
    /// Every column, from left to right.
    pub const ALL: [Self; 10] = [
        Self::State,
        Self::Hour,
        Self::Next,
        Self::Push,
        Self::Answer,
        Self::New,
        Self::Unseen,
        Self::Heard,
        Self::Blind,
        Self::Verdict,
    ];

    /// Its name in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Hour => "hour",
            Self::Next => "next",
            Self::Push => "push",
            Self::Answer => "answer",
            Self::New => "new",
            Self::Unseen => "unseen",
            Self::Heard => "heard",
            Self::Blind => "blind",
            Self::Verdict => "verdict",
        }
    }

    /// The column of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.name() == name)
    }
}

/// Which columns are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Columns {
    /// Those that the width has room for.
    #[default]
    Auto,
    /// These, in this order, as far as there is room.
    Chosen(Vec<Column>),
}
