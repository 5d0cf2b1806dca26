//! The fuzz targets of `fuzz/` without libFuzzer: each runs over its corpus, then over mutations of it, for
//! `FUZZ_SECONDS` (1). docs/fuzzing.md has more.
//!
//! Mutations come from a seed, `FUZZ_SEED` (a fixed one), so that a failure can be had again. What a target fails on is
//! kept in `target/tmp/fuzz`.

mod mutation;
#[path = "../../fuzz/src/targets.rs"]
mod targets;

use std::any::Any;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed, Trial};

use self::mutation::Mutator;
use self::targets::{TARGETS, Target};

/// A single input may take so long in a debug build on a busy machine. Most take microseconds.
const SLOW: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let trials = TARGETS.into_iter().map(|target| Trial::test(target.0, move || fuzz(target))).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn fuzz((name, target): Target) -> Result<(), Failed> {
    let corpus = corpus(name)?;
    for (file, input) in &corpus {
        tried(target, input).map_err(|why| Failed::from(format!("{}: {why}", file.display())))?;
    }
    let seed = number("FUZZ_SEED", 14);
    let mut mutator = Mutator::new(seed, corpus.into_iter().map(|(_, input)| input).collect());
    let by = Instant::now() + Duration::from_secs(number("FUZZ_SECONDS", 1));
    let mut tries = 0_u64;
    while Instant::now() < by {
        let input = mutator.input();
        if let Err(why) = tried(target, &input) {
            let path = kept(name, &input)?;
            return Err(format!("{why}\nseed {seed}, try {tries}; the input is in {}", path.display()).into());
        }
        tries += 1;
    }
    println!("{name}: {tries} inputs");
    Ok(())
}

fn tried(target: fn(&[u8]), input: &[u8]) -> Result<(), String> {
    let began = Instant::now();
    catch_unwind(AssertUnwindSafe(|| target(input))).map_err(|panic| words(&*panic))?;
    let took = began.elapsed();
    if took > SLOW { Err(format!("it took {took:?}")) } else { Ok(()) }
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default()
}

/// The files of a target's corpus, in the order of their names: the same seed is the same run.
fn corpus(name: &str) -> Result<Vec<(PathBuf, Vec<u8>)>, Failed> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let dir = root.join("fuzz/corpus").join(name);
    let entries: Result<Vec<_>, _> = fs::read_dir(&dir)?.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut files = entries?;
    if files.is_empty() {
        return Err(format!("{} is empty", dir.display()).into());
    }
    // What the program itself comes with.
    files.extend(match name {
        "configuration" => vec![root.join("assets/config.toml")],
        "providers" => vec![root.join("assets/providers.toml")],
        "theme" => ["dark", "light"].map(|name| root.join(format!("assets/themes/{name}.toml"))).to_vec(),
        _ => Vec::new(),
    });
    files.sort();
    files.into_iter().map(|file| Ok((file.clone(), fs::read(file)?))).collect()
}

/// Writes down what a target failed on.
fn kept(name: &str, input: &[u8]) -> Result<PathBuf, Failed> {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz");
    fs::create_dir_all(&dir)?;
    let path = dir.join(format!("{name}-{}", input.len()));
    fs::write(&path, input)?;
    Ok(path)
}
