//! The screen: a front end of the link. State and update in [`app`], cells in [`draw`](mod@draw), the loop in
//! [`event_loop`], the terminal in [`terminal`]. It never imports the engine, and nothing but the loop does I/O.

pub mod ansi16;
pub mod app;
pub mod clicks;
pub mod clipboard;
pub mod clock;
pub mod colour_depth;
pub mod draw;
pub mod event_loop;
pub mod form;
pub mod glyphs;
pub mod host;
pub mod keyboard;
pub mod keymap;
pub mod layout;
pub mod log;
pub mod log_line;
pub mod navigation;
pub mod phase_timeline;
pub mod progress;
pub mod redraw;
pub mod ring;
pub mod signals;
pub mod table;
pub mod terminal;
pub mod theme;
pub mod titles;
pub mod watch_history;
pub mod words;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::Event as TermEvent;
use futures_util::Stream;
use jiff::tz::TimeZone;

use colour_depth::ColourDepth;
pub use draw::draw;
pub use event_loop::{Environment, run_on};
pub use glyphs::Characters;
pub use host::Host;
pub use keyboard::Keyboard;
use mailwatch_engine::config::{ConfigError, Theme, Ui};
use mailwatch_engine::link::FrontEnd;
use mailwatch_engine::notify::Shows;
pub use signals::Signal;

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
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct Options {
    /// What the screen is written in.
    pub characters: Characters,
    /// Whether nothing is to move that need not.
    pub reduced_motion: bool,
    /// Whether the mouse is taken.
    pub mouse: bool,
    /// Whether the keys of TLS are written to a file, which is to be seen at all times.
    pub keylog: bool,
    /// How many colours the terminal shows; none under `NO_COLOR`.
    pub depth: ColourDepth,
    /// The time zone of what is shown.
    pub zone: TimeZone,
    /// The files named in the help: `config`, `state`, `log`.
    pub paths: Vec<(&'static str, PathBuf)>,
    /// The colours.
    pub theme: Theme,
    /// The keys.
    pub keys: keymap::Keys,
    /// The program's version.
    pub version: &'static str,
    /// What it begins with.
    pub start: Start,
    /// What is to be known of an account beforehand, in a sentence: the demo's fates.
    pub about: BTreeMap<Arc<str>, &'static str>,
    /// Whether there is a configuration around that accounts can be added to.
    pub configures: bool,
}

impl Default for Options {
    /// Colours, mouse, Unicode, the system's time zone.
    fn default() -> Self {
        Self {
            characters: Characters::default(),
            reduced_motion: false,
            mouse: true,
            keylog: false,
            depth: ColourDepth::Indexed,
            zone: TimeZone::system(),
            paths: Vec::new(),
            theme: Theme::default(),
            keys: keymap::Keys::default(),
            version: env!("CARGO_PKG_VERSION"),
            start: Start::default(),
            about: BTreeMap::new(),
            configures: true,
        }
    }
}

impl Options {
    /// The defaults, with what the environment says of colours ([`ColourDepth::from_vars`]), and of characters: a locale that is
    /// not UTF-8, or Linux's console, whose font has few.
    #[must_use]
    pub fn from_env() -> Self {
        Self::from_vars(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    /// Takes in what the configuration says of the screen.
    pub fn take(&mut self, ui: Ui) {
        let Ui { theme, reduced_motion, keys } = ui;
        (self.theme, self.reduced_motion, self.keys) = (theme, reduced_motion, keys);
    }

    fn from_vars(var: impl Fn(&str) -> Option<String>) -> Self {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(&var);
        // Without any locale the terminal is more likely a modern one in a container than one without Unicode.
        let utf8 = locale.is_none_or(|locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8") || locale == "c" || locale == "posix"
        });
        let linux_console = var("TERM").is_some_and(|term| term.starts_with("linux"));
        let characters = match (utf8, linux_console) {
            (true, false) => Characters::Unicode,
            (true, true) => Characters::AsciiMarks,
            (false, _) => Characters::Ascii,
        };
        Self { characters, depth: ColourDepth::from_vars(var), ..Self::default() }
    }
}

/// Why the screen ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// The user left.
    Quit,
    /// The user wants to see the demo.
    Demo,
    /// A signal asked for it.
    Signal(Signal),
    /// The terminal is gone: nobody can see anything any more.
    TerminalGone,
}

/// Runs the screen on the process's terminal until the user, a signal or the terminal ends it. The terminal is as it
/// was before when this returns, and also after a panic. The engine is not ended here, and the keyboard is not let go.
///
/// # Errors
/// Where standard output is not a terminal, or it cannot be set up.
pub async fn run(keyboard: &mut Keyboard, front_end: FrontEnd, host: Host, options: Options) -> io::Result<Leave> {
    run_from(|| keyboard.listen(), front_end, host, options).await
}

/// The same with keys that come from elsewhere: from what `inputs` makes once the terminal is known to be one.
///
/// # Errors
/// As [`run`].
pub async fn run_from<I>(
    inputs: impl FnOnce() -> I,
    front_end: FrontEnd,
    host: Host,
    options: Options,
) -> io::Result<Leave>
where
    I: Stream<Item = io::Result<TermEvent>> + Unpin,
{
    let signals = signals::listen()?;
    let var = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let shows = Shows::from_vars(var, options.characters == Characters::Ascii);
    let mut environment = terminal::TakenTerminal::enter(options.mouse, options.depth, shows)?;
    let mut screen = environment.screen()?;
    let guard = environment.panic_guard();
    let running = run_on(&mut screen, inputs(), signals, front_end, host, options, &mut environment);
    let leave = guard.watch(running).await;
    // In this order: the screen's own last words are not meant for a terminal that is given back.
    environment.leave();
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
        assert_eq!(plain.characters, Characters::Unicode);
        assert_eq!(of(&[("TERM", "xterm"), ("NO_COLOR", "1")]).depth, ColourDepth::None);
        assert_eq!(of(&[("TERM", "xterm"), ("COLORTERM", "truecolor")]).depth, ColourDepth::True);
        let latin = of(&[("LANG", "de_DE.ISO-8859-1")]);
        assert_eq!(latin.characters, Characters::Ascii);
        let unicode = of(&[("LANG", "de_DE.ISO-8859-1"), ("LC_ALL", "en_US.UTF-8")]);
        assert_eq!(unicode.characters, Characters::Unicode);
        let console = of(&[("TERM", "linux"), ("LANG", "en_US.UTF-8")]);
        assert_eq!(console.characters, Characters::AsciiMarks);
    }
}
