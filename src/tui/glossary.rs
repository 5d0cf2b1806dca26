//! Every word of its own that the screen shows, with what it means: the help and the list of commands read it.

/// A word, or several of the same meaning, and what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// As the screen writes it; others of the same meaning behind it.
    pub words: &'static [&'static str],
    /// What it means, in a sentence.
    pub means: &'static str,
}

macro_rules! glossary {
    ($([$($word:literal),+] $means:literal;)+) => {
        &[$(Word { words: &[$($word),+], means: $means }),+]
    };
}

/// The words, in the order of the alphabet.
pub const GLOSSARY: &[Word] = glossary! {
    ["account"] "a login at a server";
    ["acked", "ACKED"] "the server's TCP has confirmed the bytes: they arrived there";
    ["acked by proxy", "proxy"] "a proxy or a tunnel has confirmed the bytes: what lies behind it is not known";
    ["ALERT"] "what a server asks to be shown to its user";
    ["answered", "ANSWERED", "DONE answered"] "DONE was answered with OK in time";
    ["auth", "login refused", "refused"] "the server does not accept this password or token";
    ["authenticating"] "the connection is made, the login is running";
    ["auto"] "reissue is learned from this server's answers";
    ["BAD"] "the server has not understood a command";
    ["blind", "BLIND"] "time in which a mail could have come unnoticed: from a dead connection's last sign of life until IDLE runs again";
    ["built in"] "a timer with the program's own value";
    ["BYE"] "the server ends the connection, and says so";
    ["C"] "on the wire: sent by us, the client";
    ["canary"] "a message of the program's own that tests the push";
    ["CAPABILITY"] "asks what the server can do";
    ["catching-up"] "what came while no IDLE ran is being fetched";
    ["closed"] "the connection was ended from the other side";
    ["config", "configuration"] "set in config.toml";
    ["connect"] "the time for name, TCP, TLS and the server's greeting together; as a fault: no connection was made";
    ["connecting", "busy"] "on the way to IDLE: name, TCP, TLS, greeting, login, mailbox";
    ["cut-short"] "this IDLE ended before DONE was due";
    ["dns", "DNS"] "the server's name leads to no address";
    ["done"] "how long DONE's answer may take; then the connection is replaced";
    ["DONE"] "the word that ends IDLE, which the server has to answer";
    ["DONE queued", "queued"] "DONE is handed to the connection";
    ["DONE written", "written", "WRITTEN"] "DONE is handed to the system's TCP";
    ["DONE→OK", "DONE>OK"] "how long the last DONE waited for its answer";
    ["down"] "not watching: waiting for the next attempt, or for you";
    ["dropped"] "the connection ended while this IDLE ran";
    ["ended"] "the mailbox is no longer watched";
    ["engine"] "the one process that holds the connections; screens and commands attach to it";
    ["EXAMINE"] "opens a mailbox for reading only";
    ["EXISTS"] "the server's announcement of how many mails there are";
    ["EXPUNGE"] "the server's announcement that a mail is gone";
    ["failed"] "the attempt needs you: a password, a mailbox's name";
    ["FETCH"] "what the server says about a mail: flags, headers";
    ["FIN", "RST"] "how TCP ends: in order, or cut off";
    ["finishing"] "DONE was sent, its answer has yet to come";
    ["found", "FOUND"] "how the program came to know of a mail: announced, after DONE, by NOTIFY, by polling, in a gap";
    ["FROM"] "who sent a mail";
    ["FROZEN"] "the display is frozen, the engine runs on; F catches up";
    ["HEARD", "heartbeat"] "since the server was heard; the interval at which it speaks by itself";
    ["hint"] "what the server says where it should rather answer; a reason for DONE";
    ["history", "history.db"] "the file in the state directory with what was seen";
    ["hook"] "a command of yours that runs at an event";
    ["HTML"] "a mail written as a web page: only its text is shown, and nothing is fetched";
    ["IDLE"] "the command under which a server announces mail by itself (RFC 2177)";
    ["idling", "live"] "IDLE runs: the server announces mail";
    ["ignored", "server-ignoring"] "the server's TCP has DONE, and the server does not answer it";
    ["in turn"] "several mailboxes share a connection, and are asked one after the other";
    ["LAST HOUR"] "each cell a part of the last hour, the worst of it shown; at the right is now";
    ["LATE"] "how long after the server received a mail it was reported here, if its clock is known";
    ["learned"] "a timer learned from this server's answers";
    ["limit", "limited"] "the server allows no more connections";
    ["LIST"] "asks for the names of the mailboxes";
    ["LOGIN", "AUTHENTICATE"] "the command that logs in; its password is never shown";
    ["LOGOUT"] "says goodbye: the server closes the connection";
    ["mailbox"] "a mailbox that cannot be opened: its name, its rights";
    ["muted"] "no notification and no bell of this watch for an hour; U ends it";
    ["network"] "this machine's network has changed; a reason for DONE";
    ["NEW"] "mails that came since NEW was last reset, are still there and have not been seen";
    ["new-mail"] "mail was announced, and DONE is sent to fetch it";
    ["news"] "only mail, stalls, ends and returns";
    ["NEXT"] "what happens next to a watch, and in how long: DONE, a poll, a retry";
    ["NO"] "the server refuses a command";
    ["NOOP"] "a command that does nothing, and lets the server speak";
    ["not running"] "no engine ran at that time";
    ["not-known"] "DONE is unanswered, and TCP does not show why";
    ["not-pushing", "not pushing"] "looking found mail that the server had not announced while IDLE ran";
    ["NOTIFY", "by NOTIFY"] "one connection under which the server announces the mail of several mailboxes (RFC 5465)";
    ["OK"] "the server has done what was asked";
    ["path-dead"] "the server's TCP does not confirm what was sent: the path is dead";
    ["pause", "paused"] "stopped by you; p resumes";
    ["poll", "polling"] "asked for mail at intervals, because the server has no IDLE";
    ["protocol"] "the server says what no IMAP server should";
    ["provider"] "a timer with the value for this provider";
    ["push", "PUSH"] "the server's own announcement of a mail; the column says how late the last one was";
    ["quarantine"] "a connection that did not answer DONE is kept open, because its answer may come late";
    ["quiet"] "the server has said nothing for longer than it does by itself";
    ["receipt"] "what is known about one DONE: written, acked, answered, each with its time";
    ["reissue"] "the age at which IDLE is ended with DONE and begun again";
    ["replaced", "replacing"] "a new connection takes the place of one that does not answer DONE";
    ["reply"] "how long any other answer of the server may take";
    ["requested"] "IDLE was sent, the server's + has yet to come";
    ["retry", "retry_min", "retry_max"] "a random time up to a limit, doubled at each attempt, before the next connection";
    ["retune"] "a timer was changed; a reason for DONE";
    ["rotate"] "a token or a session ends soon; a reason for DONE";
    ["S"] "on the wire: sent by the server";
    ["secret"] "no password or token is available";
    ["SELECT"] "opens a mailbox for writing too";
    ["selecting"] "logged in, the mailbox is being opened";
    ["SENT"] "when DONE was sent";
    ["server-not-reading"] "what was sent lies unread at the server: its window is closed";
    ["shutdown"] "the engine ends; a reason for DONE";
    ["silence"] "how long a server may say nothing before IDLE is ended; off by default";
    ["slept"] "this machine was suspended";
    ["stalled"] "DONE was not answered in time";
    ["STATE", "state"] "what a watch is doing, and since when";
    ["STATUS"] "asks for the counts of a mailbox that is not open";
    ["SUBJECT"] "what a mail is about; dim if it was seen already";
    ["TCP"] "the connection below; the system tells what it has confirmed";
    ["timeout"] "the server did not answer in time";
    ["tls", "TLS"] "the connection's encryption, and the server's certificate";
    ["trouble"] "stalls, faults and ends";
    ["turn"] "another mailbox has the shared connection next; a reason for DONE";
    ["UID"] "a mail's number in its mailbox";
    ["UNSEEN"] "mails that nobody has read";
    ["user", "you"] "asked for by you: a key, `ctl`, a saved timer";
    ["UTC"] "times without a time zone";
    ["VERDICT", "verdict"] "the conclusion from a watch's state: a name, a sentence, the evidence";
    ["waiting"] "down until the next attempt";
    ["watch", "WATCH"] "one mailbox of one account that is kept under observation";
    ["WHEN"] "when a mail was found";
    ["WHY"] "the reason for DONE";
};

/// The word's row.
#[must_use]
pub fn meaning(word: &str) -> Option<&'static Word> {
    GLOSSARY.iter().find(|row| row.words.contains(&word))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_rows_stand_in_order_each_word_once_and_no_sentence_is_empty() {
        let order: Vec<_> = GLOSSARY.iter().map(|row| row.words[0].to_lowercase()).collect();
        assert!(order.is_sorted(), "{:?}", order.windows(2).find(|pair| pair[0] > pair[1]));
        let mut seen = BTreeSet::new();
        for row in GLOSSARY {
            assert!(!row.means.is_empty());
            for word in row.words {
                assert!(seen.insert(*word), "{word}");
                assert_eq!(meaning(word), Some(row));
            }
        }
    }
}
