//! Every command in the documents is run somewhere, or a table here names why not: the program's by tests, the repository's
//! scripts by .ci or the workflows, those of others by what the table says.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use mailwatch_tui::cli::command;

use super::{ROOT, documents};

/// What runs a command that is not the program's own.
enum Runs {
    /// This file does, by this text.
    By(&'static str, &'static str),
    /// Nothing does, for this reason.
    Nothing(&'static str),
}
use Runs::{By, Nothing};

const NO_ENGINE: Runs = Nothing("it needs a container engine; assets/packaging/test-image runs the image without one");
const PERSONS: Runs = Nothing("it changes the machine of the person who types it");

/// By how the command begins. `assets/packaging/…` and `.ci/…` are found by themselves.
const OTHERS: [(&str, Runs); 33] = [
    ("$EDITOR ", Nothing("it is a person's editor")),
    (".ci/", Nothing("it would run itself")),
    ("FUZZ_SECONDS=5 cargo test", By(".ci/run", "FUZZ_SECONDS=5")),
    ("FUZZ_SECONDS=60 FUZZ_SEED=7", Nothing("the same for longer and from another seed")),
    ("RUSTC_BOOTSTRAP=1 cargo fuzz run", By(".ci/nightly", "RUSTC_BOOTSTRAP=1 cargo fuzz run -s none")),
    ("benches/fleet.py ", Nothing("it measures: minutes, and figures for docs/measured.md")),
    ("cargo deny ", By(".ci/nightly", "cargo deny --all-features check")),
    ("cargo install --path . --locked", Nothing("it builds what .ci/run builds, into the home of whoever types it")),
    ("cargo install cargo-fuzz", By(".ci/nightly", "cargo install cargo-fuzz --locked")),
    (
        "cargo install --locked mailwatch-tui",
        Nothing("nothing is published yet; assets/packaging/test-crates --build builds the same"),
    ),
    ("cargo run -- demo", By("tests/pty/served.rs", "\"demo\"")),
    ("cargo run -- watch --json", By("tests/netns/program.rs", "\"watch\", \"--json\"")),
    ("cargo run --release -- demo", By("assets/packaging/test-static", "demo")),
    (
        "cargo run -p imap-misbehave",
        Nothing("tests have the server in their own process; its options have tests beside them"),
    ),
    ("cargo test", By(".ci/run", "cargo test --locked")),
    ("cargo uninstall", PERSONS),
    ("echo 'MAILWATCH_OPTIONS", By("tests/others/fleet.rs", "MAILWATCH_OPTIONS")),
    ("grep RssAnon", By("benches/fleet.py", "RssAnon")),
    ("install -D", PERSONS),
    ("journalctl ", Nothing("it needs a running journal")),
    ("loginctl ", PERSONS),
    ("mkdir -p ~/.config/systemd", PERSONS),
    ("mosquitto_sub ", By("tests/others/fleet.rs", "mosquitto_sub")),
    ("pkill -USR1", By("tests/netns/program.rs", "Signal::USR1")),
    ("podman ", NO_ENGINE),
    ("rm -r ", PERSONS),
    ("set -g status-right", By("tests/others/bars.rs", "status-right")),
    ("sha256sum --check", By("assets/packaging/checksums", "sha256sum")),
    ("sudo apt install", By("assets/packaging/test-deb", "apt-get install -y")),
    ("systemctl --user enable", By("tests/others/service_manager.rs", "systemctl")),
    ("systemctl --user status", By("tests/others/service_manager.rs", "systemctl")),
    ("tar -xzf ", By("assets/packaging/test-crates", "tar -xzf")),
    ("ulimit -n", Nothing("a limit of the shell that it is typed into")),
];

fn file(path: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The lines of the blocks of `sh`, without comments, each with its document.
fn lines() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (path, text) in documents() {
        for block in text.split("```").skip(1).step_by(2).filter_map(|block| block.strip_prefix("sh\n")) {
            let lines = block.lines().map(|line| line.split("  #").next().unwrap_or_default().trim());
            let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
            found.extend(lines.map(|line| (path.display().to_string(), line.to_owned())));
        }
    }
    found
}

/// What the tests hold, as the words of command lines: without comments, a list of words as one line.
fn tests() -> String {
    let mut text = String::new();
    let mut open: Vec<_> = ["tests", "src", "crates/engine/src"].map(|folder| Path::new(ROOT).join(folder)).into();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("readme/run.rs") {
                let source = fs::read_to_string(&path).expect("text");
                let code = source.lines().filter(|line| !line.trim_start().starts_with("//"));
                code.for_each(|line| text.extend([line.trim(), " "]));
            }
        }
    }
    text.replace("\", \"", " ").replace("[\"", " ").replace('"', " ")
}

/// The command and its subcommand, where it has one: `ctl done`.
fn subcommand(line: &str) -> Option<String> {
    let program = command();
    let mut words = line.split_whitespace().skip(1);
    let found = words.find_map(|word| program.find_subcommand(word))?;
    let deeper = words.find_map(|word| found.find_subcommand(word));
    Some(match deeper {
        Some(deeper) => format!("{} {}", found.get_name(), deeper.get_name()),
        None => found.get_name().to_owned(),
    })
}

#[test]
fn every_command_in_the_documents_is_run_or_named() {
    let (tests, mut used, mut unnamed) = (tests(), BTreeSet::new(), Vec::new());
    let lines = lines();
    assert!(lines.len() > 80, "only {} lines were found", lines.len());
    let ci = [".ci/run", ".ci/nightly"].map(file).join("\n");
    for (document, line) in lines {
        if line.starts_with("mailwatch-tui") {
            if subcommand(&line).is_some_and(|name| !tests.contains(&format!(" {name} "))) {
                unnamed.push(format!("{document}: {line}"));
            }
        } else if let Some(rest) = line.strip_prefix("assets/packaging/") {
            let script = rest.split_whitespace().next().unwrap_or_default();
            if !ci.contains(&format!("assets/packaging/{script}")) {
                unnamed.push(format!("{document}: {line}"));
            }
        } else if let Some(at) = OTHERS.iter().position(|(begins, _)| line.starts_with(begins)) {
            used.insert(at);
        } else {
            unnamed.push(format!("{document}: {line}"));
        }
    }
    assert!(unnamed.is_empty(), "no test runs these, and no table says why:\n{}", unnamed.join("\n"));
    let stale: Vec<_> = OTHERS.iter().enumerate().filter(|(at, _)| !used.contains(at)).map(|(_, row)| row.0).collect();
    assert!(stale.is_empty(), "no document has these any more: {stale:?}");
}

#[test]
fn what_is_said_to_run_a_command_has_it() {
    for (begins, runs) in &OTHERS {
        match runs {
            By(path, text) => assert!(file(path).contains(text), "{path} does not have {text:?}, for {begins:?}"),
            Nothing(reason) => assert!(!reason.is_empty(), "{begins:?} has no reason"),
        }
    }
}
