//! The report's first page in Markdown: what happened when, what it means, and what it excludes. Can be pasted into a bug
//! report unchanged.

mod markdown;
mod pushes;
mod server;
mod stall;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use jiff::tz::TimeZone;

use self::markdown::code;
use self::server::server_facts;
use super::cells::{span, utc};
use super::data::ReportData;
use super::figures::Figures;
use super::files::watch;
use super::unwatched::not_watched;
use crate::history::KeptServer;
use mailwatch_proto::model::{Loss, Verdict};

/// Stalls that are described in full: the newest. A table lists those before.
const IN_FULL: usize = 5;

/// What the summary needs besides the data.
#[derive(Clone, Debug)]
pub struct About<'a> {
    /// From when on.
    pub since: SystemTime,
    /// Until when.
    pub until: SystemTime,
    /// The versions: `name: version` a line.
    pub versions: &'a str,
    /// Whether users' names were replaced.
    pub renamed: bool,
    /// Each other file with its description.
    pub files: &'a [(String, String)],
}

/// The whole page.
#[must_use]
pub fn summary(data: &ReportData<'_>, about: &About<'_>) -> String {
    let mut page = String::new();
    let program = about.versions.lines().next().unwrap_or_default().replace(": ", " ");
    let _ = writeln!(
        page,
        "# IMAP IDLE: what {program} saw\n\nFrom {} to {}. All times are UTC.\n",
        utc(about.since),
        utc(about.until)
    );
    figures(&mut page, data);
    let older = data.proof.stalls.len().saturating_sub(IN_FULL);
    if older > 0 {
        stall::table(&mut page, &data.proof.stalls[..older]);
    }
    for (index, stall) in data.proof.stalls.iter().enumerate().skip(older) {
        stall::in_full(&mut page, data, index, stall);
    }
    blind(&mut page, data);
    if let Some(sentence) = not_watched(&data.proof.unwatched, about.since, &TimeZone::UTC) {
        let _ = writeln!(page, "{sentence}\n");
    }
    pushes::table(&mut page, &data.figures.mails);
    servers(&mut page, data);
    let _ = writeln!(page, "## Versions\n");
    for line in about.versions.lines() {
        let _ = writeln!(page, "- {line}");
    }
    files(&mut page, data, about);
    page
}

fn figures(page: &mut String, data: &ReportData<'_>) {
    let mut verdicts: BTreeMap<Verdict, usize> = BTreeMap::new();
    for stall in &data.proof.stalls {
        *verdicts.entry(stall.verdict).or_default() += 1;
    }
    let stalls = match data.proof.stalls.len() {
        0 => "none".to_owned(),
        count => {
            let each: Vec<_> = verdicts.iter().map(|(verdict, count)| format!("{count} {verdict}")).collect();
            format!("{count} ({})", each.join(", "))
        }
    };
    let Figures { dones, answers: took, .. } = &data.figures;
    let ms = |took| span(Duration::from_millis(took));
    let answers = match (took.median(), took.most()) {
        (Some(median), Some(slowest)) => format!("; an answer takes {}, the slowest {}", ms(median), ms(slowest)),
        (_, None) | (None, _) => String::new(),
    };
    let blind: Duration =
        data.proof.blind.iter().filter_map(|blind| blind.until.duration_since(blind.since).ok()).sum();
    let _ = writeln!(
        page,
        "| | |\n|---|---|\n| Stalls: DONEs not answered in time | {stalls} |\n| DONEs | {dones}, {} answered in time{answers} |\n\
         | Blind: a mail could have come unnoticed | {} |\n",
        took.count(),
        match data.proof.blind.len() {
            0 => "never".to_owned(),
            1 => span(blind),
            count => format!("{} in {count} intervals", span(blind)),
        }
    );
}

fn blind(page: &mut String, data: &ReportData<'_>) {
    if data.proof.blind.is_empty() {
        return;
    }
    let _ = writeln!(page, "## Blind\n\n| From | Until | Watch | For | Why |\n|---|---|---|---|---|");
    for blind in data.proof.blind.iter().rev().take(20).rev() {
        let length = blind.until.duration_since(blind.since).unwrap_or_default();
        let why = blind.why.map_or("not known", Loss::name);
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {why} |",
            utc(blind.since),
            utc(blind.until),
            code(&watch(&blind.key)),
            span(length)
        );
    }
    page.push('\n');
}

/// The last connection of each watch to each of its servers: the others are in a file.
fn servers(page: &mut String, data: &ReportData<'_>) {
    let mut last: BTreeMap<(String, String), &KeptServer> = BTreeMap::new();
    for kept in &data.proof.servers {
        last.insert((watch(&kept.key), host(&kept.key.login).to_owned()), kept);
    }
    if last.is_empty() {
        return;
    }
    let _ = writeln!(page, "## Servers\n");
    for ((watch, host), kept) in last {
        let _ = writeln!(page, "- {}: {}, connection {} since {}", code(&watch), code(&host), kept.conn, utc(kept.at));
        for (what, said) in server_facts(kept) {
            let _ = writeln!(page, "  - {what}: {said}");
        }
    }
    page.push('\n');
}

fn files(page: &mut String, data: &ReportData<'_>, about: &About<'_>) {
    let _ = writeln!(page, "\n## Files\n");
    for (name, what) in about.files {
        let _ = writeln!(page, "- `{name}`: {what}");
    }
    let names = if about.renamed {
        "Users' names are replaced by `user-` and a hash, the same one for the same name; hosts, addresses and mailboxes \
         stay."
    } else {
        "Users' names are kept, as requested."
    };
    let _ = writeln!(
        page,
        "\nPasswords, tokens, arguments of commands, and what mails say (sender and subject too) are in none of them. {names}"
    );
    if data.log_is_cut() {
        let _ = writeln!(page, "\nThe timeline has the newest {} lines of more.", super::scope::LINES);
    }
}

/// The host of a login.
fn host(login: &str) -> &str {
    login.rsplit_once('@').map_or(login, |(_, host)| host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_s_text_stays_text() {
        assert_eq!(code("a`<b>`|c\n# d"), "`a'<b>'\\|c # d`");
    }
}
