//! Removes what must not leave the machine. Users' names become short hashes, and mails' senders, subjects and texts are cut
//! out of every text; hosts, addresses and mailboxes stay, because support looks them up.

use std::collections::BTreeMap;

use ring::digest::{SHA256, digest};

use crate::history::WatchKey;
use mailwatch_proto::model::{WireDirection, WireLine};

/// Replaces a mail's content.
const CUT: &str = "…";

/// Untagged responses behind a number (RFC 3501 §7.3 and §7.4).
const COUNTED: [&str; 4] = ["EXISTS", "RECENT", "EXPUNGE", "FETCH"];

/// The other untagged responses: RFC 3501 §7, and those of the extensions that servers have.
const RESPONSES: [&str; 23] = [
    "OK",
    "NO",
    "BAD",
    "BYE",
    "PREAUTH",
    "CAPABILITY",
    "LIST",
    "LSUB",
    "XLIST",
    "STATUS",
    "SEARCH",
    "ESEARCH",
    "FLAGS",
    "ID",
    "ENABLED",
    "NAMESPACE",
    "VANISHED",
    "SORT",
    "THREAD",
    "QUOTA",
    "QUOTAROOT",
    "LANGUAGE",
    "METADATA",
];

/// What only a mail's structure begins with.
const STRUCTURES: [&str; 2] = ["ENVELOPE", "BODYSTRUCTURE"];

/// Names of roles, and words of the program's own sentences: such a local part is replaced only together with its domain.
const WORDS: [&str; 24] = [
    "abuse", "admin", "billing", "contact", "demo", "done", "hello", "idle", "imap", "inbox", "info", "lists", "login",
    "mail", "mailbox", "none", "noreply", "office", "post", "root", "sales", "server", "support", "user",
];

/// Removes from texts what must not leave the machine.
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    /// The names in lower case, each with its replacement.
    names: BTreeMap<String, String>,
}

impl Redactor {
    /// A redactor that replaces these users' names anywhere; none of them with `with_names`.
    #[must_use]
    pub fn new<'a>(users: impl IntoIterator<Item = &'a str>, with_names: bool) -> Self {
        let mut names = BTreeMap::new();
        for user in users.into_iter().filter(|user| !with_names && !user.is_empty()) {
            let hash = alias(user);
            let local = user.split_once('@').map_or("", |(local, _)| local).to_ascii_lowercase();
            if local.chars().count() >= 3 && !WORDS.contains(&local.as_str()) {
                names.entry(local).or_insert_with(|| hash.clone());
            }
            names.insert(user.to_ascii_lowercase(), hash);
        }
        Self { names }
    }

    /// The text without users' names. A name inside a longer word is none.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        // The longest first: an address before its local part.
        let mut names: Vec<_> = self.names.iter().collect();
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        for (name, alias) in names {
            text = replaced(&text, name, alias);
        }
        text
    }

    /// The watch with its user's name replaced.
    #[must_use]
    pub fn key(&self, key: &WatchKey) -> WatchKey {
        let (user, host) = key.login.rsplit_once('@').unwrap_or((&key.login, ""));
        WatchKey {
            account: self.text(&key.account),
            // Never left to a search for names: a host of that name stays.
            login: match self.names.get(&user.to_ascii_lowercase()) {
                Some(alias) => format!("{alias}@{host}"),
                None => key.login.clone(),
            },
            mailbox: self.text(&key.mailbox),
        }
    }

    /// A line of the trace without users' names and mails' content; what a client sends has no mail in it.
    #[must_use]
    pub fn wire(&self, line: &WireLine) -> WireLine {
        let text = match line.direction {
            WireDirection::Client => self.text(&line.text),
            WireDirection::Server => self.server(&line.text),
        };
        WireLine { direction: line.direction, text }
    }

    /// What went wrong, without users' names and what a program of the user's said of it.
    #[must_use]
    pub fn fault(&self, text: &str) -> String {
        self.text(&without_complaint(text))
    }

    /// A server's line, perhaps one that could not be read, without users' names and mails' content.
    #[must_use]
    pub fn server(&self, line: &str) -> String {
        self.text(&without_mail(line))
    }
}

/// A user's replacement: the same in each report, and reversible only by trying names.
#[must_use]
pub fn alias(user: &str) -> String {
    let hash = digest(&SHA256, format!("mailwatch-tui report\0{user}").as_bytes());
    let short = hash.as_ref().iter().take(4).fold(0, |short, byte| short << 8 | u32::from(*byte));
    format!("user-{short:08x}")
}

/// Replaces a name, in capitals or not, where no letter or digit stands beside it.
fn replaced(text: &str, name: &str, alias: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (at, _) in lower.match_indices(name) {
        let end = at + name.len();
        if at >= done && !word(text[..at].chars().next_back()) && !word(text[end..].chars().next()) {
            out.push_str(&text[done..at]);
            out.push_str(alias);
            done = end;
        }
    }
    out.push_str(&text[done..]);
    out
}

/// A fault without the output of the failed hook or password command, which may repeat an argument or a mail.
fn without_complaint(text: &str) -> String {
    /// How a sentence about such a program continues after its name. The program's output follows a colon.
    const ENDS: [&str; 4] = ["` ended with ", "` ended by ", "` did not end within ", "` printed nothing "];
    let end = ENDS.iter().filter_map(|end| text.find(end).map(|at| at + end.len())).min();
    let said = end.and_then(|end| Some(end + text[end..].find([':', ';'])?));
    match said {
        Some(at) if text[at..].starts_with(':') => format!("{}: {CUT}", &text[..at]),
        Some(_) | None => text.to_owned(),
    }
}

/// Whether the line is a response, by its beginning. Another line may be a mail's: a server that counts a literal's bytes
/// wrong sends the rest of it as lines.
fn is_response(line: &str) -> bool {
    let mut words = line.split_ascii_whitespace();
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default().to_ascii_uppercase();
    match first {
        "*" if second.bytes().all(|byte| byte.is_ascii_digit()) => {
            let third = words.next().unwrap_or_default().to_ascii_uppercase();
            COUNTED.iter().any(|name| third.starts_with(name))
        }
        "*" => RESPONSES.contains(&second.as_str()),
        "+" => true,
        tag => {
            let is_tag =
                tag.bytes().all(|byte| byte.is_ascii_alphanumeric()) && tag.contains(|c: char| c.is_ascii_digit());
            is_tag && ["OK", "NO", "BAD"].contains(&second.as_str())
        }
    }
}

/// A response without mails' content. A literal is its size already; what remains are quoted strings, and structures that
/// only mails have (RFC 3501 §7.4.2).
fn without_mail(line: &str) -> String {
    if !is_response(line) {
        return if line.is_empty() {
            String::new()
        } else {
            format!("{CUT} (no response, {} characters)", line.chars().count())
        };
    }
    let upper = line.to_ascii_uppercase();
    let is_fetch = upper.split(' ').take(5).any(|word| word == "FETCH") || upper.contains(" FETCH (");
    if !is_fetch && !STRUCTURES.iter().any(|word| upper.contains(word)) && !upper.contains("BODY[") {
        return line.to_owned();
    }
    let mut out = behind_sections(&without_quoted(line));
    // Where it stands in quotes it is gone already, and cuts nothing off.
    let upper = out.to_ascii_uppercase();
    if let Some((at, word)) = STRUCTURES.iter().filter_map(|word| Some((upper.find(word)?, word))).min() {
        out.truncate(at + word.len());
        out.push(' ');
        out.push_str(CUT);
    }
    out
}

/// Empties quoted strings. An open quote takes in the rest.
fn without_quoted(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let (mut quoted, mut escaped) = (false, false);
    for c in line.chars() {
        match (quoted, c) {
            (false, '"') => {
                out.push('"');
                out.push_str(CUT);
                quoted = true;
            }
            (true, '"') if !escaped => {
                out.push('"');
                quoted = false;
            }
            (true, _) => {}
            (false, c) => out.push(c),
        }
        escaped = quoted && c == '\\' && !escaped;
    }
    out
}

/// `BODY[…]` is followed by a literal's size, a quoted string or NIL; anything else is a server's mistake, and may be the
/// mail itself.
fn behind_sections(line: &str) -> String {
    let Some(at) = line.to_ascii_uppercase().find("BODY[") else { return line.to_owned() };
    let Some(close) = line[at..].find(']').map(|close| at + close + 1) else {
        return format!("{}{CUT}", &line[..at + 5]);
    };
    let (head, rest) = line.split_at(close);
    let value = rest.trim_start_matches(['<', '>', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ' ']);
    if value.starts_with(['{', '"', ')']) || value.starts_with("NIL") || value.is_empty() {
        format!("{head}{rest}")
    } else {
        format!("{head} {CUT}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> WatchKey {
        WatchKey {
            account: "ann.lee@example.org".into(),
            login: "ann.lee@example.org@imap.example.org".into(),
            mailbox: "Other Users/Ann.Lee".into(),
        }
    }

    #[test]
    fn what_a_hook_or_a_password_command_said_for_itself_is_cut_out_and_how_it_ended_stays() {
        let cases = [
            (
                "hook fault: on_new_mail of work: `sh` ended with exit code 3: Re: hunter2; next try in 5 s",
                "hook fault: on_new_mail of work: `sh` ended with exit code 3: …",
            ),
            (
                "hook fault: on_stall of work: `sh` did not end within 60 s and was ended: `x` ended with hunter2",
                "hook fault: on_stall of work: `sh` did not end within 60 s and was ended: …",
            ),
            (
                "secret fault: password_command: `pass` ended with exit code 1: Error: hunter2 is not there",
                "secret fault: password_command: `pass` ended with exit code 1: …",
            ),
            (
                "secret fault, needs you: token_command: `t` printed nothing on its first line: hunter2",
                "secret fault, needs you: token_command: `t` printed nothing on its first line: …",
            ),
        ];
        for (line, told) in cases {
            assert_eq!(Redactor::default().fault(line), told);
        }
        for whole in [
            "hook fault, needs you: on_new_mail of a: `sh` ended by a signal; given up after 3 tries, for 1 mail: INBOX UID 5",
            "closed fault: imap.example.org:993 closed the connection without BYE",
        ] {
            assert_eq!(Redactor::default().fault(whole), whole);
        }
    }

    #[test]
    fn a_user_is_the_same_short_hash_everywhere_and_the_host_stays() {
        let redactor = Redactor::new(["ann.lee@example.org"], false);
        let name = alias("ann.lee@example.org");
        assert_eq!(name.len(), "user-".len() + 8);
        let told = redactor.key(&key());
        assert_eq!((told.account, told.login), (name.clone(), format!("{name}@imap.example.org")));
        assert_eq!(told.mailbox, format!("Other Users/{name}"));
        assert_eq!(redactor.text("* OK ANN.LEE@EXAMPLE.ORG logged in"), format!("* OK {name} logged in"));
        assert_eq!(redactor.text("joann.lee and ann.leeds stay"), "joann.lee and ann.leeds stay");
    }

    #[test]
    fn with_names_they_stay() {
        let redactor = Redactor::new(["ann.lee@example.org"], true);
        assert_eq!(redactor.key(&key()), key());
        assert_eq!(redactor.text("ann.lee@example.org"), "ann.lee@example.org");
    }

    #[test]
    fn a_role_s_name_alone_is_an_ordinary_word() {
        let redactor = Redactor::new(["info@example.org", "é@example.org", ""], false);
        assert_eq!(redactor.text("info: no mail"), "info: no mail");
        assert!(!redactor.text("to info@example.org").contains("info@"));
        assert!(!redactor.text("to é@example.org").contains("é@"));
    }

    #[test]
    fn nothing_of_a_mail_is_left_of_a_response() {
        for line in [
            r#"* 5 FETCH (UID 9 BODY[HEADER.FIELDS (FROM SUBJECT)] "Subject: hunter2")"#,
            r#"* 5 FETCH (UID 9 BODY[HEADER.FIELDS (FROM SUBJECT)] "Subject: say \"hunter2\"")"#,
            r#"* 5 FETCH (UID 9 BODY[HEADER.FIELDS (FROM SUBJECT)] "Subject: hunter2"#,
            r#"* 5 FETCH (ENVELOPE ("Mon" "hunter2" (("Ann" NIL "ann" "hunter2"))))"#,
            "* 5 FETCH (ENVELOPE Subject hunter2",
            r#"* 5 FETCH (UID 9 BODY[HEADER.FIELDS (SUBJECT)] "Subject: ENVELOPE-hunter2 x")"#,
            r#"* 5 FETCH (UID 9 BODY[HEADER.FIELDS (SUBJECT)] "Subject: BODYSTRUCTURE\"hunter2" BODY[TEXT] "hunter2")"#,
            r#"* 5 FETCH (ENVELOPE("Mon" "hunter2"))"#,
            "* 5 FETCH (ENVELOPEhunter2 (NIL))",
            r#"* 5 FETCH (BODY[] "ENVELOPE" ENVELOPE (NIL "5" hunter2"))"#,
            "* 5 fetch (uid 9 body[] hunter2)",
            "* 5 FETCH (BODY[TEXT]<0> hunter2)",
            "* 5 FETCH (BODY[HEADER.FIELDS (hunter2",
            r#" BODY[TEXT] "hunter2")"#,
            "Dear hunter2,",
            "* hunter2, the first of two points",
            "* 5 apples for hunter2",
            "They fetch hunter2 at 5 OK?",
            "a37 is hunter2",
        ] {
            let told = Redactor::default().server(line);
            assert!(!told.contains("hunter2"), "{told}");
            assert!(told.contains(CUT), "{told}");
        }
    }

    #[test]
    fn a_word_inside_a_quoted_string_cuts_nothing_off_but_what_is_quoted() {
        let line =
            r#"* 5 FETCH (UID 9 BODY[HEADER.FIELDS (SUBJECT)] "Subject: ENVELOPE or BODYSTRUCTURE?" FLAGS (\Seen))"#;
        let told = r#"* 5 FETCH (UID 9 BODY[HEADER.FIELDS (SUBJECT)] "…" FLAGS (\Seen))"#;
        assert_eq!(Redactor::default().server(line), told);
    }

    #[test]
    fn what_support_needs_of_the_wire_stays() {
        for line in [
            "* OK Still here",
            "*  ok two spaces",
            "* 12408 EXISTS",
            "* LIST (\\HasNoChildren) \"/\" Lists",
            "+ idling",
            "A31 OK Idle completed.",
            "",
            "* BYE \"Session expired\", please login again",
            "* 5 FETCH (UID 9 FLAGS (\\Seen) BODY[HEADER.FIELDS (FROM SUBJECT)] {123 bytes})",
            "* ID (\"name\" \"Dovecot\")",
        ] {
            assert_eq!(Redactor::default().server(line), line);
        }
        for line in ["A31 IDLE", "DONE"] {
            let sent = WireLine { direction: WireDirection::Client, text: line.to_owned() };
            assert_eq!(Redactor::default().wire(&sent), sent);
        }
        let text = "A5 UID FETCH 9:* (BODY.PEEK[HEADER.FIELDS (FROM SUBJECT DATE MESSAGE-ID)])".to_owned();
        let sent = WireLine { direction: WireDirection::Client, text };
        assert_eq!(Redactor::default().wire(&sent), sent);
    }

    #[test]
    fn a_line_of_any_kind_is_taken_without_harm() {
        for line in ["", "\"", "BODY[", "body[]", "ENVELOPE", "* 1 FETCH (", "* é FETCH (\"é", "ÉNVELOPE BODY[é]é"]
        {
            let _ = Redactor::new(["é", "b"], false).server(line);
        }
    }
}
