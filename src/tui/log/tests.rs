//! What the log keeps, shows and folds.

use super::*;

#[test]
fn what_happens_to_many_at_once_is_one_line_that_opens() {
    let mut log = Log::default();
    let watch = |n: u32| WatchId::new(if n < 30 { "old" } else { "work" }, &format!("box{n}"));
    let at = |n: u64| SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(n);
    let refused = || line("connect: refused", true);
    for n in 0..3 {
        log.push_one_of(at(n.into()), watch(n), refused(), Together::same("connect"));
    }
    log.push_one_of(at(2), watch(2), refused(), Together::same("connect"));
    assert_eq!(shown(&log), ["old: 3 watches: connect: refused"]);
    log.push_one_of(at(9), watch(30), refused(), Together::same("connect"));
    assert_eq!(shown(&log), ["4 watches of 2 accounts: connect: refused"]);
    log.push_one_of(at(60), watch(1), refused(), Together::same("connect"));
    assert_eq!(shown(&log).len(), 2, "much later it is another outage");
    assert!(log.toggle_fold(log.first()));
    assert_eq!(shown(&log).len(), 2 + 5, "the first too");
    assert!(log.toggle_fold(log.first()) && shown(&log).len() == 2);
    assert!(!log.toggle_fold(log.first() + 1), "one watch is nothing to open");
    log.filter("box30");
    assert_eq!(shown(&log).len(), 1);
}

#[test]
fn what_each_says_with_its_own_figures_is_said_of_several_without_them_and_opens_to_each_own_words() {
    let mut log = Log::default();
    let watch = |n: u32| WatchId::new("old", &format!("box{n}"));
    let blind = |seconds| std::time::Duration::from_secs(seconds);
    let replaced = |log: &mut Log, n: u32, seconds| {
        let what = Together { blind: blind(seconds), ..Together::several("replaced", "replaced") };
        log.push_one_of(SystemTime::UNIX_EPOCH, watch(n), line(&format!("replaced by connection {n}"), true), what);
    };
    replaced(&mut log, 1, 4);
    replaced(&mut log, 1, 6);
    assert_eq!(shown(&log), ["replaced by connection 1"; 2], "of one watch nothing is folded");
    replaced(&mut log, 2, 12);
    let said = "old: 2 watches: replaced, blind for 12 s at most";
    assert_eq!(shown(&log), ["replaced by connection 1", said]);
    assert!(log.toggle_fold(log.first() + 1));
    assert_eq!(shown(&log)[2..], ["replaced by connection 1", "replaced by connection 2"]);
}

fn line(text: &str, news: bool) -> LogLine {
    LogLine { role: Role::Text, text: text.to_owned(), news, topic: Topic::Other }
}

fn shown(log: &Log) -> Vec<&str> {
    (log.first()..log.end()).filter_map(|position| log.get(position)).map(|entry| entry.text.as_str()).collect()
}

#[test]
fn news_alone_are_shown_until_all_is_asked_for() {
    let mut log = Log::default();
    log.push(SystemTime::UNIX_EPOCH, None, line("heartbeat", false));
    log.push(SystemTime::UNIX_EPOCH, None, line("mail", true));
    assert_eq!(shown(&log), ["mail"]);
    log.next_kind();
    assert_eq!(shown(&log), ["heartbeat", "mail"]);
}

#[test]
fn each_kind_shows_its_own_and_the_circle_closes() {
    let mut log = Log::default();
    for (role, topic, text) in [
        (Role::Mail, Topic::Mail, "mail"),
        (Role::Text, Topic::Done, "DONE"),
        (Role::Warn, Topic::Done, "stalled"),
        (Role::Down, Topic::Other, "fault"),
    ] {
        log.push(SystemTime::UNIX_EPOCH, None, LogLine { role, text: text.to_owned(), news: true, topic });
    }
    let mut seen = Vec::new();
    for _ in 0..5 {
        log.next_kind();
        seen.push((log.kind().name(), shown(&log).join(" ")));
    }
    let all = "mail DONE stalled fault".to_owned();
    let rest = [("mail", "mail"), ("DONE", "DONE stalled"), ("trouble", "stalled fault")];
    let rest = rest.map(|(name, texts)| (name, texts.to_owned()));
    assert_eq!(seen, [vec![("all", all.clone())], rest.to_vec(), vec![("news", all)]].concat());
}

#[test]
fn one_watch_alone_is_shown_where_that_is_asked_for() {
    let mut log = Log::default();
    let work = WatchId::new("work", "INBOX");
    log.push(SystemTime::UNIX_EPOCH, Some(work.clone()), line("one", true));
    log.push(SystemTime::UNIX_EPOCH, None, line("two", true));
    log.set_only(Some(work));
    assert_eq!(shown(&log), ["one"]);
    log.set_only(None);
    assert_eq!(shown(&log), ["one", "two"]);
}

#[test]
fn a_filter_finds_text_and_watch_in_any_case_and_holds_for_what_comes() {
    let mut log = Log::default();
    let watch = Some(WatchId::new("work", "INBOX"));
    log.push(SystemTime::UNIX_EPOCH, watch.clone(), line("one", true));
    log.push(SystemTime::UNIX_EPOCH, None, line("in WORK", true));
    log.push(SystemTime::UNIX_EPOCH, None, line("three", true));
    log.filter("Work");
    log.push(SystemTime::UNIX_EPOCH, watch, line("four", true));
    assert_eq!(shown(&log), ["one", "in WORK", "four"]);
    log.filter("");
    assert_eq!(log.end() - log.first(), 4);
}

#[test]
fn a_mail_that_the_log_has_gets_no_second_line_but_is_confirmed_again() {
    let mut log = Log::default();
    let key = |uid| MailKey { watch: WatchId::new("work", "INBOX"), epoch: 0, uidvalidity: 1, uid };
    assert!(log.note_mail(key(1)));
    log.push(SystemTime::UNIX_EPOCH, None, line("mail", true));
    assert!(!log.note_mail(key(1)));
    assert!(log.note_mail(key(2)));
    assert_eq!(log.take_unconfirmed(), [key(1), key(1), key(2)]);
    for _ in 0..=LOG_LIMIT {
        log.push(SystemTime::UNIX_EPOCH, None, line("other", true));
    }
    assert!(log.note_mail(key(1)), "its line has left");
}

#[test]
fn what_left_the_log_is_not_shown() {
    let mut log = Log::default();
    for n in 0..LOG_LIMIT + 5 {
        log.push(SystemTime::UNIX_EPOCH, None, line(&n.to_string(), n % 2 == 0));
    }
    assert_eq!(log.len(), LOG_LIMIT);
    assert_eq!(shown(&log).len(), LOG_LIMIT / 2);
    assert_eq!(shown(&log).first(), Some(&"6"));
}

#[test]
fn an_outage_of_many_pushes_no_news_out_and_the_cursor_stays_on_its_line() {
    let mut log = Log::default();
    let watch = |n: u64| WatchId::new("old", &format!("box{n}"));
    let at = |n: u64| SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(n);
    for n in 0..100 {
        log.push(at(n), None, line(&format!("mail {n}"), true));
    }
    log.show_kind(Kind::All);
    log.view.scroll(-70, log.first(), log.end(), 20);
    let under = |log: &Log| log.cursor().and_then(|at| log.get(at)).map(|entry| entry.text.clone());
    assert_eq!(under(&log).as_deref(), Some("mail 29"));
    for try_ in 0..200_u64 {
        for n in 0..100 {
            let refused = line("connect: refused", true);
            log.push_one_of(at(100 + 5 * try_), watch(n), refused, Together::same("connect"));
            log.push(at(100 + 5 * try_), Some(watch(n)), line("retry", false));
        }
    }
    assert_eq!(log.len(), LOG_LIMIT);
    assert_eq!(under(&log).as_deref(), Some("mail 29"));
    log.show_kind(Kind::News);
    let shown = shown(&log);
    assert_eq!(shown[..2], ["mail 0", "mail 1"]);
    assert_eq!(shown[99..], ["mail 99", "old: 100 watches: connect: refused"]);
}

proptest::proptest! {
    #[test]
    fn what_is_shown_is_what_passes_of_what_is_kept(kinds in proptest::collection::vec((0..3_u8, 0..40_u64), 0..300)) {
        let mut log = Log { entries: Lines::new(50), ..Log::default() };
        for (n, (kind, box_)) in kinds.into_iter().enumerate() {
            let (watch, text) = (WatchId::new("old", &format!("box{box_}")), format!("line {n}"));
            let ts = SystemTime::UNIX_EPOCH;
            match kind {
                0 => log.push(ts, Some(watch), line(&text, true)),
                1 => log.push(ts, Some(watch), line(&text, false)),
                _ => log.push_one_of(ts, watch, line("refused", true), Together::same("refused")),
            };
            let passing: Vec<_> = log.entries.iter().filter(|(_, entry)| log.passes(entry)).map(|(at, _)| at).collect();
            let at: Vec<_> = (log.first()..log.end()).filter_map(|position| log.shown.get(position).copied()).collect();
            proptest::prop_assert_eq!(at, passing);
            proptest::prop_assert!(log.len() <= 50);
        }
    }
}
