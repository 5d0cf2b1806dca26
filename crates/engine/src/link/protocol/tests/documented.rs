//! docs/protocol.md and what is written are the same: every message, field, kind and name, in both directions.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use serde_json::Value;

use super::any::Any;
use super::any_event::KINDS;
use super::any_request::{REPLIES, REQUESTS};
use crate::config::ConfigError;
use crate::link::Ending;
use crate::link::protocol::name::Named;
use crate::link::protocol::{
    Answer, Attach, BoardChange, BoardState, CommandMessage, EngineHello, EventState, FEATURES, FrontEndHello,
    PastState, ReplyState, Resume, TO_ENGINE_LIMIT, TO_FRONT_END_LIMIT, ToEngine, ToFrontEnd, VERSION, Wall, WireState,
};
use crate::repository;
use mailwatch_proto::model::check::StepKind;
use mailwatch_proto::model::{
    DoneReason, FaultClass, FoundBy, MailKey, Origin, Phase, PhaseGroup, Status, Tally, Timer, Verdict,
};

/// The parts whose objects go by their `type`.
const TO_ENGINE: &str = "Messages to the engine";
const FROM_ENGINE: &str = "Messages from the engine";
const REQUESTED: &str = "Requests";
const REPLIED: &str = "Replies";

/// The document as a schema: what an object may hold.
#[derive(Default)]
struct Document {
    /// The fields of each section with what they may be, by the section's anchor.
    sections: BTreeMap<String, BTreeMap<String, String>>,
    /// The anchors of the sections of each part.
    parts: BTreeMap<String, Vec<String>>,
    /// The rows of the parts without sections: the words of the columns, by the first.
    tables: BTreeMap<String, Vec<Vec<Vec<String>>>>,
    /// The fields that samples have shown.
    seen: BTreeSet<(String, String)>,
}

/// docs/protocol.md.
fn written() -> String {
    repository::text("docs/protocol.md")
}

/// The words of a cell that stand between backticks.
fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(ToOwned::to_owned).collect()
}

impl Document {
    fn read() -> Self {
        let mut document = Self::default();
        let (mut part, mut section) = (String::new(), None);
        for line in written().lines() {
            if let Some(name) = line.strip_prefix("## ") {
                (part, section) = (name.to_owned(), None);
            } else if let Some(name) = line.strip_prefix("### ") {
                let anchor = name.to_lowercase().replace(' ', "-");
                document.parts.entry(part.clone()).or_default().push(anchor.clone());
                let before = document.sections.insert(anchor.clone(), BTreeMap::new());
                assert!(before.is_none(), "two sections are called {name}");
                section = Some(anchor);
            } else if let Some(row) = line.strip_prefix('|').filter(|row| !row.starts_with('-')) {
                let cells: Vec<&str> = row.split('|').map(str::trim).collect();
                match &section {
                    Some(section) if cells[0].starts_with('`') => {
                        let fields = document.sections.get_mut(section).expect("begun");
                        fields.insert(cells[0].trim_matches('`').to_owned(), cells[1].to_owned());
                    }
                    Some(_) => {}
                    None => {
                        let words = cells.iter().map(|cell| quoted(cell)).collect();
                        document.tables.entry(part.clone()).or_default().push(words);
                    }
                }
            }
        }
        document
    }

    /// The section of a part that is about objects of this `type`.
    fn of_type(&self, part: &str, object: &Value) -> String {
        let name = object["type"].as_str().expect("a type");
        let is_its =
            |anchor: &&String| self.sections[*anchor].get("type").is_some_and(|cell| *cell == format!("`{name}`"));
        self.parts[part].iter().find(is_its).unwrap_or_else(|| panic!("{part} say nothing of {name}")).clone()
    }

    /// Whether the object holds nothing but what its section says.
    fn check(&mut self, anchor: &str, object: &Value) {
        let fields = self.sections.get(anchor).unwrap_or_else(|| panic!("there is no section #{anchor}")).clone();
        let object = object.as_object().unwrap_or_else(|| panic!("{anchor} is an object: {object}"));
        for (name, value) in object {
            let cell = fields.get(name).unwrap_or_else(|| panic!("{anchor} says nothing of `{name}`"));
            self.seen.insert((anchor.to_owned(), name.clone()));
            let (cell, can_be_null) = match cell.strip_suffix(" or null") {
                Some(cell) => (cell, true),
                None => (cell.as_str(), false),
            };
            self.check_value(&format!("{anchor}.{name}"), cell, can_be_null, value);
        }
    }

    fn check_value(&mut self, place: &str, cell: &str, can_be_null: bool, value: &Value) {
        if value.is_null() {
            assert!(can_be_null, "{place} is null");
        } else if let Some(item) = cell.strip_prefix("list of ") {
            for value in value.as_array().unwrap_or_else(|| panic!("{place} is a list: {value}")) {
                self.check_value(place, item, can_be_null, value);
            }
        } else if let Some(item) = cell.strip_prefix("map of ") {
            for value in value.as_object().unwrap_or_else(|| panic!("{place} is a map: {value}")).values() {
                self.check_value(place, item, can_be_null, value);
            }
        } else if let Some(part) = cell.strip_prefix("one of [") {
            let (part, _) = part.split_once(']').expect("a link");
            let anchor = self.of_type(part, value);
            self.check(&anchor, value);
        } else if let Some((_, link)) = cell.split_once("](#") {
            self.check(link.trim_end_matches(')'), value);
        } else {
            let is_so = match cell {
                "text" => value.is_string(),
                "number" => value.is_number(),
                "bool" => value.is_boolean(),
                literal => literal.strip_prefix('`').is_some_and(|rest| value == rest.trim_end_matches('`')),
            };
            assert!(is_so, "{place} is {cell}: {value}");
        }
    }

    fn message(&mut self, part: &str, line: &str) {
        let message: Value = serde_json::from_str(line).expect("JSON");
        let anchor = self.of_type(part, &message);
        self.check(&anchor, &message);
    }

    /// The row of a part's table that begins with this word.
    fn row(&self, part: &str, name: &str) -> BTreeSet<String> {
        let is_its = |row: &&Vec<Vec<String>>| row[0].first().is_some_and(|first| first == name);
        let row = self.tables[part].iter().find(is_its).unwrap_or_else(|| panic!("{part} say nothing of {name}"));
        row[1].iter().cloned().collect()
    }
}

/// Messages to the engine, of every type.
fn to_engine(any: &mut Any) -> Vec<ToEngine> {
    let hello = FrontEndHello { config: any.maybe(Any::text), pid: any.maybe(Any::small), ..FrontEndHello::default() };
    let resume = any.maybe(|any| Resume { engine: any.text(), after: any.number() });
    let attach = Attach { past: any.list(2, Any::watch), accounts: vec!["work".into()], resume, ..Attach::default() };
    let mail = MailKey { watch: any.watch(), epoch: 1, uidvalidity: 2, uid: 3 };
    let mut messages = vec![
        ToEngine::Hello(hello),
        ToEngine::Attach(attach),
        ToEngine::Wire { on: true },
        ToEngine::Past { id: 1, watch: any.watch() },
        ToEngine::Confirm { mails: vec![mail] },
        ToEngine::Command(CommandMessage { id: 1, command: any.command(), watches: any.list(2, Any::watch) }),
        ToEngine::Ping { id: 1 },
        ToEngine::Bye,
    ];
    messages.extend((0..REQUESTS).map(|place| ToEngine::Request { id: 1, request: any.requested(place).into() }));
    messages
}

/// Messages from the engine, of every type but events.
fn from_engine(any: &mut Any) -> Vec<ToFrontEnd> {
    let (board, other, tally, now) = (any.board(), any.board(), any.tally(), any.now);
    let hello = EngineHello {
        version: VERSION,
        program: any.text(),
        engine: any.text(),
        pid: 1,
        role: any.text(),
        since: Wall(any.wall()),
        config: any.maybe(Any::text),
        features: FEATURES.map(ToOwned::to_owned).to_vec(),
    };
    let line = any.event(KINDS - 1);
    let missing = ReplyState::config(&ConfigError::Missing { path: "config.toml".into() });
    let mut messages = vec![
        ToFrontEnd::Hello(hello),
        ToFrontEnd::Refused { reason: any.text() },
        ToFrontEnd::Board(Box::new(BoardState::of(&board, &tally, 1, now))),
        ToFrontEnd::Wire(Box::new(WireState::of(&line).expect("a line of the trace"))),
        ToFrontEnd::Lost { count: 1 },
        ToFrontEnd::Past {
            id: any.maybe(Any::number),
            watch: any.watch(),
            past: Box::new(PastState::of(&any.past(), now)),
        },
        ToFrontEnd::Answer(Answer::default()),
        ToFrontEnd::Reply { id: any.maybe(Any::number), reply: Box::new(missing) },
        ToFrontEnd::Ended { cause: Some(Ending::Fault), reason: any.text() },
    ];
    let change = BoardChange::between((&board, &Tally::default()), (&other, &tally), now);
    messages.extend(change.map(|change| ToFrontEnd::Change(Box::new(change))));
    messages.extend((0..REPLIES).map(|place| {
        let reply = ReplyState::of(&any.reply(place), now).expect("for other processes");
        ToFrontEnd::Reply { id: None, reply: Box::new(reply) }
    }));
    messages
}

#[test]
fn the_document_says_what_is_written_and_nothing_else() {
    let mut document = Document::read();
    let mut kinds = BTreeMap::<String, BTreeSet<String>>::new();
    for seed in 0..160 {
        let mut any = Any::new(seed);
        for message in to_engine(&mut any) {
            document.message(TO_ENGINE, &message.line());
        }
        for message in from_engine(&mut any) {
            document.message(FROM_ENGINE, &message.line());
        }
        for place in 0..KINDS - 1 {
            let state = EventState::of(1, &any.event(place)).expect("an event");
            let mut event: Value = serde_json::from_str(&ToFrontEnd::Event(Box::new(state)).line()).expect("JSON");
            let common = document.sections["event"].clone();
            let fields = event.as_object_mut().expect("an object");
            let own: Vec<String> = fields.keys().filter(|name| !common.contains_key(*name)).cloned().collect();
            for name in &own {
                fields.remove(name);
            }
            let kind = fields["kind"].as_str().expect("a kind").to_owned();
            kinds.entry(kind).or_default().extend(own);
            document.check("event", &event);
        }
    }
    let rows = document.sections.iter();
    let said: BTreeSet<_> =
        rows.flat_map(|(anchor, fields)| fields.keys().map(|name| (anchor.clone(), name.clone()))).collect();
    let unseen: Vec<_> = said.difference(&document.seen).collect();
    assert!(unseen.is_empty(), "said and never written: {unseen:?}");
    for (kind, own) in &kinds {
        assert_eq!(document.row("Kinds", kind), *own, "{kind}");
    }
    assert_eq!(document.tables["Kinds"].iter().filter(|row| !row[0].is_empty()).count(), kinds.len());
    // A section without a table would be passed over.
    assert!(document.sections.values().all(|fields| !fields.is_empty()));
    for part in [TO_ENGINE, FROM_ENGINE, REQUESTED, REPLIED] {
        assert!(document.parts[part].len() > 7, "{part}");
    }
}

#[test]
fn the_document_lists_every_name_and_feature() {
    fn names<T: Named + Debug>() -> Vec<&'static str> {
        T::all().map(Named::its_name).collect()
    }
    let document = Document::read();
    let rows: Vec<Vec<String>> = document.tables["Names"].iter().map(|row| row[1].clone()).skip(1).collect();
    let expected = [
        names::<Phase>(),
        names::<PhaseGroup>(),
        names::<Verdict>(),
        names::<DoneReason>(),
        names::<FaultClass>(),
        names::<Status>(),
        names::<Origin>(),
        names::<Timer>(),
        names::<Ending>(),
        names::<StepKind>(),
        names::<FoundBy>(),
    ];
    assert_eq!(rows, expected);
    let features: Vec<_> = document.tables["Versions and features"].iter().flat_map(|row| row[0].clone()).collect();
    assert_eq!(features, FEATURES);
}

#[test]
fn the_document_says_the_version_and_the_limits() {
    let mib = |bytes: usize| bytes / (1024 * 1024);
    let limits = format!(
        "A line to the engine has at most {} MiB, one to a front end at most {} MiB",
        mib(TO_ENGINE_LIMIT),
        mib(TO_FRONT_END_LIMIT)
    );
    let document = written();
    assert!(document.contains(&limits), "{limits}");
    assert!(document.contains(&format!("This is version {VERSION}.")));
}

#[test]
fn the_session_in_the_document_is_one() {
    let document = written();
    let lines: Vec<&str> = document.lines().filter(|line| line.starts_with(['→', '←'])).collect();
    assert_eq!(lines.len(), 9);
    for line in lines {
        let (way, text) = line.split_once(' ').expect("a message");
        // What is left out does not change what the rest is.
        let whole = !text.contains('…');
        match (way, ToEngine::parse(text), ToFrontEnd::parse(text)) {
            ("→", Ok(_), _) | ("←", _, Ok(_)) => {}
            (_, from, to) => assert!(!whole, "{text}: {from:?} {to:?}"),
        }
    }
}
