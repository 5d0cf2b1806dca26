use std::time::Duration;

use super::*;
use crate::allocation::Loan;

fn id(mailbox: &str) -> WatchId {
    WatchId::new("work", mailbox)
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn allocation(entries: &[&str], max_connections: u16) -> Allocation {
    Allocation::new("work", &strings(entries), max_connections)
}

fn outputs(allocation: &mut Allocation) -> Vec<Output> {
    std::iter::from_fn(|| allocation.poll()).collect()
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn listed(by: &str, names: &[&[&str]], seconds: u64) -> Input {
    let names = names.iter().map(|names| Some(strings(names))).collect();
    Input::Listed { by: id(by), names: ListedNames { names, ..ListedNames::default() }, at: at(seconds) }
}

fn ended(mailbox: &str) -> Input {
    Input::Ended { id: id(mailbox), known: None, shared: Vec::new() }
}

fn start(mailbox: &str) -> Output {
    Output::Start { id: id(mailbox), appeared: None }
}

fn share(mailbox: &str, over: &str) -> Output {
    Output::Share { id: id(mailbox), over: id(over), appeared: None }
}

fn end(mailbox: &str) -> Output {
    Output::End(id(mailbox))
}

fn leave(mailbox: &str, vanished: bool) -> Output {
    Output::Leave { id: id(mailbox), vanished }
}

const KNOWN: Mailbox = Mailbox { exists: 3, unseen: None, uidvalidity: 7, uidnext: 12, epoch: 0 };

#[test]
fn an_account_whose_mailboxes_all_fit_is_a_watch_each_and_nothing_else() {
    let mut work = allocation(&["INBOX", "a", "b"], 3);
    assert_eq!(outputs(&mut work), [start("INBOX"), start("a"), start("b")]);
    assert!(work.is_settled());
}

#[test]
fn what_finds_no_room_shares_the_last_connection_of_those_named() {
    let mut work = allocation(&["INBOX", "a", "b", "c"], 2);
    assert_eq!(outputs(&mut work), [start("INBOX"), start("a"), share("b", "a"), share("c", "a")]);
    assert!(work.is_settled());
}

#[test]
fn a_pattern_alone_is_discovered_and_the_connection_that_asked_makes_room() {
    let mut work = allocation(&["lists/*"], 1);
    assert_eq!(outputs(&mut work), [Output::Discover(id("lists/*"))]);
    work.handle(listed("lists/*", &[&["lists/a", "lists/b"]], 1));
    assert_eq!(outputs(&mut work), [end("lists/*")]);
    work.handle(ended("lists/*"));
    assert_eq!(
        outputs(&mut work),
        [
            leave("lists/*", false),
            start("lists/a"),
            Output::List(id("lists/a")),
            share("lists/b", "lists/a"),
            Output::Reconnect(id("lists/a")),
        ],
        "at the first answer nothing has appeared: there was none before"
    );
    assert!(work.is_settled());
}

#[test]
fn a_pattern_that_fits_nothing_is_reported_once() {
    let mut work = allocation(&["INBOX", "lists/*"], 2);
    assert_eq!(outputs(&mut work), [start("INBOX"), Output::List(id("INBOX"))]);
    work.handle(listed("INBOX", &[&[], &[]], 1));
    let told = outputs(&mut work);
    assert!(
        matches!(&told[..], [Output::Tell(of, EventKind::Fault { class: FaultClass::Mailbox, .. })] if *of == id("INBOX"))
    );
    work.handle(listed("INBOX", &[&[], &[]], 2));
    assert_eq!(outputs(&mut work), []);
}

#[test]
fn a_mailbox_that_appears_is_known_not_to_have_been_there_at_the_last_answer() {
    let mut work = allocation(&["INBOX", "lists/*"], 2);
    work.handle(listed("INBOX", &[&[], &["lists/a"]], 5));
    work.handle(listed("INBOX", &[&[], &["lists/a", "lists/new"]], 9));
    let appeared = Some(Appeared { since: at(5), vanished: Vec::new() });
    let shared = Output::Share { id: id("lists/new"), over: id("INBOX"), appeared };
    assert!(outputs(&mut work).contains(&shared));
}

#[test]
fn a_mailbox_that_vanishes_ends_and_one_that_appears_may_be_it_renamed() {
    let mut work = allocation(&["INBOX", "lists/*"], 2);
    work.handle(listed("INBOX", &[&[], &["lists/a"]], 5));
    outputs(&mut work);
    work.handle(listed("INBOX", &[&[], &["lists/b"]], 9));
    assert_eq!(outputs(&mut work), [end("lists/a")]);
    assert!(!work.is_settled());
    work.handle(Input::Ended { id: id("lists/a"), known: Some(KNOWN), shared: Vec::new() });
    let appeared = Some(Appeared { since: at(5), vanished: vec![KNOWN] });
    assert_eq!(
        outputs(&mut work),
        [leave("lists/a", true), Output::Start { id: id("lists/b"), appeared }, Output::Reconnect(id("lists/b"))]
    );
}

#[test]
fn a_shared_mailbox_that_vanishes_is_taken_back() {
    let mut work = allocation(&["INBOX", "lists/*"], 1);
    work.handle(listed("INBOX", &[&[], &["lists/a"]], 5));
    outputs(&mut work);
    work.handle(listed("INBOX", &[&[], &[]], 9));
    let asked = outputs(&mut work);
    assert_eq!(asked.last(), Some(&Output::TakeBack { id: id("lists/a"), from: id("INBOX") }));
    work.handle(Input::TakenBack(id("lists/a"), Some(Given { known: Some(KNOWN) })));
    assert_eq!(outputs(&mut work), [leave("lists/a", true)]);
    assert!(work.is_settled());
}

#[test]
fn where_room_comes_free_a_shared_mailbox_gets_a_connection_and_keeps_what_it_told() {
    let mut work = allocation(&["*"], 2);
    work.handle(listed("*", &[&["a", "b", "c"]], 5));
    work.handle(ended("*"));
    outputs(&mut work);
    work.handle(listed("a", &[&["a", "c"]], 9));
    assert_eq!(outputs(&mut work), [end("b")]);
    work.handle(ended("b"));
    assert_eq!(outputs(&mut work), [leave("b", true), Output::TakeBack { id: id("c"), from: id("a") }]);
    work.handle(Input::TakenBack(id("c"), Some(Given::default())));
    let promoted = outputs(&mut work);
    assert_eq!(promoted, [Output::Promote(id("c")), Output::Reconnect(id("a")), Output::Reconnect(id("c"))]);
}

#[test]
fn what_shared_a_connection_that_ended_goes_on_with_another_or_the_first_of_it_becomes_one() {
    for max_connections in [1, 2] {
        let mut work = allocation(&["lists/*"], max_connections);
        work.handle(listed("lists/*", &[&["lists/a", "lists/b", "lists/c", "lists/d"]], 5));
        work.handle(ended("lists/*"));
        outputs(&mut work);
        work.handle(listed("lists/a", &[&["lists/b", "lists/c", "lists/d"]], 9));
        assert_eq!(outputs(&mut work), [end("lists/a")]);
        let had = if max_connections == 1 { &["lists/b", "lists/c", "lists/d"][..] } else { &["lists/c", "lists/d"] };
        let shared = had.iter().map(|mailbox| (id(mailbox), Given::default())).collect();
        work.handle(Input::Ended { id: id("lists/a"), known: None, shared });
        let mut told = outputs(&mut work);
        told.retain(|output| !matches!(output, Output::Reconnect(_)));
        let again = |mailbox: &str| Output::ShareAgain { id: id(mailbox), over: id("lists/b") };
        let listing = Output::List(id("lists/b"));
        let expected = if max_connections == 1 {
            vec![leave("lists/a", true), Output::Promote(id("lists/b")), listing, again("lists/c"), again("lists/d")]
        } else {
            vec![leave("lists/a", true), Output::Promote(id("lists/c")), listing, again("lists/d")]
        };
        assert_eq!(told, expected);
        assert!(work.is_settled());
    }
}

#[test]
fn mailboxes_lost_with_a_connection_that_was_dropped_begin_as_new_ones() {
    let mut work = allocation(&["INBOX", "a"], 1);
    assert_eq!(outputs(&mut work), [start("INBOX"), share("a", "INBOX")]);
    work.handle(ended("INBOX"));
    assert_eq!(outputs(&mut work), [start("INBOX"), share("a", "INBOX")]);
}

#[test]
fn the_same_configuration_touches_nothing() {
    for (entries, max_connections) in [(&["INBOX", "a"][..], 2), (&["INBOX", "a"], 1), (&["INBOX", "*"], 3)] {
        let mut work = allocation(entries, max_connections);
        outputs(&mut work);
        work.handle(Input::Configure(strings(entries)));
        assert_eq!(outputs(&mut work), [], "{entries:?}");
        assert!(work.is_settled());
    }
}

#[test]
fn among_named_mailboxes_only_those_that_changed_end_and_begin() {
    let mut work = allocation(&["INBOX", "a"], 2);
    outputs(&mut work);
    work.handle(Input::Configure(strings(&["INBOX", "b"])));
    assert_eq!(outputs(&mut work), [end("a")]);
    work.handle(ended("a"));
    assert_eq!(outputs(&mut work), [leave("a", false), start("b")]);
    assert!(work.is_settled());
}

#[test]
fn where_mailboxes_share_another_configuration_begins_anew() {
    let mut work = allocation(&["INBOX", "a"], 1);
    outputs(&mut work);
    work.handle(Input::Configure(strings(&["INBOX", "b"])));
    assert_eq!(outputs(&mut work), [end("INBOX")]);
    let shared = vec![(id("a"), Given::default())];
    work.handle(Input::Ended { id: id("INBOX"), known: None, shared });
    assert_eq!(outputs(&mut work), [leave("a", false), leave("INBOX", false), start("INBOX"), share("b", "INBOX")]);
}

#[test]
fn an_answer_to_the_configuration_before_is_no_answer_to_this_one() {
    let mut work = allocation(&["INBOX", "lists/*"], 2);
    outputs(&mut work);
    work.handle(Input::Configure(strings(&["old/*", "INBOX"])));
    work.handle(listed("INBOX", &[&[], &["lists/a"]], 1));
    outputs(&mut work);
    work.handle(ended("INBOX"));
    assert_eq!(outputs(&mut work), [leave("INBOX", false), start("INBOX"), Output::List(id("INBOX"))]);
}

#[test]
fn an_answer_that_comes_while_something_ends_is_taken_afterwards() {
    let mut work = allocation(&["INBOX", "*"], 3);
    work.handle(listed("INBOX", &[&[], &["a"]], 1));
    outputs(&mut work);
    work.handle(listed("INBOX", &[&[], &[]], 2));
    work.handle(listed("INBOX", &[&[], &["b"]], 3));
    assert_eq!(outputs(&mut work).last(), Some(&end("a")));
    work.handle(ended("a"));
    let appeared = Some(Appeared { since: at(2), vanished: Vec::new() });
    assert!(outputs(&mut work).contains(&Output::Start { id: id("b"), appeared }));
}

#[test]
fn the_end_waits_for_every_connection() {
    let mut work = allocation(&["INBOX", "a", "b"], 2);
    outputs(&mut work);
    work.handle(Input::Stop);
    assert_eq!(outputs(&mut work), [end("INBOX"), end("a")]);
    work.handle(ended("INBOX"));
    assert!(!work.is_stopped());
    work.handle(Input::Ended { id: id("a"), known: None, shared: vec![(id("b"), Given::default())] });
    assert!(work.is_stopped() && work.is_settled());
    work.handle(Input::Configure(strings(&["c"])));
    assert_eq!(outputs(&mut work), []);
}

#[test]
fn a_limit_that_the_server_shows_is_learned_and_the_rest_share_what_stands() {
    let mut work = allocation(&["INBOX", "a", "b", "c"], 8);
    outputs(&mut work);
    let standing = || [id("INBOX"), id("a")].into();
    work.handle(Input::Limited { id: id("c"), standing: standing() });
    assert_eq!(outputs(&mut work), [end("c")]);
    work.handle(ended("c"));
    assert_eq!(outputs(&mut work), [share("c", "a")], "over one that stands");
    work.handle(Input::Limited { id: id("b"), standing: standing() });
    work.handle(ended("b"));
    assert_eq!(outputs(&mut work), [end("b"), share("b", "a")]);
    assert_eq!(work.most(), 2);
    work.handle(Input::TryMore);
    assert_eq!(outputs(&mut work), [Output::TakeBack { id: id("b"), from: id("a") }], "cautiously, one");
    work.handle(Input::TakenBack(id("b"), Some(Given::default())));
    assert_eq!(outputs(&mut work), [Output::Promote(id("b"))]);
    work.handle(Input::Limited { id: id("b"), standing: standing() });
    work.handle(ended("b"));
    assert_eq!(outputs(&mut work), [end("b"), share("b", "a")]);
}

#[test]
fn the_last_connection_is_never_given_up_and_a_refused_sharing_one_leaves_what_it_serves_to_another() {
    let mut work = allocation(&["INBOX", "a", "b"], 2);
    outputs(&mut work);
    work.handle(Input::Limited { id: id("a"), standing: [id("INBOX")].into() });
    assert_eq!(outputs(&mut work), [end("a")]);
    work.handle(Input::Ended { id: id("a"), known: None, shared: vec![(id("b"), Given::default())] });
    let again = Output::ShareAgain { id: id("b"), over: id("INBOX") };
    assert_eq!(outputs(&mut work), [share("a", "INBOX"), again]);
    work.handle(Input::Limited { id: id("INBOX"), standing: BTreeSet::new() });
    assert_eq!(outputs(&mut work), [], "it waits for the server");
    let mut work = allocation(&["INBOX", "a"], 2);
    outputs(&mut work);
    for mailbox in ["INBOX", "a"] {
        work.handle(Input::Limited { id: id(mailbox), standing: BTreeSet::new() });
    }
    work.handle(ended("INBOX"));
    assert_eq!(
        outputs(&mut work),
        [end("INBOX"), share("INBOX", "a"), Output::Connect(id("a"))],
        "alone it may be let in"
    );
}

fn lend(refused: bool) -> Input {
    Input::Lend { refused, standing: BTreeSet::new() }
}

const GIVEN: Output = Output::Lent(Loan::Given);

#[test]
fn where_there_is_room_a_connection_is_lent_and_no_watch_is_touched() {
    let mut work = allocation(&["INBOX", "a"], 3);
    outputs(&mut work);
    work.handle(lend(false));
    assert_eq!(outputs(&mut work), [GIVEN]);
    work.handle(Input::Returned);
    assert_eq!(outputs(&mut work), []);
    assert!(work.is_settled());
}

#[test]
fn where_all_are_in_use_the_last_watch_shares_another_s_until_what_was_lent_is_back() {
    let mut work = allocation(&["INBOX", "a", "b"], 3);
    outputs(&mut work);
    work.handle(lend(false));
    assert_eq!(outputs(&mut work), [end("b")], "it is lent once that has ended");
    work.handle(ended("b"));
    assert_eq!(outputs(&mut work), [GIVEN, share("b", "a")]);
    work.handle(lend(false));
    assert_eq!(outputs(&mut work), [GIVEN], "once");
    work.handle(Input::Returned);
    assert_eq!(outputs(&mut work), [Output::TakeBack { id: id("b"), from: id("a") }]);
    work.handle(Input::TakenBack(id("b"), Some(Given::default())));
    assert_eq!(outputs(&mut work), [Output::Promote(id("b"))]);
    assert!(work.is_settled());
}

#[test]
fn neither_the_first_nor_the_one_that_serves_others_ends_where_another_can() {
    let mut work = allocation(&["INBOX", "a", "b", "c"], 3);
    assert!(outputs(&mut work).contains(&share("c", "b")));
    work.handle(lend(false));
    assert_eq!(outputs(&mut work), [end("a")]);
    work.handle(ended("a"));
    assert_eq!(outputs(&mut work), [GIVEN, share("a", "b")]);
    let mut work = allocation(&["INBOX", "a", "b"], 2);
    assert!(outputs(&mut work).contains(&share("b", "a")));
    work.handle(lend(false));
    assert_eq!(outputs(&mut work), [end("a")], "the first still hears of its mail at once");
    work.handle(Input::Ended { id: id("a"), known: None, shared: vec![(id("b"), Given::default())] });
    let over = id("INBOX");
    assert_eq!(outputs(&mut work), [GIVEN, share("a", "INBOX"), Output::ShareAgain { id: id("b"), over }]);
}

#[test]
fn the_only_connection_is_not_lent_and_one_more_is_made_unless_the_server_allows_none() {
    let mut work = allocation(&["INBOX"], 1);
    outputs(&mut work);
    work.handle(lend(false));
    assert_eq!(outputs(&mut work), [Output::Lent(Loan::Beyond)]);
    work.handle(lend(true));
    assert_eq!(outputs(&mut work), [Output::Lent(Loan::Refused)]);
    work.handle(lend(false));
    assert_eq!(outputs(&mut work), [Output::Lent(Loan::Refused)], "it is remembered");
    work.handle(Input::Returned);
    assert_eq!(outputs(&mut work), []);
}

#[test]
fn where_the_server_refuses_what_was_lent_it_allows_no_more_than_stand_and_a_watch_ends() {
    let mut work = allocation(&["INBOX", "a", "b"], 8);
    outputs(&mut work);
    work.handle(lend(false));
    assert_eq!(outputs(&mut work), [GIVEN]);
    work.handle(lend(true));
    assert_eq!(outputs(&mut work), [end("b")]);
    work.handle(ended("b"));
    assert_eq!(outputs(&mut work), [GIVEN, share("b", "a")]);
    work.handle(lend(true));
    assert_eq!(outputs(&mut work), [GIVEN], "it may count still what has ended");
    work.handle(Input::Returned);
    assert_eq!(outputs(&mut work), [Output::TakeBack { id: id("b"), from: id("a") }]);
    work.handle(Input::TakenBack(id("b"), Some(Given::default())));
    assert_eq!(outputs(&mut work), [Output::Promote(id("b"))]);
    // From then on none is tried that would be refused.
    work.handle(lend(false));
    assert_eq!(outputs(&mut work), [end("b")]);
}

#[test]
fn the_only_place_stays_free_for_a_mailbox_that_is_to_be_watched() {
    let mut work = allocation(&[], 1);
    work.handle(lend(false));
    work.handle(Input::Configure(strings(&["INBOX"])));
    assert_eq!(outputs(&mut work), [Output::Lent(Loan::Beyond), start("INBOX")]);
}
