//! What the commands that open connections share: preparing, starting an engine, signals, the end.

pub mod background;
pub mod command_line;
pub mod dialler;
pub mod enter;
mod installed;
pub mod metrics;
pub mod notify;
pub mod own_engine;
pub mod prepare;
pub mod restart;
pub mod running;
pub mod screen_options;
pub mod shutdown;
pub mod signals;
pub mod start;
pub mod stop_signals;
pub mod whole;
