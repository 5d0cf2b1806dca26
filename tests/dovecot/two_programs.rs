//! Two programs at once on one account and one state directory.

use std::collections::BTreeSet;

use crate::DOVECOT;
use crate::bench::{Account, Bench};
use crate::dovecot::ANNA;
use crate::needs::tests;
use crate::program::Program;

tests! {
    [&DOVECOT] =>
        two_programs_on_one_state_directory_each_tell_every_mail_once;
}

fn two_programs_on_one_state_directory_each_tell_every_mail_once() {
    let bench = Bench::new();
    bench.configure(&[Account {
        name: "work",
        user: ANNA,
        mailboxes: &["INBOX"],
        starttls: false,
        ..Account::default()
    }]);
    let mut programs = [Program::start(&bench), Program::start(&bench)];
    for program in &mut programs {
        program.until_idling(&["work/INBOX"]);
    }
    let sent: BTreeSet<String> = (0..10).map(|number| format!("mail {number}")).collect();
    for subject in &sent {
        bench.server.deliver(ANNA, "INBOX", subject);
    }
    for program in &mut programs {
        for subject in &sent {
            program.mail(subject);
        }
    }
    // What comes last is told last: nothing is on its way any more.
    bench.server.deliver(ANNA, "INBOX", "last");
    for program in &mut programs {
        program.mail("last");
        program.stop();
        let told = program.subjects();
        assert_eq!(told.len(), sent.len() + 1, "{told:?}");
        assert_eq!(program.of_kind("fault").count(), 0, "{}", program.told());
    }
    // Both have told them: nobody is left to be told at the next start.
    let mut next = Program::start(&bench);
    next.until_idling(&["work/INBOX"]);
    bench.server.deliver(ANNA, "INBOX", "to the next");
    next.mail("to the next");
    next.stop();
    assert_eq!(next.subjects(), ["to the next"]);
}
