//! The screen: a front end of the link. State and update in [`app`], cells in [`draw`](mod@draw), the loop in
//! [`event_loop`], the terminal in [`terminal`]. It never imports the engine, and nothing but the loop does I/O.

pub mod app;
pub mod clipboard;
pub mod clock;
pub mod draw;
pub mod event_loop;
pub mod glyphs;
pub mod host;
pub mod keymap;
pub mod layout;
pub mod log;
pub mod redraw;
pub mod ring;
pub mod signals;
pub mod table;
pub mod tell;
pub mod terminal;
pub mod theme;
pub mod trail;
pub mod words;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::EventStream;
use jiff::tz::TimeZone;

use crate::config::ConfigError;
use crate::link::FrontEnd;
pub use draw::draw;
pub use event_loop::{Edge, run_on};
pub use host::Host;
pub use signals::Signal;
use theme::Depth;

/// What the screen begins with.
#[derive(Clone, Debug, Default)]
pub enum Start {
    /// The watches.
    #[default]
    Watching,
    /// A configuration that cannot be used, or is not there.
    Problem(Arc<ConfigError>),
}

/// What the command line, the configuration and the environment ask of the screen.
#[derive(Clone, Debug)]
pub struct Options {
    /// ASCII for every glyph.
    pub ascii: bool,
    /// Whether the mouse is taken.
    pub mouse: bool,
    /// Whether there are colours; false under `NO_COLOR`.
    pub color: bool,
    /// How many colours the terminal shows, where there are colours.
    pub depth: Depth,
    /// The time zone of what is shown.
    pub zone: TimeZone,
    /// The files named in the help: `config`, `state`, `log`.
    pub paths: Vec<(&'static str, PathBuf)>,
    /// The colours.
    pub theme: crate::config::Theme,
    /// The keys.
    pub keys: keymap::Keys,
    /// The program's version.
    pub version: &'static str,
    /// What it begins with.
    pub start: Start,
}

impl Default for Options {
    /// Colours, mouse, Unicode, the system's time zone.
    fn default() -> Self {
        Self {
            ascii: false,
            mouse: true,
            color: true,
            depth: Depth::Indexed,
            zone: TimeZone::system(),
            paths: Vec::new(),
            theme: crate::config::Theme::default(),
            keys: keymap::Keys::default(),
            version: env!("CARGO_PKG_VERSION"),
            start: Start::default(),
        }
    }
}

impl Options {
    /// The defaults, with what the environment says: `NO_COLOR` (not empty: <https://no-color.org>), `COLORTERM`,
    /// `TERM=dumb` or a locale that is not UTF-8.
    #[must_use]
    pub fn from_env() -> Self {
        Self::from_vars(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn from_vars(var: impl Fn(&str) -> Option<String>) -> Self {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(&var);
        // Without any locale the terminal is more likely a modern one in a container than one without Unicode.
        let unicode = locale.is_none_or(|locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8") || locale == "c" || locale == "posix"
        });
        let linux_console = var("TERM").is_some_and(|term| term == "linux" || term == "dumb");
        Self {
            ascii: !unicode || linux_console,
            color: var("NO_COLOR").is_none(),
            depth: match var("COLORTERM").as_deref() {
                Some("truecolor" | "24bit") => Depth::True,
                Some(_) | None => Depth::Indexed,
            },
            ..Self::default()
        }
    }
}

/// Why the screen ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// The user left.
    Quit,
    /// A signal asked for it.
    Signal(Signal),
    /// The terminal is gone: nobody can see anything any more.
    TerminalGone,
}

/// Runs the screen on the process's terminal until the user, a signal or the terminal ends it. The terminal is as it
/// was before when this returns, and also after a panic. The engine is not ended here.
///
/// # Errors
/// Where standard output is not a terminal, or it cannot be set up.
pub async fn run(front_end: FrontEnd, host: Host, options: Options) -> io::Result<Leave> {
    let signals = signals::listen()?;
    let mut edge = terminal::Live::enter(options.mouse)?;
    let mut screen = edge.screen()?;
    let guard = edge.panic_guard();
    let inputs = EventStream::new();
    let running = run_on(&mut screen, inputs, signals, front_end, host, options, &mut edge);
    let leave = guard.watch(running).await;
    // In this order: the screen's own last words are not meant for a terminal that is given back.
    edge.leave();
    drop(screen);
    Ok(leave)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(vars: &[(&str, &str)]) -> Options {
        let vars: Vec<_> = vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Options::from_vars(|name| vars.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()))
    }

    #[test]
    fn the_environment_decides_colours_and_glyphs() {
        let plain = of(&[]);
        assert!(plain.color && plain.depth == Depth::Indexed && !plain.ascii);
        assert!(!of(&[("NO_COLOR", "1")]).color);
        assert_eq!(of(&[("COLORTERM", "truecolor")]).depth, Depth::True);
        assert!(of(&[("LANG", "de_DE.ISO-8859-1")]).ascii);
        assert!(!of(&[("LANG", "de_DE.ISO-8859-1"), ("LC_ALL", "en_US.UTF-8")]).ascii);
        assert!(of(&[("TERM", "linux"), ("LANG", "en_US.UTF-8")]).ascii);
    }
}
