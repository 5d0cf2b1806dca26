//! `misbehave`: one misbehaving IMAP server, for clients in any language. Standard output says how to get there.

use std::io::{self, Write as _};
use std::process::ExitCode;

use imap_misbehave::{Encryption, Scenario, ServeOptions, Served, parse_time};

const HELP: &str = "\
An IMAP server that misbehaves on demand, on localhost. SIGINT, SIGTERM or SIGHUP ends it.

Usage: misbehave [OPTIONS]

  --scenario NAME   how it misbehaves [default: healthy]; NAME=20s changes its time, NAME@2 limits it to the first
                    two connections, NAME+NAME joins two
  --rules FILE      behaviours of your own, for --scenario to name; the first of them without it
  --list            the scenarios, each with a sentence
  --port PORT       the port [default: a free one]
  --tls MODE        implicit, starttls or off [default: implicit]
  --mailboxes N     so many mailboxes: INBOX, box/2, box/3, ... [default: 1]
  --every TIME      delivers a mail that often, to one mailbox after the other (20s, 4m, 300ms)
  --ca-file FILE    where the certificate to be trusted is written [default: a temporary file]
  --help            this text
  --version         the version
";

/// What is asked for.
enum Asked {
    Serve(ServeOptions),
    Text(String),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let asked = match parse(std::env::args().skip(1)) {
        Ok(asked) => asked,
        Err(why) => {
            eprintln!("misbehave: {why}; --help lists the options");
            return ExitCode::from(2);
        }
    };
    let done = match asked {
        Asked::Text(text) => io::stdout().write_all(text.as_bytes()),
        Asked::Serve(options) => serve(options).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("misbehave: {why}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: ServeOptions) -> io::Result<()> {
    let stop = ended()?;
    let served = Served::start(options).await?;
    let mut out = io::stdout();
    out.write_all(served.greeting().as_bytes())?;
    out.flush()?;
    served.run(stop).await;
    Ok(())
}

/// Ready at the first signal that asks for the end. Signals are heard from this call on.
#[cfg(unix)]
fn ended() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    })
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "as on Unix")]
fn ended() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Asked, String> {
    let mut options = ServeOptions::default();
    let (mut scenario, mut rules) = (None, Vec::new());
    while let Some(argument) = arguments.next() {
        let (name, given) = match argument.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (argument, None),
        };
        match name.as_str() {
            "--help" | "-h" => return Ok(Asked::Text(HELP.to_owned())),
            "--version" => return Ok(Asked::Text(format!("misbehave {}\n", env!("CARGO_PKG_VERSION")))),
            "--list" => return Ok(Asked::Text(list())),
            _ => {}
        }
        let value = given.or_else(|| arguments.next()).ok_or_else(|| format!("{name}: no such option, or no value"))?;
        let wrong = || format!("{name}: {value:?} will not do");
        match name.as_str() {
            "--scenario" => scenario = Some(value),
            "--rules" => rules = read_rules(&value)?,
            "--port" => options.port = value.parse().map_err(|_| wrong())?,
            "--tls" => {
                options.encryption = match value.as_str() {
                    "implicit" => Encryption::Implicit,
                    "starttls" => Encryption::StartTls,
                    "off" => Encryption::Off,
                    _ => return Err(wrong()),
                }
            }
            "--mailboxes" => options.mailboxes = value.parse().ok().filter(|&n| n > 0).ok_or_else(wrong)?,
            "--every" => options.every = Some(parse_time(&value).filter(|time| !time.is_zero()).ok_or_else(wrong)?),
            "--ca-file" => options.ca_file = Some(value.into()),
            _ => return Err(format!("there is no option {name}")),
        }
    }
    match scenario {
        Some(name) => options.scenario = named(&name, rules)?,
        None => options.scenario = rules.into_iter().next().map_or(options.scenario, |(first, _)| first),
    }
    Ok(Asked::Serve(options))
}

/// A scenario of one's own, else one of the list.
fn named(name: &str, rules: Vec<(Scenario, String)>) -> Result<Scenario, String> {
    match rules.into_iter().find(|(own, _)| own.name == name) {
        Some((own, _)) => Ok(own),
        None => Scenario::by_name(name).map_err(|error| error.to_string()),
    }
}

fn read_rules(path: &str) -> Result<Vec<(Scenario, String)>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    Scenario::read(&text).map_err(|error| format!("{path}, {error}"))
}

fn list() -> String {
    let lines: Vec<String> = Scenario::list().iter().map(|(name, about)| format!("{name:<24} {about}\n")).collect();
    lines.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Asked, String> {
        parse(arguments.iter().map(ToString::to_string))
    }

    #[test]
    fn options_are_read_with_a_space_or_an_equals_sign() {
        let Ok(Asked::Serve(options)) =
            parsed(&["--scenario=silent=5s", "--port", "1143", "--tls", "off", "--mailboxes=3", "--every", "300ms"])
        else {
            panic!("a server");
        };
        assert_eq!(options.scenario.name, "silent=5s");
        assert_eq!((options.port, options.mailboxes, options.encryption), (1143, 3, Encryption::Off));
        assert_eq!(options.every, Some(std::time::Duration::from_millis(300)));
    }

    #[test]
    fn rules_of_ones_own_are_a_scenario() {
        let file = std::env::temp_dir().join(format!("misbehave-{}.rules", std::process::id()));
        std::fs::write(&file, "first: x\n  on NOOP -> silence\nsecond: y\n  on NOOP -> no \"z\"\n").expect("a file");
        let path = file.display().to_string();
        for (arguments, name) in [
            (&["--rules", &path][..], "first"),
            (&["--rules", &path, "--scenario", "second"], "second"),
            (&["--scenario", "silent", "--rules", &path], "silent"),
        ] {
            let Ok(Asked::Serve(options)) = parsed(arguments) else { panic!("{arguments:?}") };
            assert_eq!(options.scenario.name, name);
        }
        std::fs::remove_file(&file).expect("it is there");
    }

    #[test]
    fn what_will_not_do_is_named() {
        for (arguments, part) in [
            (&["--scenario", "slient"][..], "no scenario is called"),
            (&["--port", "x"], "--port"),
            (&["--mailboxes", "0"], "--mailboxes"),
            (&["--every", "0s"], "--every"),
            (&["--prot", "1"], "--prot"),
            (&["--port"], "--port"),
        ] {
            let Err(why) = parsed(arguments) else { panic!("{arguments:?}") };
            assert!(why.contains(part), "{why}");
        }
    }

    #[test]
    fn the_list_has_every_scenario() {
        let Ok(Asked::Text(list)) = parsed(&["--list"]) else { panic!("a text") };
        assert_eq!(list.lines().count(), Scenario::list().len());
    }
}
