//! A `history.db` of anyone's, read whole: the newest of each table, where there is more than a screen can use.

use std::ffi::OsString;
use std::path::Path;
use std::time::SystemTime;

use super::material::Material;
use crate::history::{Archive, Dated, KeptMail, MailQuery, Unreadable};

/// Rows of a table that are read at most: 30 days of some twenty mailboxes.
const ROWS: u32 = 200_000;

/// Mails that are read at most.
const MAILS: u32 = 50_000;

/// The mails, oldest first. A screen lists some thousand.
fn mails(archive: &Archive) -> Result<Vec<KeptMail>, Unreadable> {
    let query = MailQuery { since: SystemTime::UNIX_EPOCH, watch: None, late: None, most: MAILS };
    let mut mails = archive.mails(&query)?.mails;
    mails.reverse();
    Ok(mails)
}

/// Reads the file.
pub(super) fn read(path: &Path) -> Result<Material, Unreadable> {
    let archive = Archive::open_stranger(path)?;
    let from = |table| archive.newest(table, ROWS);
    let mut material = Material {
        watches: archive.watches()?,
        receipts: archive.receipts(from(Dated::Receipts)?)?,
        stalls: archive.stalls(from(Dated::Stalls)?)?,
        blind: archive.blind(from(Dated::Blind)?)?,
        unwatched: archive.unwatched(SystemTime::UNIX_EPOCH)?,
        log: archive.logged(from(Dated::Events)?, ROWS)?,
        wire: archive.wire(from(Dated::Wire)?)?,
        mails: mails(&archive)?,
        servers: archive.servers(from(Dated::Servers)?)?,
        ..Material::default()
    };
    let full = usize::try_from(ROWS).unwrap_or(usize::MAX);
    if material.log.len() >= full {
        material.remark = Some(format!("only the newest {ROWS} lines of its log are read"));
    }
    // A program that watches writes there first.
    let mut wal = OsString::from(path);
    wal.push("-wal");
    if Path::new(&wal).metadata().is_ok_and(|found| found.len() > 0) {
        material.remark = Some("the newest entries are in its -wal file, which is not read: use `report`".to_owned());
    }
    Ok(material)
}
