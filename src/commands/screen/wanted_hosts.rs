//! Which hosts a screen shows: those of the configuration, and those of the command line.

use mailwatch_engine::config::HostSetting;
use mailwatch_proto::model::sanitise;

/// All of them. One that `--host` names and the configuration has is one.
///
/// # Errors
/// A sentence, where two would have one name, or this system reaches none.
pub(super) fn wanted_hosts(configured: &[HostSetting], given: &[String]) -> Result<Vec<HostSetting>, String> {
    let mut hosts = configured.to_vec();
    for destination in given {
        if hosts.iter().any(|host| host.ssh == *destination || *host.name == **destination) {
            continue;
        }
        let host = HostSetting::of_destination(destination);
        if hosts.iter().any(|other| other.name == host.name) {
            let name = sanitise(&host.name, 60);
            return Err(format!("two hosts are named `{name}`: give them names in the configuration, under [[host]]"));
        }
        hosts.push(host);
    }
    if cfg!(not(unix)) && !hosts.is_empty() {
        return Err("the engine of another host cannot be reached from this system".to_owned());
    }
    Ok(hosts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(configured: &[(&str, &str)], given: &[&str]) -> Result<Vec<String>, String> {
        let configured: Vec<_> =
            configured.iter().map(|(name, ssh)| HostSetting { name: (*name).into(), ssh: (*ssh).to_owned() }).collect();
        let given: Vec<_> = given.iter().map(|given| (*given).to_owned()).collect();
        wanted_hosts(&configured, &given)
            .map(|hosts| hosts.iter().map(|host| format!("{} {}", host.name, host.ssh)).collect())
    }

    #[cfg(unix)]
    #[test]
    fn a_host_that_is_named_twice_is_one_and_two_of_one_name_are_refused() {
        assert_eq!(
            names(&[], &["me@mx1", "ssh://me@mx2:2222"]),
            Ok(vec!["mx1 me@mx1".to_owned(), "mx2:2222 ssh://me@mx2:2222".to_owned()])
        );
        assert_eq!(names(&[("mx1", "me@a")], &["mx1", "me@a"]), Ok(vec!["mx1 me@a".to_owned()]));
        assert!(names(&[], &["me@mx1", "you@mx1"]).is_err_and(|why| why.contains("two hosts are named `mx1`")));
    }
}
