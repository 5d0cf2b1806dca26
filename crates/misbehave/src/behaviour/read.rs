//! Reads behaviours: `name: what it does`, below it its rules, indented.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::edit::{Change, Edit};
use super::pattern::{Pattern, Template};
use super::{Behaviour, Conditions, Deed, Event, Reaction, Replaced, Span, StoreDeed, Where, words};
use crate::fault::Close;
use crate::text::parse_time;

/// A line that is no rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BehaviourError {
    line: usize,
    why: String,
}

impl fmt::Display for BehaviourError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

impl std::error::Error for BehaviourError {}

/// Reads all behaviours of a text.
pub(crate) fn behaviours(text: &str) -> Result<Vec<Behaviour>, BehaviourError> {
    let mut all: Vec<Behaviour> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let error = |why: String| BehaviourError { line: index + 1, why };
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        if line.starts_with([' ', '\t']) {
            let behaviour = all.last_mut().ok_or_else(|| error("a rule stands below a name".to_owned()))?;
            rule(line, behaviour).map_err(error)?;
            continue;
        }
        let (name, about) = line.split_once(": ").ok_or_else(|| error("`name: what it does` is due".to_owned()))?;
        let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if name.is_empty() || !name.bytes().all(good) {
            return Err(error(format!("{name:?}: a name is of a-z, 0-9 and hyphens")));
        }
        all.push(Behaviour {
            name: name.to_owned(),
            about: about.trim().to_owned(),
            with: Vec::new(),
            replaced: None,
            reactions: Vec::new(),
        });
    }
    Ok(all)
}

fn rule(line: &str, into: &mut Behaviour) -> Result<(), String> {
    let words = words::split(line)?;
    let text = |word: &[u8]| String::from_utf8_lossy(word).into_owned();
    match words.as_slice() {
        [with, names @ ..] if with == b"with" => into.with.extend(names.iter().map(|name| text(name))),
        [replaced, how] if replaced == b"replaced" => {
            into.replaced = Some(match how.as_slice() {
                b"expunge" => Replaced::Expunge,
                b"exists" => Replaced::Exists,
                b"silent" => Replaced::Silent,
                _ => return Err("replaced expunge, exists or silent".to_owned()),
            });
        }
        [on, event, rest @ ..] if on == b"on" => {
            let arrow = rest.iter().position(|word| word == b"->").ok_or("`->` is missing")?;
            let event = event_of(&text(event))?;
            let when = conditions(&rest[..arrow])?;
            let deeds: Result<Vec<Deed>, String> = rest[arrow + 1..].split(|word| word == b";").map(deed).collect();
            into.reactions.push(Reaction { on: event, when, deeds: deeds? });
        }
        _ => return Err("a rule is `on EVENT … -> …`, `with NAME` or `replaced HOW`".to_owned()),
    }
    Ok(())
}

fn event_of(word: &str) -> Result<Event, String> {
    if let Some((name, time)) = word.split_once('+') {
        let time = duration(time.as_bytes())?;
        return match name {
            "idle" => Ok(Event::Idle(time)),
            "every" => Ok(Event::Every(time)),
            "session" => Ok(Event::Session(time)),
            _ => Err(format!("{word:?}: idle+TIME, every+TIME or session+TIME")),
        };
    }
    Ok(match word {
        "start" => Event::Start,
        "connect" => Event::Connect,
        "greeting" => Event::Greeting,
        "news" => Event::News,
        "elsewhere" => Event::Elsewhere,
        "done" => Event::Done,
        _ if word.bytes().any(|b| b.is_ascii_lowercase()) => return Err(format!("{word:?} is no event")),
        _ => Event::Command(word.split('|').map(|verb| verb.replace("UID-", "UID ")).collect()),
    })
}

fn conditions(words: &[Vec<u8>]) -> Result<Conditions, String> {
    let mut all = Conditions::default();
    for word in words {
        let at = word.iter().position(|&b| b == b'=').ok_or_else(|| format!("{word:?}: KEY=VALUE is due"))?;
        let (key, value) = (&word[..at], &word[at + 1..]);
        match key {
            b"args" => all.arguments.push((Pattern::new(value), true)),
            b"args!" => all.arguments.push((Pattern::new(value), false)),
            b"mailbox" => all.mailbox = Some(Pattern::new(value)),
            b"nth" => all.nth = span(value)?,
            b"here" => all.here = span(value)?,
            b"conn" => all.conn = span(value)?,
            b"open" => all.open = span(value)?,
            b"exists" => all.exists = span(value)?,
            b"finds" => all.finds = span(value)?,
            b"uid" => all.uid = Some(number(value)?),
            b"after" => all.after = duration(value)?,
            b"before" => all.before = Some(duration(value)?),
            b"if" => all.marks.push((string(value), true)),
            b"unless" => all.marks.push((string(value), false)),
            _ => return Err(format!("{:?} is no condition", string(key))),
        }
    }
    Ok(all)
}

fn deed(words: &[Vec<u8>]) -> Result<Deed, String> {
    let (uids, words): (Vec<_>, Vec<_>) = words.iter().map(Vec::as_slice).partition(|word| word.starts_with(b"uid="));
    let uids = uids.first().map(|word| span(&word[b"uid=".len()..])).transpose()?;
    let edit = |what: Change| Ok(Deed::Edit(Edit { what, uids }));
    let store = |deed: StoreDeed| Ok(Deed::Store(deed));
    match words.as_slice() {
        [b"delay", time] => Ok(Deed::Delay(duration(time)?)),
        [b"pace", time] => Ok(Deed::Pace(duration(time)?)),
        [b"silence"] => Ok(Deed::Swallow),
        [b"say", line] => Ok(Deed::Say(Where::First, template(line))),
        [b"say-last", line] => Ok(Deed::Say(Where::Last, template(line))),
        [b"say-after", line] => Ok(Deed::Say(Where::After, template(line))),
        [b"instead", line] => Ok(Deed::Instead(Template::new(&[line, &b"\r\n"[..]].concat()))),
        [b"raw", bytes] => Ok(Deed::Instead(template(bytes))),
        [b"ok", text] => Ok(Deed::Refuse(status("OK", text))),
        [b"no", text] => Ok(Deed::Refuse(status("NO", text))),
        [b"bad", text] => Ok(Deed::Refuse(status("BAD", text))),
        [b"tagged", text] => {
            let line = Template::new(&[b"{tag} ", *text].concat());
            edit(Change::Line(Pattern::new(b"{tag} *"), line))
        }
        [b"rewrite", pattern, to] => Ok(Deed::Rewrite(Pattern::new(pattern), template(to))),
        [b"bye", text] => Ok(Deed::Bye(template(text))),
        [b"close", b"clean"] => Ok(Deed::End(Close::Clean)),
        [b"close", b"fin"] => Ok(Deed::End(Close::Fin)),
        [b"close", b"rst"] => Ok(Deed::End(Close::Rst)),
        [b"set", mark] => Ok(Deed::Mark(string(mark), true)),
        [b"clear", mark] => Ok(Deed::Mark(string(mark), false)),
        [b"drop", pattern] => edit(Change::Drop(Pattern::new(pattern))),
        [b"line", pattern, to] => edit(Change::Line(Pattern::new(pattern), template(to))),
        [b"replace", from, to] => edit(Change::Replace(from.to_vec(), template(to))),
        [b"drop-mail"] => edit(Change::DropMail),
        [b"drop-item", name] => edit(Change::DropItem(name.to_vec())),
        [b"value", name, value] => edit(Change::Value(name.to_vec(), template(value))),
        [b"section", name] => edit(Change::Section { name: template(name), space: true }),
        [b"section-glued", name] => edit(Change::Section { name: template(name), space: false }),
        [b"body", bytes] => edit(Change::Body(template(bytes))),
        [b"grow", size] => edit(Change::Grow(number(size)?)),
        [b"quote"] => edit(Change::Quote),
        [b"split"] => edit(Change::Split),
        [b"reverse"] => edit(Change::Reverse),
        [b"twice"] => edit(Change::Twice),
        [b"first", n] => edit(Change::First(number(n)?)),
        [b"cut", n] => edit(Change::Cut(number(n)?)),
        [b"recreate"] => store(StoreDeed::Recreate),
        [b"rename", to] => store(StoreDeed::Rename { to: template(to), fresh: false }),
        [b"rename-fresh", to] => store(StoreDeed::Rename { to: template(to), fresh: true }),
        [b"remove"] => store(StoreDeed::Remove),
        [b"expunge-all"] => store(StoreDeed::ExpungeAll),
        [b"deliver", subject] => store(StoreDeed::Deliver(template(subject))),
        [b"fill", n] => store(StoreDeed::Fill(number(n)?)),
        [b"next-uid", n] => store(StoreDeed::NextUid(number(n)?)),
        [b"rewind"] => store(StoreDeed::Rewind),
        [b"fresh-uidvalidity"] => store(StoreDeed::FreshUidValidity),
        [b"flag", name] => store(StoreDeed::Flag(template(name))),
        [b"mailbox", name] => store(StoreDeed::Mailbox(template(name))),
        [b"password", password] => store(StoreDeed::Password(template(password))),
        [name, ..] => Err(format!("{:?} is nothing that is done, or not with this", string(name))),
        [] => Err("nothing is done".to_owned()),
    }
}

fn template(text: &[u8]) -> Template {
    Template::new(text)
}

fn status(status: &str, text: &[u8]) -> Template {
    let space: &[u8] = if text.is_empty() { b"" } else { b" " };
    Template::new(&[status.as_bytes(), space, text].concat())
}

fn string(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

fn number<T: FromStr>(text: &[u8]) -> Result<T, String> {
    string(text).parse().map_err(|_| format!("{:?} is no number", string(text)))
}

fn duration(text: &[u8]) -> Result<Duration, String> {
    parse_time(&string(text)).ok_or_else(|| format!("{:?} is no time", string(text)))
}

/// `3`, `2..`, `..5`, `2..5`.
fn span(text: &[u8]) -> Result<Span, String> {
    let text = string(text);
    let Some((first, last)) = text.split_once("..") else {
        let n = number(text.as_bytes())?;
        return Ok(Span { first: n, last: n });
    };
    let whole = Span::default();
    Ok(Span {
        first: if first.is_empty() { whole.first } else { number(first.as_bytes())? },
        last: if last.is_empty() { whole.last } else { number(last.as_bytes())? },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_behaviour_has_a_name_a_sentence_and_rules() {
        let text = "# two\na: first\n  on UID-FETCH|NOOP nth=2.. uid=3 -> drop-mail uid=3; tagged \"NO x\"\n\n\
                    b: second\n  with no-idle\n  replaced exists\n  on idle+10s -> recreate\n";
        let all = behaviours(text).expect("behaviours");
        let [a, b] = all.as_slice() else { panic!("{all:?}") };
        assert_eq!((a.name.as_str(), a.about.as_str(), a.reactions[0].deeds.len()), ("a", "first", 2));
        assert_eq!(a.reactions[0].on, Event::Command(vec!["UID FETCH".to_owned(), "NOOP".to_owned()]));
        assert_eq!((a.reactions[0].when.nth.first, a.reactions[0].when.uid), (2, Some(3)));
        assert_eq!((b.with.as_slice(), b.replaced), (&["no-idle".to_owned()][..], Some(Replaced::Exists)));
        assert_eq!(b.reactions[0].on, Event::Idle(Duration::from_secs(10)));
    }

    #[test]
    fn a_line_that_is_no_rule_is_named_with_its_number() {
        for rule in [
            "on NOOP",
            "on NOOP -> fly",
            "on nothing -> silence",
            "on NOOP nth=x -> silence",
            "on NOOP x -> silence",
            "on NOOP x=1 -> silence",
            "on idle+x -> silence",
            "on NOOP -> no \"x",
            "on NOOP -> delay 5",
            "replaced it",
        ] {
            let error = behaviours(&format!("a: b\n  {rule}\n")).expect_err(rule);
            assert!(error.to_string().starts_with("line 2: "), "{error}");
        }
        assert!(behaviours("  on NOOP -> silence").is_err() && behaviours("A b").is_err());
    }
}
