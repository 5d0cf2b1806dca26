//! `[[host]]`: machines whose engines the screen shows, reached by ssh.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::findings::Findings;
use super::problem::ProblemKind;
use super::read::Section;
use super::schema;

/// A host whose engine is to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostSetting {
    /// Its name on the screen: not empty, and without `/`.
    pub name: Arc<str>,
    /// What ssh takes as a destination.
    pub ssh: String,
}

impl HostSetting {
    /// A host of the command line, named by its destination: `mx1` of `me@mx1`.
    #[must_use]
    pub fn of_destination(ssh: &str) -> Self {
        let bare = ssh.strip_prefix("ssh://").unwrap_or(ssh);
        let host = bare.rsplit_once('@').map_or(bare, |(_, host)| host);
        let host = host.trim_end_matches('/').replace('/', "_");
        let name = if host.is_empty() { "host".into() } else { Arc::from(host) };
        Self { name, ssh: ssh.to_owned() }
    }
}

/// Why a value cannot be a destination: a sentence's end. ssh would take one that begins with `-` for an option.
#[must_use]
pub fn bad_destination(value: &str) -> Option<&'static str> {
    match value {
        "" => Some("is empty"),
        _ if value.starts_with('-') => Some("begins with `-`, which ssh takes for an option"),
        _ if value.chars().any(char::is_control) => Some("has a control character"),
        _ => None,
    }
}

/// All of them, in the file's order.
pub(super) fn read_all(root: &Section<'_>, findings: &mut Findings) -> Vec<HostSetting> {
    let mut names: BTreeMap<&str, Range<usize>> = BTreeMap::new();
    let mut hosts = Vec::new();
    for (table, span) in root.tables("host", findings).unwrap_or_default() {
        let section = Section::open(table, schema::HOST, Some(span), findings);
        let name = section.required("name", findings);
        if let Some((name, at)) = &name {
            if name.contains('/') {
                findings.problem(ProblemKind::HostSlash, at.clone());
            }
            if let Some(first) = names.get(name) {
                findings.twice(ProblemKind::HostTwice { name: (*name).to_owned() }, at.clone(), first.clone());
            } else {
                names.insert(*name, at.clone());
            }
        }
        let ssh = section.required("ssh", findings);
        if let Some((ssh, at)) = &ssh
            && let Some(why) = bad_destination(ssh)
        {
            findings.problem(ProblemKind::Destination { why }, at.clone());
        }
        if let (Some((name, _)), Some((ssh, _))) = (name, ssh) {
            hosts.push(HostSetting { name: name.into(), ssh: ssh.to_owned() });
        }
    }
    hosts
}
