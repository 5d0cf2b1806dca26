//! Commands by their text: what goes out when, and what counts as success.

use std::time::Duration;

use super::{Does, Scripted, action, ends, says};
use crate::action::Asked;
use crate::action::session::Answered;
use crate::clock::now;
use mailwatch_proto::model::{Fault, FaultClass};
use mailwatch_proto::response::Response;

async fn run(server: &std::sync::Arc<Scripted>, command: &str, literal: Option<&str>) -> Result<Answered, Fault> {
    let action = action(server);
    let mut using = action.using(Asked::ByItself).await.expect("it opens");
    using.session.raw("IT", command, literal, now() + Duration::from_secs(30)).await
}

#[tokio::test(start_paused = true)]
async fn a_literal_goes_out_at_its_plus_whatever_stands_before_it() {
    // async-imap's own `append` gives up over the EXISTS, while the server still waits for the literal.
    let first = b"* 7 EXISTS\r\n* OK [ALERT] hear\r\n+ go on\r\n".to_vec();
    let server = Scripted::new(Does::Asks(first, b"* 8 EXISTS\r\nTAG OK [APPENDUID 1 2] done\r\n".to_vec()));
    let answered = run(&server, "APPEND INBOX {2}", Some("hi")).await.expect("it is appended");
    assert_eq!(answered.untagged.len(), 3);
    assert_eq!(answered.untagged[2], Response::Exists(8));
    assert_eq!(server.heard()[1..], ["APPEND INBOX {2}", "hi"]);
}

#[tokio::test(start_paused = true)]
async fn a_literal_stays_here_where_the_server_has_answered_already() {
    // It would read the mail as commands.
    let server = Scripted::new(says("+ go on\r\nTAG OK done\r\n"));
    let fault = run(&server, "APPEND INBOX {2}", Some("hi")).await.expect_err("nothing was appended");
    assert_eq!(fault.class, FaultClass::Protocol);
    assert_eq!(server.heard()[1..], ["APPEND INBOX {2}"]);
}

#[tokio::test(start_paused = true)]
async fn a_plus_that_nobody_asked_for_is_an_error() {
    let server = Scripted::new(says("+ more\r\n"));
    let fault = run(&server, "NOOP", None).await.expect_err("there is no more");
    assert_eq!(fault.class, FaultClass::Protocol);
    assert!(fault.message.contains("asked for more"), "{}", fault.message);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_an_error_with_the_server_s_words() {
    for word in ["NO", "BAD"] {
        let server = Scripted::new(says(format!("* 1 EXPUNGE\r\nTAG {word} [CANNOT] not today\r\n")));
        let fault = run(&server, "UID EXPUNGE 7", None).await.expect_err("it was refused");
        assert!(fault.message.ends_with("refused IT: [CANNOT] not today"), "{}", fault.message);
    }
}

#[tokio::test(start_paused = true)]
async fn only_the_command_s_own_tag_ends_it() {
    let server = Scripted::new(says("A1 OK of another\r\n* 3 EXISTS\r\nTAG OK its own\r\n"));
    let answered = run(&server, "NOOP", None).await.expect("it is answered");
    assert_eq!(answered.text.text, "its own");
}

#[tokio::test(start_paused = true)]
async fn bye_instead_of_a_reply_is_told_in_the_server_s_words() {
    let server = Scripted::new(ends("* BYE shutting down\r\n"));
    let fault = run(&server, "NOOP", None).await.expect_err("it ended");
    assert!(fault.message.contains("said BYE") && fault.message.contains("shutting down"), "{}", fault.message);
}
