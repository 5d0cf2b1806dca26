//! The glossary has every word that the screen shows and that plain English does not explain.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use mailwatch_proto::model::{DoneReason, Fate, FaultClass, Origin, Phase, PhaseGroup, Status, TIMERS, Verdict};
use mailwatch_tui::tui::glossary::{GLOSSARY, meaning};

/// Words in capitals that are names of the scenes, plain words set off, or parts of a server's own line.
const PLAIN: &[&str] = &[
    "INBOX",
    // How a picture writes the styles of its cells.
    "NONE",
    "BOLD",
    "DIM",
    "REVERSED",
    "UNDERLINED",
    // Columns of the details' tables that say what they are, and a mistake's place.
    "LONG",
    "FROM",
    "FILE",
    // A server's capabilities and codes, shown as it sends them.
    "UIDPLUS",
    "QRESYNC",
    "MOVE",
    "ESEARCH",
    "LITERAL",
    "CONDSTORE",
    "XLIST",
    "UNSELECT",
    "QUOTA",
    "NAMESPACE",
    "AUTHENTICATIONFAILED",
    "EXT",
    "CHILDREN",
    "ENABLE",
    "DEFLATE",
    "COMPRESS",
    "IMAP",
    // A sentence's own words.
    "NAT",
    "BOX",
];

#[test]
fn every_name_that_a_table_gives_to_the_screen_has_an_entry() {
    let mut names: BTreeSet<String> = BTreeSet::new();
    names.extend(Phase::ALL.map(|phase| phase.name().to_owned()));
    names.extend(PhaseGroup::ALL.map(|group| group.name().to_owned()));
    names.extend(TIMERS.iter().map(|timer| timer.name.to_owned()));
    names.extend(DoneReason::ALL.map(|reason| reason.name().to_owned()));
    names.extend(Status::ALL.map(|status| status.name().to_owned()));
    names.extend(Verdict::ALL.map(|verdict| verdict.name().to_owned()));
    names.extend(FaultClass::ALL.map(|class| class.to_string()));
    names.extend(Origin::ALL.map(|origin| origin.name().to_owned()));
    names.extend(Fate::ALL.map(|fate| fate.name().to_owned()));
    let without: Vec<_> = names.iter().filter(|name| meaning(name).is_none()).collect();
    assert!(without.is_empty(), "src/tui/glossary.rs has no entry for {without:?}");
}

/// The words of a screen's rows that stand in capitals: the columns' names and the protocol's words.
fn capitals(picture: &str) -> BTreeSet<&str> {
    let words = picture.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_' && c != '=');
    words.filter(|word| word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_uppercase())).collect()
}

#[test]
fn every_word_in_capitals_on_any_picture_has_an_entry() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/screens/snapshots");
    let pictures: Vec<String> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "snap"))
        .map(|path| fs::read_to_string(path).expect("a picture"))
        .collect();
    assert!(pictures.len() > 100);
    let shown: BTreeSet<&str> = pictures.iter().flat_map(|picture| capitals(picture)).collect();
    let plain = |word: &str| PLAIN.iter().any(|plain| plain.starts_with(word));
    let known = |word: &&str| plain(word) || meaning(word).is_some() || is_part(word);
    let without: Vec<_> = shown.into_iter().filter(|word| !known(word)).collect();
    assert!(without.is_empty(), "src/tui/glossary.rs has no entry for {without:?}");
}

/// Whether an entry has it as one of several words, or cut at a pane's or a popup's edge: a column's name, a word beside a
/// line of the wire.
fn is_part(word: &str) -> bool {
    GLOSSARY
        .iter()
        .flat_map(|row| row.words)
        .any(|entry| entry.split([' ', '→', '>']).any(|part| part.starts_with(word) || part.ends_with(word)))
}
