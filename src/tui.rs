//! The screen: a front end of the link. [`app`] holds the state, `update` changes it, [`draw`](mod@draw) makes cells
//! of it, [`event_loop`] runs it, [`terminal`] has the terminal. Nothing but the loop does I/O.

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
pub mod keyboard;
pub mod keymap;
pub mod layout;
mod leave;
mod linked;
pub mod log;
pub mod log_line;
pub mod navigation;
mod options;
pub mod phase_timeline;
pub mod progress;
pub mod redraw;
pub mod requests;
pub mod ring;
mod run;
pub mod settings;
pub mod signals;
pub mod stall;
pub mod table;
pub mod terminal;
pub mod theme;
pub mod titles;
mod update;
pub mod watch_history;
pub mod words;

pub use draw::draw;
pub use event_loop::{Environment, run_on};
pub use glyphs::Characters;
pub use keyboard::Keyboard;
pub use leave::Leave;
pub use linked::{EngineIs, Linked};
pub use options::{Options, Start};
pub use requests::RequestClient;
pub use run::{run, run_from};
pub use signals::Signal;
