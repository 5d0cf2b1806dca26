//! How many colours the terminal shows, from its environment. Reads nothing itself.

/// How many colours the terminal shows, or should show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ColourDepth {
    /// None, or none wanted: only modifiers.
    None,
    /// The sixteen of its settings.
    Basic,
    /// The 256 of xterm.
    #[default]
    Indexed,
    /// All of RGB.
    True,
}

/// Beginnings of the `TERM` of terminals that show all of RGB.
const TRUE: [&str; 8] = ["alacritty", "contour", "foot", "ghostty", "kitty", "wezterm", "xterm-ghostty", "xterm-kitty"];

/// The `TERM_PROGRAM` of those whose `TERM` says less.
const TRUE_PROGRAMS: [&str; 4] = ["WezTerm", "ghostty", "iTerm.app", "vscode"];

/// Ends of a `TERM` without colours; DEC's own terminals have none either.
const MONO: [&str; 3] = ["-mono", "-m", "-nc"];

impl ColourDepth {
    /// What the environment asks for and the terminal can show: `NO_COLOR` (not empty: <https://no-color.org>),
    /// `COLORTERM`, then `TERM` by terminfo's names.
    pub fn from_vars(var: impl Fn(&str) -> Option<String>) -> Self {
        if var("NO_COLOR").is_some() {
            return Self::None;
        }
        let Some(term) = var("TERM") else {
            // Windows has no TERM, and its terminals show all colours; elsewhere nothing is known.
            return if cfg!(windows) { Self::True } else { Self::Basic };
        };
        if term == "dumb" || is_dec(&term) || MONO.iter().any(|end| term.ends_with(end)) {
            return Self::None;
        }
        // GNU screen passes COLORTERM on from the terminal around it and misreads RGB; tmux, whose TERM may be
        // screen's, reads it and reduces it to what the terminal around it shows.
        let in_screen = term.starts_with("screen") && var("TMUX").is_none();
        let claims = matches!(var("COLORTERM").as_deref(), Some("truecolor" | "24bit"))
            || term.ends_with("-direct")
            || TRUE.iter().any(|begin| term.starts_with(begin))
            || var("TERM_PROGRAM").is_some_and(|program| TRUE_PROGRAMS.contains(&program.as_str()));
        let in_tmux = var("TMUX").is_some() || term.starts_with("tmux");
        // xterm itself sets it; its TERM says less than it has shown for twenty years.
        let is_xterm = term == "xterm" && var("XTERM_VERSION").is_some();
        match (claims, term.contains("256") || in_tmux || is_xterm) {
            (true, _) if !in_screen => Self::True,
            (true, _) | (false, true) => Self::Indexed,
            (false, false) => Self::Basic,
        }
    }

    /// The number in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::None => "no colours",
            Self::Basic => "16 colours",
            Self::Indexed => "256 colours",
            Self::True => "all colours",
        }
    }
}

/// `vt100`, `vt220-8bit`: DEC's, all monochrome but the late and rare vt525.
fn is_dec(term: &str) -> bool {
    term.strip_prefix("vt").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_terminal_gets_the_colours_that_it_has() {
        let cases: [(&[(&str, &str)], ColourDepth); 23] = [
            (&[("TERM", "xterm")], ColourDepth::Basic),
            (&[("TERM", "xterm"), ("XTERM_VERSION", "XTerm(379)")], ColourDepth::Indexed),
            (&[("TERM", "linux")], ColourDepth::Basic),
            (&[("TERM", "screen")], ColourDepth::Basic),
            (&[("TERM", "rxvt")], ColourDepth::Basic),
            (&[("TERM", "ansi")], ColourDepth::Basic),
            (&[("TERM", "xterm-256color")], ColourDepth::Indexed),
            (&[("TERM", "screen-256color")], ColourDepth::Indexed),
            (&[("TERM", "rxvt-unicode-256color")], ColourDepth::Indexed),
            (&[("TERM", "tmux")], ColourDepth::Indexed),
            (&[("TERM", "screen"), ("TMUX", "/tmp/tmux-0/default,1,0")], ColourDepth::Indexed),
            (&[("TERM", "screen"), ("TMUX", "/tmp/tmux-0/default,1,0"), ("COLORTERM", "truecolor")], ColourDepth::True),
            (&[("TERM", "screen.xterm-256color"), ("COLORTERM", "truecolor")], ColourDepth::Indexed),
            (&[("TERM", "xterm"), ("COLORTERM", "truecolor")], ColourDepth::True),
            (&[("TERM", "xterm-256color"), ("COLORTERM", "24bit")], ColourDepth::True),
            (&[("TERM", "xterm-256color"), ("COLORTERM", "gnome-terminal")], ColourDepth::Indexed),
            (&[("TERM", "xterm-kitty")], ColourDepth::True),
            (&[("TERM", "xterm-direct")], ColourDepth::True),
            (&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "iTerm.app")], ColourDepth::True),
            (&[("TERM", "dumb"), ("COLORTERM", "truecolor")], ColourDepth::None),
            (&[("TERM", "vt220")], ColourDepth::None),
            (&[("TERM", "linux-m")], ColourDepth::None),
            (&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("NO_COLOR", "1")], ColourDepth::None),
        ];
        for (vars, wanted) in cases {
            let var = |name: &str| vars.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            assert_eq!(ColourDepth::from_vars(var), wanted, "{vars:?}");
        }
    }
}
