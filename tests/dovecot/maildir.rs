//! Delivery as a mail server does it: written beside, then renamed into the mailbox.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::dovecot::{Dovecot, User};

/// Keeps file names apart within a second.
static DELIVERED: AtomicU64 = AtomicU64::new(0);

impl Dovecot {
    /// Makes an empty mailbox.
    pub fn make_mailbox(&self, user: User, mailbox: &str) {
        let maildir = self.maildir(user, mailbox);
        for part in ["cur", "new", "tmp"] {
            fs::create_dir_all(maildir.join(part)).expect("a directory");
            self.give(&maildir.join(part));
        }
        self.give(&self.home(user).join("Maildir"));
        self.give(&maildir);
    }

    /// Puts a mail into a mailbox.
    pub fn deliver(&self, user: User, mailbox: &str, subject: &str) {
        let maildir = self.maildir(user, mailbox);
        let number = DELIVERED.fetch_add(1, Ordering::Relaxed);
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        let name = format!("{seconds}.M{number:06}P{}.localhost", std::process::id());
        let written = maildir.join("tmp").join(&name);
        fs::write(&written, message(subject)).expect("a file");
        self.give(&written);
        fs::rename(&written, maildir.join("new").join(&name)).expect("one file system");
    }

    fn maildir(&self, user: User, mailbox: &str) -> PathBuf {
        let maildir = self.home(user).join("Maildir");
        match mailbox {
            "INBOX" => maildir,
            // Its modified UTF-7 (RFC 3501 §5.1.3), written out: not by the encoder that is under test.
            "Entwürfe" => maildir.join(".Entw&APw-rfe"),
            other => {
                assert!(other.is_ascii(), "its name on disk is not known here: {other}");
                maildir.join(Path::new(&format!(".{}", other.replace('/', "."))))
            }
        }
    }
}

/// A small mail.
pub fn message(subject: &str) -> String {
    let id = subject.replace(' ', "-");
    format!(
        "From: =?UTF-8?Q?Ann_M=C3=BCller?= <ann@example.org>\r\n\
         To: me@example.org\r\n\
         Subject: {subject}\r\n\
         Date: Fri, 20 Nov 2026 14:03:27 +0100\r\n\
         Message-ID: <{id}@example.org>\r\n\
         \r\n\
         Text.\r\n"
    )
}
