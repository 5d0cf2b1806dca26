//! Two programs at once on one account and one state directory.

use std::collections::BTreeSet;

use crate::bench::{Account, Bench};
use crate::dovecot::ANNA;
use crate::program::Program;

#[test]
fn two_programs_on_one_state_directory_both_work_and_no_mail_is_missed() {
    let Some(bench) = Bench::new() else { return };
    bench.configure(&[Account { name: "work", user: ANNA, mailboxes: &["INBOX"], starttls: false }]);
    let mut programs = [Program::start(&bench), Program::start(&bench)];
    for program in &mut programs {
        program.until_idling(&["work/INBOX"]);
    }
    let sent: BTreeSet<String> = (0..10).map(|number| format!("mail {number}")).collect();
    for subject in &sent {
        bench.server.deliver(ANNA, "INBOX", subject);
    }
    for program in &mut programs {
        // Whoever tells them, each hears of all ten.
        program.until("the last mail", |event| event["kind"] == "exists" && event["count"] == 10);
        program.until_idling(&["work/INBOX"]);
    }
    for program in &mut programs {
        program.stop();
    }
    let told: BTreeSet<String> = programs.iter().flat_map(Program::subjects).collect();
    println!("told: {:?}", programs.each_ref().map(|program| program.subjects().len()));
    assert_eq!(told, sent);
    for program in &programs {
        assert_eq!(program.of_kind("fault").count(), 0, "{}", program.told());
        let subjects = program.subjects();
        assert_eq!(subjects.iter().collect::<BTreeSet<_>>().len(), subjects.len(), "twice: {subjects:?}");
    }
}
