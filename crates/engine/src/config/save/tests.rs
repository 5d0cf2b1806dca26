//! What becomes of the text.

mod on_disk;

use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;

use super::text::setting_of;
use super::*;
use crate::config::testing::{AnyUi, format, providers, sample};
use crate::config::{Config, parse};
use mailwatch_proto::model::TIMERS;
use mailwatch_proto::model::{Setting, Timer};

const PATH: &str = "/etc/mw/config.toml";
const HEAD: &str = "[[account]]\nname = \"work\"\nhost = \"h.example\"\nuser = \"u\"\n";

fn tuned(place: &str, timer: Timer, value: &str) -> Tuned {
    let place = if place.is_empty() { Place::All } else { Place::Account(place.into()) };
    let setting = match value {
        "auto" => Setting::Auto,
        "off" => Setting::Value(None),
        value => Setting::Value(Some(mailwatch_proto::model::parse_duration(value).expect("a duration"))),
    };
    Tuned { place, timer, setting }
}

fn config(text: &str) -> Config {
    parse(text, Path::new(PATH), &format()).unwrap_or_else(|error| panic!("{}\n{text}", error.render(100, false)))
}

fn set(text: &str, wanted: &[Tuned]) -> Result<Edited, SaveError> {
    edit(text, Path::new(PATH), (&providers(), &AnyUi), wanted)
}

#[test]
fn a_timer_is_set_in_whatever_form_it_stands_and_nothing_else_changes() {
    let account = |rest: &str| format!("{HEAD}{rest}");
    // Before, where, what it is set to, after; the text above it stays.
    let cases: [(&str, &str, &str, &str); 19] = [
        ("timers = { reissue = \"auto\" } # mine\n", "work", "5m", "timers = { reissue = \"5m\" } # mine\n"),
        ("timers = { done = '5s' }\n", "work", "5m", "timers = { done = '5s', reissue = \"5m\" }\n"),
        ("timers = {}\n", "work", "5m", "timers = { reissue = \"5m\" }\n"),
        ("timers = { }\n", "work", "auto", "timers = { reissue = \"auto\" }\n"),
        ("timers.reissue   =  '4m'\t# why\n", "work", "90s", "timers.reissue   =  '1m30s'\t# why\n"),
        (
            "timers.done = \"9s\" # d\n# end\n",
            "work",
            "5m",
            "timers.done = \"9s\" # d\ntimers.reissue = \"5m\"\n# end\n",
        ),
        (
            "  [account.timers] # t\n  # only a comment\n",
            "work",
            "5m",
            "  [account.timers] # t\n  reissue = \"5m\"\n  # only a comment\n",
        ),
        (
            "[account.timers]\n\tdone = \"9s\"\n\n# x\n",
            "work",
            "5m",
            "[account.timers]\n\tdone = \"9s\"\n\treissue = \"5m\"\n\n# x\n",
        ),
        ("[account.timers]\nreissue = \"\"\"4m\"\"\" # m\n", "work", "5m", "[account.timers]\nreissue = \"5m\" # m\n"),
        ("# none\n", "work", "5m", "timers = { reissue = \"5m\" }\n# none\n"),
        (
            "mailboxes = [\n  \"INBOX\", # i\n] # m\n",
            "work",
            "5m",
            "mailboxes = [\n  \"INBOX\", # i\n] # m\ntimers = { reissue = \"5m\" }\n",
        ),
        // The account ends where the next table begins.
        ("\n[ui]\ntheme = \"dark\"\n", "work", "5m", "timers = { reissue = \"5m\" }\n\n[ui]\ntheme = \"dark\"\n"),
        ("# end", "", "5m", "# end\n\n[timers]\nreissue = \"5m\"\n"),
        ("[timers]\n\n[ui]\n", "", "5m", "[timers]\nreissue = \"5m\"\n\n[ui]\n"),
        ("[timers]", "", "5m", "[timers]\nreissue = \"5m\"\n"),
        ("[timers]\nreissue = \"4m\"", "", "5m", "[timers]\nreissue = \"5m\""),
        ("[timers]\n\"reissue\" = \"4m\" #\"4m\"\n", "", "5m", "[timers]\n\"reissue\" = \"5m\" #\"4m\"\n"),
        ("[timers]\ndone = \"9s\"\n", "work", "5m", "timers = { reissue = \"5m\" }\n[timers]\ndone = \"9s\"\n"),
        ("[timers]\n#reissue = \"4m\"\n", "", "auto", "[timers]\nreissue = \"auto\"\n#reissue = \"4m\"\n"),
    ];
    for (before, place, value, after) in cases {
        for crlf in [false, true] {
            let ends = |text: String| if crlf { text.replace('\n', "\r\n") } else { text };
            let (before, after) = (ends(account(before)), ends(account(after)));
            let wanted = tuned(place, Timer::Reissue, value);
            let edited =
                set(&before, std::slice::from_ref(&wanted)).unwrap_or_else(|error| panic!("{error}\n{before}"));
            assert_eq!(edited.text, after, "{before:?}");
            assert_eq!(edited.changed, std::slice::from_ref(&wanted));
            let read = config(&edited.text);
            match wanted.setting {
                Setting::Auto => assert!(read.accounts[0].reissue_auto),
                Setting::Value(value) => assert_eq!(read.accounts[0].timers.value(Timer::Reissue), value),
            }
        }
    }
}

#[test]
fn accounts_and_timers_before_any_header_are_set_in_their_place() {
    let inline = "account = [ { name = \"work\", host = \"h.example\", user = \"u\" }, # one\n]\n";
    let edited = set(inline, &[tuned("work", Timer::Done, "5s")]).expect("an edit");
    assert_eq!(edited.text, inline.replace("\"u\" }", "\"u\", timers = { done = \"5s\" } }"));
    let dotted = "account = [ { name = \"work\", host = \"h.example\", timers.done = \"9s\", user = \"u\" } ]\n";
    let edited = set(dotted, &[tuned("work", Timer::Poll, "5m")]).expect("an edit");
    assert_eq!(edited.text, dotted.replace("\"9s\"", "\"9s\", timers.poll = \"5m\""));
    let top = format!("\u{feff}timers.reissue = \"3m\" # top\n\n{HEAD}");
    let edited = set(&top, &[tuned("", Timer::Done, "5s"), tuned("", Timer::Reissue, "2m")]).expect("an edit");
    assert_eq!(edited.text, top.replace("\"3m\" # top\n", "\"2m\" # top\ntimers.done = \"5s\"\n"));
}

#[test]
fn what_is_so_already_is_not_written() {
    let text = format!("{HEAD}timers = {{ done = \"9s\" }}\n[timers]\npoll = \"5m\"\nsilence = \"off\"\n");
    let wanted = [
        tuned("work", Timer::Done, "9s"),
        tuned("work", Timer::Poll, "5m"),
        tuned("work", Timer::Reissue, "4m"),
        tuned("", Timer::Silence, "off"),
    ];
    let edited = set(&text, &wanted).expect("an edit");
    assert_eq!((edited.text, edited.changed), (text, Vec::new()));
}

#[test]
fn what_an_account_has_by_its_provider_is_not_written_and_what_differs_from_it_is() {
    let text = HEAD.replace("h.example", "imap.gmail.com");
    let before = config(&text);
    let preset = setting_of(&before.accounts[0], Timer::Reissue);
    let wanted = Tuned { place: Place::Account("work".into()), timer: Timer::Reissue, setting: preset };
    assert_eq!(set(&text, &[wanted]).expect("an edit").changed, []);
    let edited = set(&text, &[tuned("work", Timer::Reissue, "7m")]).expect("an edit");
    assert_eq!(setting_of(&edited.config.accounts[0], Timer::Reissue), tuned("", Timer::Reissue, "7m").setting);
}

#[test]
fn an_account_that_says_otherwise_is_named_when_all_are_set() {
    let other = HEAD.replace("work", "home");
    let text = format!("{HEAD}timers = {{ reissue = \"auto\" }}\n{other}timers.reissue = \"5m\"\n");
    let edited = set(&text, &[tuned("", Timer::Reissue, "5m")]).expect("an edit");
    assert_eq!(edited.overridden.into_iter().collect::<Vec<_>>(), ["work"]);
}

#[test]
fn what_would_not_be_valid_is_refused_and_says_why() {
    let cases = [
        (tuned("work", Timer::RetryMin, "30m"), "retry_min"),
        (tuned("gone", Timer::Reissue, "5m"), "no account `gone`"),
    ];
    for (wanted, part) in cases {
        let error = set(HEAD, &[wanted]).expect_err(part).to_string();
        assert!(error.starts_with("not saved") && error.contains(part), "{error}");
    }
    assert!(matches!(set("[[account]]\n", &[tuned("", Timer::Reissue, "5m")]), Err(SaveError::Broken { .. })));
}

#[test]
fn the_sample_keeps_every_line_it_has() {
    let text: String = sample()
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '[') => format!("{rest}\n"),
            Some(_) | None => format!("{line}\n"),
        })
        .collect();
    let wanted =
        [tuned("work", Timer::Reissue, "auto"), tuned("", Timer::Silence, "2m"), tuned("work", Timer::Done, "5s")];
    let edited = set(&text, &wanted).expect("an edit");
    let differing: Vec<_> = text.lines().zip(edited.text.lines()).filter(|(old, new)| old != new).collect();
    assert_eq!(
        differing,
        [
            ("timers = { reissue = \"3m\" }", "timers = { reissue = \"auto\", done = \"5s\" }"),
            ("silence = \"off\"", "silence = \"2m\""),
        ]
    );
    assert_eq!(text.lines().count(), edited.text.lines().count());
}

/// Blanks and comments, as they may stand between two lines.
fn noise() -> impl Strategy<Value = String> {
    prop::collection::vec("[ \t]{0,3}(#[ -~é日\t]{0,20})?\n", 0..3).prop_map(|lines| lines.concat())
}

/// An end of a line.
fn tail() -> impl Strategy<Value = String> {
    "[ \t]{0,2}(#[ -~日]{0,12})?\n"
}

/// A table of timers in some form: for an account or for all.
fn timers(header: &'static str) -> impl Strategy<Value = String> {
    let value = |timer: usize| {
        prop::sample::select(match TIMERS[timer].timer {
            Timer::Reissue => vec!["auto", "4m", "1m30s"],
            Timer::Silence => vec!["off", "2m"],
            Timer::RetryMin => vec!["1s", "2s"],
            Timer::RetryMax => vec!["5m", "1h"],
            Timer::Connect | Timer::Reply | Timer::Done | Timer::Poll => vec!["7s", "10s"],
        })
    };
    let pairs = prop::collection::btree_map(0..TIMERS.len(), Just(()), 0..4).prop_flat_map(move |picked| {
        picked.into_keys().map(|timer| (Just(TIMERS[timer].name), value(timer))).collect::<Vec<_>>()
    });
    (pairs, 0..3, tail(), noise(), prop::bool::ANY).prop_map(move |(pairs, form, tail, noise, single)| {
        let quote = if single { '\'' } else { '"' };
        let pair = |(name, value): &(&str, &str)| format!("{name} = {quote}{value}{quote}");
        match form {
            0 => format!("timers = {{ {} }}{tail}", pairs.iter().map(pair).collect::<Vec<_>>().join(" , ")),
            1 => pairs.iter().map(|one| format!("timers.{}{tail}{noise}", pair(one))).collect::<Vec<_>>().concat(),
            _ => {
                let lines: Vec<_> = pairs.iter().map(|one| format!(" {}{tail}{noise}", pair(one))).collect();
                let lines = lines.concat();
                format!("[{header}]{tail}{noise}{lines}")
            }
        }
    })
}

fn document() -> impl Strategy<Value = String> {
    let account = |name: &'static str| {
        (noise(), tail(), noise(), prop::option::of(timers("account.timers"))).prop_map(move |(before, tail, after, timers)| {
            let timers = timers.unwrap_or_default();
            format!("{before}[[account]]{tail}name = \"{name}\"{tail}host = \"h.example\"\n{after}user = 'u'{tail}{timers}")
        })
    };
    let all = prop::option::of(timers("timers"));
    (all, account("work"), account("home"), noise(), prop::bool::ANY, prop::bool::ANY).prop_map(
        |(all, work, home, end, crlf, open)| {
            let all = all.unwrap_or_default();
            // Under a header of its own it would take up what follows; before any header it must come first.
            let mut text = if all.starts_with('[') {
                format!("{work}{home}{all}{end}")
            } else {
                format!("{all}{work}{home}{end}")
            };
            if open {
                text.truncate(text.trim_end_matches('\n').len());
            }
            if crlf { text.replace('\n', "\r\n") } else { text }
        },
    )
}

fn wish() -> impl Strategy<Value = Tuned> {
    let place = prop::sample::select(vec![Place::All, Place::Account("work".into()), Place::Account("home".into())]);
    (place, 0..TIMERS.len(), 3u64..50).prop_map(|(place, timer, seconds)| {
        let timer = TIMERS[timer].timer;
        let setting = match (timer, seconds % 4) {
            (Timer::Reissue, 0) => Setting::Auto,
            (Timer::Silence, 0) => Setting::Value(None),
            // Within the range, and no backoff that begins above its end.
            (Timer::RetryMin, _) => Setting::Value(Some(Duration::from_secs(2))),
            (Timer::RetryMax, _) => Setting::Value(Some(Duration::from_secs(seconds * 10))),
            _ => Setting::Value(Some(Duration::from_secs(seconds))),
        };
        Tuned { place, timer, setting }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_text_it_reads_as_wished_and_the_rest_stays(text in document(), wanted in wish()) {
        let before = config(&text);
        let edited = set(&text, std::slice::from_ref(&wanted)).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let after = config(&edited.text);
        let timer = wanted.timer;
        for (old, new) in before.accounts.iter().zip(&after.accounts) {
            let meant = match &wanted.place {
                Place::All => !edited.overridden.contains(&new.name),
                Place::Account(name) => **name == *new.name,
            };
            for spec in TIMERS {
                // All's reissue is where one begins that an account learns.
                let begins = spec.timer == Timer::Reissue && timer == Timer::Reissue && new.reissue_auto;
                if (spec.timer != timer || !meant) && !begins {
                    prop_assert_eq!(old.timers.value(spec.timer), new.timers.value(spec.timer));
                }
            }
            if meant {
                match wanted.setting {
                    Setting::Auto => prop_assert!(new.reissue_auto),
                    Setting::Value(value) => {
                        prop_assert_eq!(new.timers.value(timer), value);
                        prop_assert!(timer != Timer::Reissue || !new.reissue_auto);
                    }
                }
            }
        }
        // What was put in or changed is one piece: the text before it and after it is the old one's.
        let (old, new) = (text.as_bytes(), edited.text.as_bytes());
        let head = old.iter().zip(new).take_while(|(old, new)| old == new).count();
        let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(|(old, new)| old == new).count();
        let (gone, put) = (&text[head..old.len() - tail], &edited.text[head..new.len() - tail]);
        prop_assert!(gone.len() <= "1m30s\"".len() && !gone.contains(['#', '\n']), "{gone:?} became {put:?}");
        prop_assert!(put.matches('\n').count() <= 4, "{put:?}");
        prop_assert_eq!(edited.changed.is_empty(), gone.is_empty() && put.is_empty());
        // Saved once, there is nothing more to save.
        let again = set(&edited.text, &[wanted]).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!((again.text, again.changed), (edited.text, Vec::new()));
    }
}
