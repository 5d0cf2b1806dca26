//! The roles of the screen's pieces, and the looks that a theme gives them: colours and modifiers, in one table. Knows no
//! terminal.

/// What a piece of the screen is, independent of its look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Ordinary text.
    Text,
    /// Text that carries a figure or a name.
    Strong,
    /// Text that may be overlooked.
    Dim,
    /// The program's name.
    Brand,
    /// A pane's border.
    Border,
    /// The border of the focused pane.
    BorderFocused,
    /// A pane's title.
    Title,
    /// The title of the focused pane.
    TitleFocused,
    /// A table's header.
    Header,
    /// The selected row; laid over the others.
    Selected,
    /// Text on the selected row that has no colour of its own.
    SelectedText,
    /// A watch that hears of new mail.
    Live,
    /// A watch on its way there.
    Busy,
    /// Something wrong that the program is mending.
    Warn,
    /// A watch that does not watch.
    Down,
    /// A watch that is paused.
    Resting,
    /// New mail.
    Mail,
    /// A key's name.
    Key,
    /// A bar's filled part.
    Bar,
    /// A bar that is nearly full.
    BarDue,
    /// A bar's empty part.
    Track,
    /// What we sent.
    Client,
    /// What the server sent.
    Server,
    /// A line that must be seen: FROZEN, a fault of the program's own.
    Banner,
}

/// Every role with its name in a theme file, in the order of the variants.
pub const ROLES: [(Role, &str); 24] = [
    (Role::Text, "text"),
    (Role::Strong, "strong"),
    (Role::Dim, "dim"),
    (Role::Brand, "brand"),
    (Role::Border, "border"),
    (Role::BorderFocused, "border-focused"),
    (Role::Title, "title"),
    (Role::TitleFocused, "title-focused"),
    (Role::Header, "header"),
    (Role::Selected, "selected"),
    (Role::SelectedText, "selected-text"),
    (Role::Live, "live"),
    (Role::Busy, "busy"),
    (Role::Warn, "warn"),
    (Role::Down, "down"),
    (Role::Resting, "resting"),
    (Role::Mail, "mail"),
    (Role::Key, "key"),
    (Role::Bar, "bar"),
    (Role::BarDue, "bar-due"),
    (Role::Track, "track"),
    (Role::Client, "client"),
    (Role::Server, "server"),
    (Role::Banner, "banner"),
];

/// The names of the sixteen colours that a terminal's own settings give (ECMA-48's eight and aixterm's bright ones), by
/// their number.
pub const ANSI: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "white",
    "bright-black",
    "bright-red",
    "bright-green",
    "bright-yellow",
    "bright-blue",
    "bright-magenta",
    "bright-cyan",
    "bright-white",
];

/// A colour as a theme names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Colour {
    /// One of xterm's 256; the first sixteen are [`ANSI`]'s.
    Indexed(u8),
    /// Red, green and blue.
    Rgb(u8, u8, u8),
}

/// How text is set off without a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Modifier {
    /// Bold.
    Bold,
    /// Fainter.
    Dim,
    /// Italic.
    Italic,
    /// Underlined.
    Underlined,
    /// Text and background exchanged.
    Reversed,
}

/// Every modifier with its name in a theme file, in the order of the variants.
pub const MODIFIERS: [(Modifier, &str); 5] = [
    (Modifier::Bold, "bold"),
    (Modifier::Dim, "dim"),
    (Modifier::Italic, "italic"),
    (Modifier::Underlined, "underlined"),
    (Modifier::Reversed, "reversed"),
];

/// A set of modifiers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Modifiers(u8);

/// The look of a role. `None` is the terminal's default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Look {
    /// The text's colour.
    pub fg: Option<Colour>,
    /// The background's.
    pub bg: Option<Colour>,
    /// The text's on a terminal of sixteen colours, by its number in [`ANSI`]; without it the one nearest to `fg`.
    pub fg16: Option<u8>,
    /// The background's there.
    pub bg16: Option<u8>,
    /// How it is set off besides.
    pub modifiers: Modifiers,
}

impl Colour {
    /// Reads `#rrggbb`, a number of the 256, or a name of [`ANSI`]; `None` if it is neither.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(hex) = text.strip_prefix('#') {
            let digits = hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
            let part = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
            return digits.then(|| Some(Self::Rgb(part(0)?, part(2)?, part(4)?))).flatten();
        }
        let number = text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
        ansi(text).or(number).map(Self::Indexed)
    }
}

/// The number of a name of [`ANSI`].
#[must_use]
pub fn ansi(name: &str) -> Option<u8> {
    ANSI.iter().position(|known| *known == name).and_then(|at| u8::try_from(at).ok())
}

impl Modifiers {
    /// Adds one.
    pub const fn insert(&mut self, modifier: Modifier) {
        self.0 |= 1 << modifier as u8;
    }

    /// Whether the set has it.
    #[must_use]
    pub const fn contains(self, modifier: Modifier) -> bool {
        self.0 & (1 << modifier as u8) != 0
    }
}

impl Look {
    /// Whether it has a colour of its own.
    #[must_use]
    pub const fn is_coloured(self) -> bool {
        self.fg.is_some() || self.bg.is_some() || self.fg16.is_some() || self.bg16.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_and_every_modifier_has_its_row() {
        for (index, (role, name)) in ROLES.iter().enumerate() {
            assert_eq!(*role as usize, index, "{name}");
        }
        for (index, (modifier, name)) in MODIFIERS.iter().enumerate() {
            assert_eq!(*modifier as usize, index, "{name}");
            let mut set = Modifiers::default();
            set.insert(*modifier);
            assert!(MODIFIERS.iter().all(|(other, _)| set.contains(*other) == (other == modifier)), "{name}");
        }
    }

    #[test]
    fn a_colour_is_a_triple_a_number_or_a_name_and_nothing_else() {
        assert_eq!(Colour::parse("#7aA2f7"), Some(Colour::Rgb(0x7a, 0xa2, 0xf7)));
        assert_eq!(Colour::parse("red"), Some(Colour::Indexed(1)));
        assert_eq!(Colour::parse("bright-white"), Some(Colour::Indexed(15)));
        assert_eq!(Colour::parse("255"), Some(Colour::Indexed(255)));
        for text in ["", "verde", "#12345", "#1234567", "#12345g", "#+12345", "256", "-1", "+7", "#ü1234"] {
            assert_eq!(Colour::parse(text), None, "{text:?}");
        }
    }
}
