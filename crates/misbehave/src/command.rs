//! From a command's bytes to its tagged reply: parsing, logging without secrets, dispatch.

use tokio::time::Instant;

use crate::arguments::{self, Argument};
use crate::fault::{Answer, Close, Fault, Place, Step};
use crate::happening::{Command, Happening};
use crate::reacting::Reactions;
use crate::selected::{Selected, line};
use crate::session::{End, Session};
use crate::text::one_line;

/// What 163.com says to a client that sent no ID.
const UNSAFE_LOGIN: &str = "EXAMINE Unsafe Login. Please contact kefu@188.com for help";

/// How a command is answered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// Tagged OK; what has changed is told before it.
    Ok(String),
    /// The same, but no EXPUNGE may be told now: the command names message numbers (RFC 3501 §7.4.1).
    OkNumbered(String),
    Bad(String),
    No(String),
    /// All is said.
    Said,
}

impl Reply {
    pub(crate) fn ok(text: &str) -> Self {
        Self::Ok(text.to_owned())
    }

    pub(crate) fn no(text: &str) -> Self {
        Self::No(text.to_owned())
    }

    pub(crate) fn bad(text: &str) -> Self {
        Self::Bad(text.to_owned())
    }
}

impl Step {
    fn of(verb: &str) -> Self {
        match verb {
            "LOGIN" | "AUTHENTICATE" => Self::Login,
            "SELECT" | "EXAMINE" => Self::Select,
            "IDLE" => Self::Idle,
            "FETCH" | "UID FETCH" => Self::Fetch,
            "NOOP" => Self::Noop,
            "STATUS" => Self::Status,
            "NOTIFY" => Self::Notify,
            "LOGOUT" => Self::Logout,
            _ => Self::Other,
        }
    }
}

/// Splits a command; the tag alone where there is no verb.
fn split(command: &[u8]) -> Command {
    let mut words = command.splitn(3, |&b| b == b' ');
    let mut word = || String::from_utf8_lossy(words.next().unwrap_or_default()).into_owned();
    let (tag, mut verb) = (word(), word().to_ascii_uppercase());
    let mut rest = words.next().unwrap_or_default();
    if verb == "UID" {
        let end = rest.iter().position(|&b| b == b' ').unwrap_or(rest.len());
        verb = format!("UID {}", String::from_utf8_lossy(&rest[..end]).to_ascii_uppercase());
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    Command { tag, verb, rest: rest.to_vec(), arguments: arguments::parse(rest) }
}

/// A tag that can be repeated to the client (RFC 3501 §9 `tag`).
fn is_tag(tag: &str) -> bool {
    !tag.is_empty() && tag.len() <= 100 && tag.bytes().all(|b| b.is_ascii_graphic() && !b"(){%*\"\\+".contains(&b))
}

/// A command as the log shows it: nothing that could be a secret.
fn redacted(bytes: &[u8], command: &Command) -> Vec<u8> {
    let Command { tag, verb, arguments, rest: _ } = command;
    let first = arguments.as_deref().and_then(<[_]>::first).and_then(Argument::bytes).unwrap_or(b"***");
    let first = String::from_utf8_lossy(first);
    match verb.as_str() {
        "LOGIN" | "AUTHENTICATE" if arguments.as_ref().is_some_and(|all| all.len() < 2) => {
            format!("{tag} {verb} {first}")
        }
        "LOGIN" | "AUTHENTICATE" => format!("{tag} {verb} {first} ***"),
        // A tag was forgotten: what follows may be the password all the same.
        _ if ["LOGIN", "AUTHENTICATE"].iter().any(|word| tag.eq_ignore_ascii_case(word)) => format!("{tag} ***"),
        _ => return bytes.to_vec(),
    }
    .into_bytes()
}

impl Session {
    /// Answers one command.
    pub(crate) async fn command(&mut self, bytes: &[u8]) -> Result<(), End> {
        let command = split(bytes);
        self.shared.note(self.conn, Instant::now().into_std(), &redacted(bytes, &command));
        if !is_tag(&command.tag) {
            self.say("* BAD Error in IMAP command: no tag.");
            return self.mistake().await;
        }
        let reactions = self.reactions_to(&Happening::Command(&command));
        if reactions.is_empty() {
            return self.carry_out(command).await;
        }
        // Boxed, as below.
        let done = Box::pin(self.react(command, &reactions)).await;
        self.holding = false;
        done
    }

    /// Answers a command as rules want it.
    async fn react(&mut self, command: Command, reactions: &Reactions) -> Result<(), End> {
        self.begin(reactions).await?;
        self.flush().await?;
        let from = self.out.len();
        if reactions.swallows() {
            return self.complete(from, reactions).await;
        }
        if let Some(instead) = reactions.instead() {
            self.out.extend(instead);
        } else if let Some(refusal) = reactions.refusal() {
            self.out.extend([command.tag.as_bytes(), b" ", &refusal, b"\r\n"].concat());
        } else {
            // What waits for the client must reach it first.
            self.holding = !["IDLE", "AUTHENTICATE", "STARTTLS"].contains(&command.verb.as_str());
            let rest = reactions.rewritten(&command.rest);
            let arguments = arguments::parse(&rest);
            self.carry_out(Command { rest, arguments, ..command }).await?;
            self.holding = false;
        }
        let from = from.min(self.out.len());
        self.complete(from, reactions).await
    }

    async fn carry_out(&mut self, command: Command) -> Result<(), End> {
        let Command { tag, verb, arguments, rest: _ } = command;
        let step = Step::of(&verb);
        let reply = match (self.answer_to(step), arguments) {
            (Some(answer), _) => {
                self.slow(step).await?;
                match answer {
                    Answer::No(text) => Reply::No(text),
                    Answer::Bad(text) => Reply::Bad(text),
                    Answer::Bye(text) => return self.bye(&text).await.map(|never| match never {}),
                }
            }
            (None, Some(arguments)) => {
                if step != Step::Idle {
                    self.slow(step).await?;
                }
                // Boxed: a session that waits for a command need not have room for the largest.
                Box::pin(self.execute(&tag, &verb, &arguments)).await?
            }
            (None, None) => Reply::bad("Error in IMAP command: invalid arguments."),
        };
        self.reply(&tag, step, reply).await
    }

    async fn reply(&mut self, tag: &str, step: Step, reply: Reply) -> Result<(), End> {
        let hides = self.has(|fault| matches!(fault, Fault::NoopShowsNothing));
        match reply {
            Reply::Said => return Ok(()),
            Reply::Ok(text) => {
                self.insert(Place::Before(step)).await?;
                if !hides {
                    self.tell(true).await?;
                }
                self.say(&format!("{tag} OK {text}"));
            }
            Reply::OkNumbered(text) => {
                self.insert(Place::Before(step)).await?;
                if !hides {
                    self.tell(false).await?;
                }
                self.say(&format!("{tag} OK {text}"));
            }
            Reply::No(text) => {
                self.insert(Place::Before(step)).await?;
                self.say(&format!("{tag} NO {text}"));
            }
            Reply::Bad(text) => {
                self.say(format!("{tag} BAD {text}").trim_end());
                return self.mistake().await;
            }
        }
        self.client.mistakes = 0;
        Ok(())
    }

    async fn execute(&mut self, tag: &str, verb: &str, arguments: &[Argument]) -> Result<Reply, End> {
        match verb {
            "CAPABILITY" => {
                let capabilities = self.capabilities();
                self.say(&format!("* CAPABILITY {capabilities}"));
                return Ok(Reply::ok("Capability completed."));
            }
            "NOOP" => return Ok(Reply::ok("NOOP completed.")),
            "LOGOUT" => {
                self.say("* BYE Logging out");
                self.say(&format!("{tag} OK Logout completed."));
                self.flush().await?;
                return Err(End::Close(Close::Clean));
            }
            "ID" if self.offers("ID") || self.has(|fault| matches!(fault, Fault::IdRequired)) => {
                self.client.introduced = true;
                self.say("* ID (\"name\" \"mailwatch-tui demo\")");
                return Ok(Reply::ok("ID completed."));
            }
            "STARTTLS" => return self.starttls(tag).await,
            "LOGIN" => return Ok(self.login(arguments)),
            "AUTHENTICATE" => return self.authenticate(arguments).await,
            _ => {}
        }
        if !self.client.authenticated {
            return Ok(Reply::bad("Error in IMAP command received by server: please log in first."));
        }
        Ok(match verb {
            "SELECT" => self.select(arguments, false),
            "EXAMINE" => self.select(arguments, true),
            "LIST" => self.list("LIST", arguments),
            "LSUB" => self.list("LSUB", arguments),
            "STATUS" => self.status(arguments),
            "NAMESPACE" if self.offers("NAMESPACE") => {
                self.say("* NAMESPACE ((\"\" \"/\")) NIL NIL");
                Reply::ok("Namespace completed.")
            }
            "ENABLE" if self.offers("ENABLE") => self.enable(arguments),
            "CREATE" => self.create(arguments),
            "DELETE" => self.delete(arguments),
            "RENAME" => self.rename(arguments),
            "NOTIFY" if self.offers("NOTIFY") => self.set_notify(arguments),
            "SUBSCRIBE" | "UNSUBSCRIBE" => Reply::ok("Noted."),
            "APPEND" => self.append(arguments),
            "IDLE" if self.offers("IDLE") => return self.idle(tag).await,
            _ => return self.execute_selected(verb, arguments).await,
        })
    }

    async fn execute_selected(&mut self, verb: &str, arguments: &[Argument]) -> Result<Reply, End> {
        let (verb, by_uid) = verb.strip_prefix("UID ").map_or((verb, false), |verb| (verb, true));
        let known = ["CLOSE", "UNSELECT", "CHECK", "EXPUNGE", "STORE", "SEARCH", "FETCH", "COPY"];
        if !known.contains(&verb) || (verb == "UNSELECT" && !self.offers("UNSELECT")) {
            return Ok(Reply::bad("Error in IMAP command received by server."));
        }
        if self.selected.is_none() {
            return Ok(Reply::bad("No mailbox selected."));
        }
        Ok(match verb {
            "CLOSE" => {
                self.expunge_silently();
                self.selected = None;
                Reply::ok("Close completed.")
            }
            "UNSELECT" => {
                self.selected = None;
                Reply::ok("Unselect completed.")
            }
            "CHECK" => Reply::ok("Check completed."),
            "EXPUNGE" => self.expunge(by_uid.then_some(arguments)),
            "STORE" => self.store(arguments, by_uid),
            "SEARCH" => self.search(arguments, by_uid),
            "COPY" => self.copy(arguments, by_uid),
            _ => return self.fetch(arguments, by_uid).await,
        })
    }

    fn select(&mut self, arguments: &[Argument], read_only: bool) -> Reply {
        // What was selected is let go, even where the new one does not exist (RFC 3501 §6.3.1).
        self.selected = None;
        let Some(name) = arguments.first().and_then(Argument::bytes) else {
            return Reply::bad("Error in IMAP command: a mailbox is missing.");
        };
        if !self.client.introduced && self.has(|fault| matches!(fault, Fault::IdRequired)) {
            return Reply::no(UNSAFE_LOGIN);
        }
        let name = self.kept_name(name);
        let no_uidnext = self.has(|fault| matches!(fault, Fault::NoUidNext));
        let shared = self.shared.clone();
        let mut state = shared.state();
        let Some(mailbox) = state.mailboxes.get_mut(&name) else {
            return Reply::No(format!("[NONEXISTENT] Mailbox doesn't exist: {}", one_line(&name)));
        };
        let selected = Selected::new(name, read_only, mailbox);
        let out = &mut self.out;
        line(out, format_args!("* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)"));
        let permanent = if read_only { "" } else { "\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*" };
        line(out, format_args!("* OK [PERMANENTFLAGS ({permanent})] Flags permitted."));
        line(out, format_args!("* {} EXISTS", selected.exists()));
        line(out, format_args!("* {} RECENT", selected.recent()));
        let unseen = mailbox.messages().iter().position(|message| !message.flags.contains("\\Seen"));
        if let Some(first) = unseen {
            line(out, format_args!("* OK [UNSEEN {}] First unseen.", first + 1));
        }
        line(out, format_args!("* OK [UIDVALIDITY {}] UIDs valid", mailbox.uidvalidity()));
        if !no_uidnext {
            line(out, format_args!("* OK [UIDNEXT {}] Predicted next UID", mailbox.uidnext()));
        }
        self.selected = Some(selected);
        Reply::ok(if read_only { "[READ-ONLY] Examine completed." } else { "[READ-WRITE] Select completed." })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_shows_a_login_without_its_password() {
        let cases: [(&[u8], &str); 7] = [
            (b"a LOGIN me secret", "a LOGIN me ***"),
            (b"a login \"me\" \"se cret\"", "a LOGIN me ***"),
            (b"a LOGIN {2}\r\nme {6}\r\nsecret", "a LOGIN me ***"),
            (b"a LOGIN \"unclosed secret", "a LOGIN *** ***"),
            (b"a AUTHENTICATE PLAIN c2VjcmV0", "a AUTHENTICATE PLAIN ***"),
            (b"a AUTHENTICATE PLAIN", "a AUTHENTICATE PLAIN"),
            (b"LOGIN me secret", "LOGIN ***"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(String::from_utf8_lossy(&redacted(bytes, &split(bytes))), expected);
        }
    }

    #[test]
    fn a_uid_command_is_one_verb() {
        let command = split(b"a uid fetch 1:* (FLAGS)");
        assert_eq!((command.verb.as_str(), command.arguments.map(|all| all.len())), ("UID FETCH", Some(2)));
    }
}
