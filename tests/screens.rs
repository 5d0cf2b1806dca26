//! The screen as cells: pictures of it at many sizes, strangers' text, any keys, and the loop as it runs.

#[path = "screens/attention.rs"]
mod attention;
#[path = "screens/contrast.rs"]
mod contrast;
#[path = "screens/details.rs"]
mod details;
#[path = "screens/engines.rs"]
mod engines;
#[path = "screens/first_run.rs"]
mod first_run;
#[path = "screens/form.rs"]
mod form;
#[path = "screens/fuzz.rs"]
mod fuzz;
#[path = "screens/gaps.rs"]
mod gaps;
#[path = "screens/glossary.rs"]
mod glossary;
#[path = "screens/looping.rs"]
mod looping;
#[path = "screens/mail.rs"]
mod mail;
#[path = "screens/matrix.rs"]
mod matrix;
#[path = "screens/own_commands.rs"]
mod own_commands;
#[path = "screens/pictures.rs"]
mod pictures;
#[path = "screens/reading.rs"]
mod reading;
#[path = "screens/scene.rs"]
mod scene;
#[path = "screens/story.rs"]
mod story;
#[path = "screens/swaps.rs"]
mod swaps;
#[path = "screens/table.rs"]
mod table;
#[path = "screens/trouble.rs"]
mod trouble;
#[path = "screens/tuning.rs"]
mod tuning;
#[path = "screens/viewing.rs"]
mod viewing;
