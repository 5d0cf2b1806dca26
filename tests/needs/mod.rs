//! Tests that need a program, or a right, that not every machine has. Where it is missing they are reported as `ignored`,
//! with the reason. Where `MAILWATCH_REQUIRE` (a comma list of the words below) names it, they fail.
//!
//! libtest decides when it compiles what is ignored; this harness decides when it runs.

use std::process::{Command, ExitCode, Stdio};

use libtest_mimic::{Arguments, Completion, Failed, Trial};

/// What a test needs.
pub struct Need {
    /// Its word in `MAILWATCH_REQUIRE`.
    pub word: &'static str,
    /// Looks for it.
    pub look: fn() -> Result<(), Missing>,
}

/// Why it cannot be had.
pub struct Missing {
    /// The reason that is shown.
    pub why: String,
    /// The system refuses it, and nobody can install it: no failure even where it is required.
    pub excused: bool,
}

impl Missing {
    /// What can be installed.
    pub fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), excused: false }
    }
}

/// The tests of one module: what they need, then the functions' names, with `.await` behind those that are async. One that
/// is missing here is an error: nothing uses its function.
macro_rules! tests {
    ($($needs:expr => $($(#[$attribute:meta])* $name:ident $(.$await:tt)?),+;)+) => {
        pub fn tests() -> Vec<libtest_mimic::Trial> {
            Vec::from([$($($(#[$attribute])* crate::needs::trial(
                module_path!(),
                stringify!($name),
                &$needs,
                || crate::needs::tests!(@run $name $(.$await)?),
            )),+),+])
        }
    };
    (@run $name:ident) => { $name() };
    (@run $name:ident.await) => { tokio::runtime::Runtime::new().expect("a runtime").block_on($name()) };
}
pub(crate) use tests;

/// One test.
pub fn trial(module: &str, name: &str, needs: &'static [&'static Need], body: fn()) -> Trial {
    // As libtest names it: without the crate.
    let place = module.split_once("::").map_or_else(String::new, |(_, module)| format!("{module}::"));
    Trial::ignorable_test(format!("{place}{name}"), move || {
        for need in needs {
            let Err(missing) = (need.look)() else { continue };
            if required(need.word) && !missing.excused {
                return Err(Failed::from(format!("MAILWATCH_REQUIRE names {}: {}", need.word, missing.why)));
            }
            return Ok(Completion::ignored_with(format!("no {} here: {}", need.word, missing.why)));
        }
        body();
        Ok(Completion::Completed)
    })
}

/// Runs the tests as libtest does, with its options.
pub fn main(tests: impl IntoIterator<Item = Vec<Trial>>) -> ExitCode {
    let tests = tests.into_iter().flatten().collect();
    libtest_mimic::run(&Arguments::from_args(), tests).exit_code()
}

/// Whether these programs can be run, each with the argument that only makes it say what it is.
pub fn programs(programs: &[(&str, &str)]) -> Result<(), Missing> {
    let missing: Vec<&str> = programs
        .iter()
        .filter(|(program, argument)| {
            let mut command = Command::new(program);
            command.arg(argument).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command.status().is_err()
        })
        .map(|(program, _)| *program)
        .collect();
    match missing.as_slice() {
        [] => Ok(()),
        missing => Err(Missing::new(format!("{} cannot be run", missing.join(", ")))),
    }
}

fn required(word: &str) -> bool {
    std::env::var("MAILWATCH_REQUIRE").is_ok_and(|list| list.split(',').any(|one| one.trim() == word))
}
