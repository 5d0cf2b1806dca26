//! docs/configuration.md is made from the commented sample, which has every key of the schema.

use std::fmt::Write as _;

use mailwatch_proto::model::{Setting, TIMERS, Timer, show_duration};

use super::written;

const SAMPLE: &str = include_str!("../../assets/config.toml");
const DOCUMENT: &str = include_str!("../../docs/configuration.md");

const HEAD: &str = "# Configuration reference

The file is `~/.config/mailwatch-tui/config.toml`. `mailwatch-tui config init` writes a sample with all of this in comments, `mailwatch-tui config check` says what is
wrong and where, `R` on the screen or SIGHUP reads it again. Durations are written `\"10s\"`, `\"4m\"`, `\"1m30s\"`, `\"1h\"`. Where the table shows a
value without saying so, it is the default or, for names, an example; the account's provider may bring other defaults.
";

/// A part of the sample: its lines on one subject.
#[derive(Default)]
struct Row {
    /// What is written of the keys.
    text: Vec<&'static str>,
    /// The keys with a value each, as the file has them.
    keys: Vec<&'static str>,
}

impl Row {
    fn markdown(&self) -> String {
        let parts = self.keys.iter().map(|key| key.split_once(" # ").unwrap_or((key, "")));
        let (keys, remarks): (Vec<_>, Vec<_>) =
            parts.map(|(key, remark)| (format!("`{}`", key.trim_end()), remark)).unzip();
        let text: Vec<_> = self.text.iter().copied().chain(remarks).filter(|text| !text.is_empty()).collect();
        format!("| {} | {} |\n", keys.join("<br>"), text.join(" "))
    }
}

/// A line of the sample.
enum Line {
    /// The title of a section.
    Section(&'static str),
    /// `[table]` or `[[table]]`.
    Table(&'static str),
    Key(&'static str),
    Text(&'static str),
    Blank,
}

fn line(line: &'static str) -> Line {
    if let Some(title) = line.strip_prefix("# ── ") {
        return Line::Section(title.trim_end_matches(['─', ' ']));
    }
    let bare = line.trim_start_matches('#');
    match bare.strip_prefix(' ') {
        Some(text) => Line::Text(text),
        None if bare.is_empty() => Line::Blank,
        None if bare.starts_with('[') => Line::Table(bare),
        None => Line::Key(bare),
    }
}

/// The document that the sample makes.
fn made() -> String {
    let mut text = HEAD.to_owned();
    let mut row = Row::default();
    let mut open = false;
    let (_, sections) = SAMPLE.split_once("# ── ").expect("a section");
    let begin = SAMPLE.len() - sections.len() - "# ── ".len();
    for each in SAMPLE[begin..].lines().map(line).chain([Line::Blank]) {
        match each {
            Line::Section(title) => {
                write!(text, "\n## {title}\n").expect("memory");
                open = false;
            }
            Line::Table(name) => {
                let said = std::mem::take(&mut row).text.join(" ");
                let said = if said.is_empty() { said } else { format!("{said}\n\n") };
                write!(text, "\n### `{name}`\n\n{said}| key | meaning |\n|---|---|\n").expect("memory");
                open = true;
            }
            Line::Key(key) => row.keys.push(key),
            Line::Text(said) => row.text.push(said),
            Line::Blank if !row.keys.is_empty() => {
                assert!(open, "{:?} stands in no table", row.keys);
                text.push_str(&std::mem::take(&mut row).markdown());
            }
            // What is said of a whole section, before its table.
            Line::Blank if !row.text.is_empty() && !open => {
                write!(text, "\n{}\n", std::mem::take(&mut row).text.join(" ")).expect("memory");
            }
            Line::Blank => {}
        }
    }
    text
}

#[test]
fn the_reference_is_made_from_the_sample() {
    written("docs/configuration.md", DOCUMENT, &made());
}

#[test]
fn the_reference_has_every_key_of_the_sample() {
    let keys = SAMPLE.lines().filter_map(|text| match line(text) {
        Line::Key(key) => key.split_once(" = ").map(|(name, _)| name),
        Line::Section(_) | Line::Table(_) | Line::Text(_) | Line::Blank => None,
    });
    let keys: Vec<_> = keys.collect();
    assert!(keys.len() > 40, "only {} keys", keys.len());
    let text = made();
    let missing: Vec<_> = keys.into_iter().filter(|key| !text.contains(&format!("`{key} = "))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_timer_is_in_the_sample_with_its_default_and_its_range() {
    let (_, rest) = SAMPLE.split_once("\n#[timers]\n").expect("the table of timers");
    let (timers, _) = rest.split_once("\n# ── ").expect("the next section");
    for spec in TIMERS {
        let key = format!("#{} = \"{}\"", spec.name, Setting::Value(spec.default));
        let block = timers.split("\n\n").find(|block| block.lines().any(|line| line == key));
        let block = block.unwrap_or_else(|| panic!("{key} is not there"));
        let text: Vec<_> = block.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        let mut range = format!("{} to {}", show_duration(Some(spec.min)), show_duration(Some(spec.max)));
        if spec.can_be_off {
            range.push_str(", or \"off\"");
        } else if spec.timer == Timer::Reissue {
            range.push_str(", or \"auto\"");
        }
        assert!(text.join(" ").contains(&range), "{key}: {range} is missing in {text:?}");
    }
    let keys = timers.lines().filter(|line| matches!(self::line(line), Line::Key(_))).count();
    assert_eq!(keys, TIMERS.len(), "a timer that is none");
}
