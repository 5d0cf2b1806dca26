//! What `config check` says of the programs that the configuration runs: whether others can change what runs as you.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use mailwatch_engine::config::Writers;
use mailwatch_proto::model::{Account, ClientSecret, HookEvent, LINE_LIMIT, SecretSource, sanitise};

use crate::configuration::Config;

/// A command of the configuration: what it is called there, and its arguments.
type Command<'a> = (String, &'a [String]);

/// A warning for each file that the configuration runs, and that others can change or replace; for the file's own directories too.
pub(super) fn warnings(config: &Config) -> Vec<String> {
    let me = rustix::process::geteuid().as_raw();
    let mut found = Vec::new();
    // Who may write to the file itself is said wherever it is read.
    let mut above = places(&config.path).into_iter().filter(|place| !place.is_file() || is_foreign(place, me));
    let replaced = above.find_map(|place| exposed(&place, me));
    found.extend(replaced.map(|exposed| format!("others can replace this file: {exposed}")));
    for (name, arguments) in commands(config) {
        for file in files(arguments) {
            if let Some(exposed) = places(&file).iter().find_map(|place| exposed(place, me)) {
                found.push(format!("{name} runs {}, which others can change: {exposed}", shown(&file)));
            }
        }
    }
    found
}

/// Every command of the configuration.
fn commands(config: &Config) -> Vec<Command<'_>> {
    let mut commands = Vec::new();
    for account in &config.accounts {
        let of = |key: &str| format!("{key} of account {}", sanitise(&account.name, LINE_LIMIT));
        commands
            .extend(HookEvent::ALL.iter().filter_map(|event| Some((of(event.key()), account.hooks.command(*event)?))));
        commands.extend(account.hooks.open().map(|command| (of("open_command"), command)));
        commands.extend(secret(account).map(|(key, command)| (of(key), command)));
        let proxy = account.network.proxy.as_ref().and_then(|proxy| proxy.login.as_ref());
        commands.extend(proxy.map(|login| (of("proxy_password_command"), login.password_command.as_slice())));
    }
    let keys = config.ui.commands.iter();
    commands.extend(
        keys.map(|command| (format!("the key {} of [ui.commands]", command.key.show()), command.arguments.as_slice())),
    );
    commands
}

fn secret(account: &Account) -> Option<(&'static str, &[String])> {
    match &account.secret {
        SecretSource::Command(command) => Some(("the password or token command", command)),
        SecretSource::OAuth(client) => match &client.client_secret {
            ClientSecret::Command(command) => Some(("client_secret_command", command)),
            ClientSecret::None | ClientSecret::Keyring => None,
        },
        SecretSource::Keyring | SecretSource::Fixed(_) => None,
    }
}

/// The program, and the scripts among its arguments.
fn files(command: &[String]) -> Vec<PathBuf> {
    let Some((program, arguments)) = command.split_first() else { return Vec::new() };
    let scripts = arguments.iter().map(PathBuf::from).filter(|path| path.is_absolute());
    program_file(program).into_iter().chain(scripts).filter(|path| path.is_file()).collect()
}

/// The file with the directories above it; of a link also where it leads.
fn places(file: &Path) -> Vec<PathBuf> {
    let absolute = std::path::absolute(file).ok();
    let mut places: Vec<PathBuf> = Vec::new();
    for path in fs::canonicalize(file).ok().into_iter().chain(absolute) {
        places.extend(path.ancestors().map(Path::to_owned));
    }
    places
}

fn is_foreign(path: &Path, me: u32) -> bool {
    fs::metadata(path).is_ok_and(|about| about.uid() != me && about.uid() != 0)
}

/// Where a program is found.
fn program_file(program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        return Some(std::env::home_dir().unwrap_or_default().join(program));
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join(program)).find(|file| file.is_file())
}

/// Who else can change this file or directory, and what to do about it. A sticky directory's entries are their owners'.
fn exposed(path: &Path, me: u32) -> Option<String> {
    let about = fs::metadata(path).ok()?;
    let (place, mode) = (shown(path), about.mode());
    if is_foreign(path, me) {
        return Some(format!("{place} belongs to another user (uid {})", about.uid()));
    }
    if about.is_dir() && mode & 0o1000 != 0 {
        return None;
    }
    Some(match Writers::of(mode)? {
        Writers::Everybody => format!("every user of this machine may write to {place}: chmod go-w {place}"),
        Writers::Group => format!("every user of its group may write to {place}: chmod g-w {place}"),
    })
}

fn shown(path: &Path) -> String {
    sanitise(&path.to_string_lossy(), LINE_LIMIT)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use mailwatch_engine::config;

    use super::*;
    use crate::configuration::format;

    struct Place(tempfile::TempDir);

    impl Place {
        fn new() -> Self {
            let place = Self(tempfile::tempdir().expect("a temporary directory"));
            fs::create_dir(place.at("bin")).expect("made");
            fs::write(place.at("bin/fetch"), "#!/bin/sh\n").expect("written");
            std::os::unix::fs::symlink(place.at("bin/fetch"), place.at("link")).expect("made");
            for (name, mode) in [("", 0o700), ("bin", 0o755), ("bin/fetch", 0o755)] {
                place.set(name, mode);
            }
            place
        }

        fn at(&self, name: &str) -> PathBuf {
            self.0.path().canonicalize().expect("it is there").join(name)
        }

        fn set(&self, name: &str, mode: u32) {
            fs::set_permissions(self.at(name), fs::Permissions::from_mode(mode)).expect("set");
        }

        /// The warnings of a configuration with this in its account, and this behind it.
        fn warnings(&self, keys: &str, more: &str) -> Vec<String> {
            let text = format!("[[account]]\nname = \"a\"\nhost = \"h\"\nuser = \"u\"\n{keys}\n{more}");
            let path = self.at("config.toml");
            fs::write(&path, text).expect("written");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("set");
            warnings(&config::load(&path, &format()).expect("a good configuration"))
        }
    }

    #[test]
    fn a_script_that_others_may_write_to_is_named_wherever_it_is_run() {
        let place = Place::new();
        let script = place.at("bin/fetch").display().to_string();
        let link = place.at("link").display().to_string();
        let cases = [
            (format!("on_new_mail = [\"{script}\"]"), String::new(), "on_new_mail of account a runs "),
            (format!("on_failed = [\"sh\", \"{script}\"]"), String::new(), "on_failed of account a runs "),
            (format!("open_command = [\"{link}\", \"{{uid}}\"]"), String::new(), "open_command of account a runs "),
            (
                format!("password_command = [\"{script}\"]"),
                String::new(),
                "the password or token command of account a runs ",
            ),
            (String::new(), format!("[ui.commands]\nb = [\"{script}\"]"), "the key b of [ui.commands] runs "),
        ];
        for (keys, more, begins) in cases {
            place.set("bin/fetch", 0o755);
            assert_eq!(place.warnings(&keys, &more), [""; 0], "{keys}{more}");
            for (mode, who) in [(0o775, "every user of its group"), (0o777, "every user of this machine")] {
                place.set("bin/fetch", mode);
                let told = place.warnings(&keys, &more);
                assert!(told.len() == 1 && told[0].starts_with(begins) && told[0].contains(who), "{told:?}");
            }
        }
    }

    #[test]
    fn a_directory_in_which_others_may_put_another_script_is_named_and_a_sticky_one_is_not() {
        let place = Place::new();
        let keys = format!("on_stall = [\"{}\"]", place.at("bin/fetch").display());
        for (mode, told) in [(0o755, 0), (0o775, 1), (0o777, 1), (0o1777, 0)] {
            place.set("bin", mode);
            let warnings = place.warnings(&keys, "");
            assert_eq!(warnings.len(), told, "{mode:o}: {warnings:?}");
            assert!(warnings.iter().all(|it| it.ends_with(&place.at("bin").display().to_string())), "{warnings:?}");
        }
        place.set("bin", 0o755);
        place.set("", 0o777);
        let warnings = place.warnings("", "");
        assert!(warnings.len() == 1 && warnings[0].starts_with("others can replace this file: "), "{warnings:?}");
    }
}
