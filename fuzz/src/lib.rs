//! The fuzz targets of mailwatch-tui. docs/fuzzing.md says how they are run.

pub mod targets;
