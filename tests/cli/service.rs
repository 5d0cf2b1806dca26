//! `service`: what it writes, what it tells the service manager, and what it says.

#[path = "service/launchd.rs"]
mod launchd;
#[path = "service/rig.rs"]
mod rig;
#[path = "service/troubles.rs"]
mod troubles;

use mailwatch_tui::commands::service::{AGENT, Launch, agent, unit};
use mailwatch_tui::output::Exit;

use self::rig::{CONFIG, PROGRAM, Rig, TOOL, UNIT};

/// The unit that packages have.
const SHIPPED: &str = include_str!("../../assets/systemd/mailwatch-tui.service");

/// What came with version 0.1.0.
const OLDER: &str = include_str!("mailwatch-tui-0.1.0.service");

const INSTALL: [&str; 4] = [
    "systemctl --user daemon-reload",
    "systemctl --user enable mailwatch-tui.service",
    "systemctl --user reset-failed mailwatch-tui.service",
    "systemctl --user start mailwatch-tui.service",
];

fn starts(text: &str) -> &str {
    text.lines().find_map(|line| line.strip_prefix("ExecStart=")).expect("it starts something")
}

#[test]
fn packages_and_install_have_one_text() {
    assert_eq!(unit(&Launch::shipped()), SHIPPED);
    assert_eq!(agent(&Launch::shipped(), "HOME"), AGENT);
}

#[tokio::test]
async fn install_writes_enables_and_starts_and_does_it_twice_without_harm() {
    let rig = Rig::new();
    let said = rig.run("service install", &[]).await;
    assert_eq!(said.exit, Exit::Done, "{}", said.err);
    assert_eq!(rig.told(), INSTALL);
    let (begun, seal) =
        rig.unit().split_once("# Written by").map(|(a, b)| (a.to_owned(), b.to_owned())).expect("a seal");
    let line = format!("{}/bin/mailwatch-tui watch", rig.at("home").display());
    assert_eq!(begun, SHIPPED.replace("mailwatch-tui watch\nExecReload", &format!("{line}\nExecReload")));
    assert!(seal.contains("\n# sha256 "), "{seal}");
    insta::assert_snapshot!(said.out);
    let before = rig.unit();
    let said = rig.run("service install", &[]).await;
    assert_eq!(said.exit, Exit::Done, "{}", said.err);
    assert!(said.out.starts_with("~/.config/systemd/user/mailwatch-tui.service is up to date.\n"), "{}", said.out);
    assert_eq!((rig.unit(), rig.told()), (before, INSTALL.map(ToOwned::to_owned).to_vec()));
}

#[tokio::test]
async fn a_service_whose_program_was_upgraded_is_started_anew() {
    let rig = Rig::new();
    rig.run("service install", &[]).await;
    rig.link("proc/4711/exe", "/home/ann/bin/mailwatch-tui (deleted)");
    rig.says("FragmentPath", &rig.at(UNIT).display().to_string());
    let said = rig.run("service status", &[]).await;
    assert!(said.out.contains("\n           its file was replaced since: systemctl --user restart "), "{}", said.out);
    rig.told();
    let said = rig.run("service install", &[]).await;
    assert_eq!(said.exit, Exit::Done, "{}", said.err);
    assert_eq!(rig.told().last().map(String::as_str), Some("systemctl --user restart mailwatch-tui.service"));
}

#[tokio::test]
async fn the_options_are_the_services_with_absolute_paths_and_nothing_expanded_in_them() {
    let rig = Rig::new();
    rig.put("home/my mail/50%$HOME.toml", CONFIG);
    let config = rig.at("home/my mail/50%$HOME.toml").display().to_string();
    let line = "service install --state-dir state --account work --account home --metrics 9853 -vv";
    let said = rig.run_with(line, &config).await;
    assert_eq!(said.exit, Exit::Done, "{}", said.err);
    let written = config.replace('%', "%%").replace('$', "$$");
    let here = std::env::current_dir().expect("a directory").join("state").display().to_string();
    let unit = rig.unit();
    assert!(starts(&unit).ends_with(&format!(
        "/mailwatch-tui watch --config \"{written}\" --state-dir {here} --account work --account home --metrics 127.0.0.1:9853 -vv"
    )), "{unit}");

    // Other options, another unit: its own needs no question, and the service is started anew.
    rig.told();
    rig.says("MainPID", "4711");
    let said = rig.run("service install", &[]).await;
    assert_eq!(said.exit, Exit::Done, "{}", said.err);
    assert!(said.err.contains(" What differs:\n-ExecStart=") && said.err.contains("\n+ExecStart="), "{}", said.err);
    assert_eq!(said.err.matches("\n+").count(), 1, "{}", said.err);
    assert_eq!(rig.told().last().map(String::as_str), Some("systemctl --user restart mailwatch-tui.service"));
}

#[tokio::test]
async fn a_unit_that_was_changed_is_kept_unless_its_owner_says_otherwise() {
    let rig = Rig::new();
    rig.run("service install", &[]).await;
    let changed = rig.unit().replace("RestartSec=5", "RestartSec=7");
    rig.put(UNIT, &changed);
    rig.told();

    let said = rig.run("service install", &[]).await;
    assert_eq!((said.exit, rig.unit(), rig.told()), (Exit::Failed, changed.clone(), Vec::new()));
    assert!(said.err.contains("\n-RestartSec=7\n+RestartSec=5\n"), "{}", said.err);
    assert!(said.err.ends_with("is kept as it is, and nothing was done: --force replaces it\n"), "{}", said.err);
    // Enter is no.
    let said = rig.run("service install", &[""]).await;
    assert_eq!((said.exit, rig.unit()), (Exit::Failed, changed.clone()), "{}", said.err);

    for (line, answers) in [("service install", &["y"][..]), ("service install --force", &[])] {
        rig.put(UNIT, &changed);
        let said = rig.run(line, answers).await;
        assert_eq!(said.exit, Exit::Done, "{}", said.err);
        assert!(rig.unit().contains("RestartSec=5"), "{line}");
    }
}

#[tokio::test]
async fn a_unit_of_version_0_1_0_is_offered_to_be_replaced_and_goes_on_otherwise() {
    let rig = Rig::new();
    rig.put(UNIT, OLDER);
    let said = rig.run("service install", &["n"]).await;
    assert_eq!((said.exit, rig.unit().as_str()), (Exit::Failed, OLDER));
    assert!(said.err.contains("\n-Restart=on-abnormal\n") && said.err.contains("\n+Restart=always\n"), "{}", said.err);
    assert!(said.err.contains("Replace ~/.config/systemd/user/mailwatch-tui.service? [Y/n]"), "{}", said.err);

    rig.says("FragmentPath", &rig.at(UNIT).display().to_string());
    rig.says("ActiveState", "active");
    rig.says("MainPID", "7");
    let status = rig.run("service status", &[]).await;
    assert_eq!(status.exit, Exit::Done, "{}", status.err);
    assert!(status.out.contains("(copied from what came with the program)"), "{}", status.out);

    rig.told();
    let said = rig.run("service install", &[""]).await;
    assert_eq!(said.exit, Exit::Done, "{}", said.err);
    assert!(rig.unit().contains("Restart=always"));
    assert_eq!(rig.told().last().map(String::as_str), Some("systemctl --user restart mailwatch-tui.service"));
}

#[tokio::test]
async fn a_packages_unit_that_starts_this_program_is_used_and_one_that_does_not_is_gone_before() {
    let mut rig = Rig::new();
    rig.put("usr/lib/systemd/user/mailwatch-tui.service", SHIPPED);
    rig.says("FragmentPath", &rig.at("usr/lib/systemd/user/mailwatch-tui.service").display().to_string());
    rig.link("usr/bin/mailwatch-tui", PROGRAM);

    let said = rig.run("service install", &[]).await;
    assert_eq!(said.exit, Exit::Done, "{}", said.err);
    assert!(
        said.out.starts_with("ROOT/usr/lib/systemd/user/mailwatch-tui.service starts this program already"),
        "{}",
        said.out
    );
    assert_eq!((rig.unit().as_str(), rig.told()), ("", INSTALL.map(ToOwned::to_owned).to_vec()));

    // Removing it is the package's.
    let said = rig.run("service remove", &[]).await;
    assert_eq!(
        (said.exit, rig.told()),
        (Exit::Done, vec!["systemctl --user disable --now mailwatch-tui.service".to_owned()])
    );
    assert!(said.out.ends_with("mailwatch-tui.service stays: service install did not write it.\n"), "{}", said.out);

    // Another program than the one that it starts.
    rig.link("home/other/mailwatch-tui", TOOL);
    rig.place.program = Ok(rig.at("home/other/mailwatch-tui"));
    let said = rig.run("service install", &[]).await;
    assert!(
        said.out.contains("\nIt takes precedence over ROOT/usr/lib/systemd/user/mailwatch-tui.service, which stays.\n"),
        "{}",
        said.out
    );
    assert!(rig.unit().contains("/other/mailwatch-tui watch\n"));
}

#[tokio::test]
async fn remove_takes_what_install_wrote_and_nothing_else() {
    let rig = Rig::new();
    let said = rig.run("service remove", &[]).await;
    assert_eq!((said.exit, said.out.as_str(), rig.told()), (Exit::Done, "No service is installed.\n", Vec::new()));

    rig.run("service install", &[]).await;
    rig.put("home/.config/systemd/user/mailwatch-tui.service.d/mine.conf", "[Service]\n");
    rig.told();
    let said = rig.run("service remove", &[]).await;
    assert_eq!(said.exit, Exit::Done, "{}", said.err);
    insta::assert_snapshot!(said.out);
    assert_eq!(
        rig.told(),
        [
            "systemctl --user disable --now mailwatch-tui.service",
            "systemctl --user daemon-reload",
            "systemctl --user reset-failed mailwatch-tui.service",
        ]
    );
    assert!(!rig.at(UNIT).exists());

    rig.put(UNIT, "[Service]\nExecStart=mailwatch-tui watch --json\n");
    let said = rig.run("service remove", &[]).await;
    assert_eq!(said.exit, Exit::Failed);
    assert!(said.err.ends_with("or changed since: it stays (--force removes it)\n"), "{}", said.err);
    assert!(rig.at(UNIT).exists());
    assert_eq!(rig.run("service remove", &["y"]).await.exit, Exit::Done);
    assert!(!rig.at(UNIT).exists());
}

#[tokio::test]
async fn status_says_what_is_installed_and_whether_it_runs() {
    let rig = Rig::new();
    let said = rig.run("service status", &[]).await;
    assert_eq!((said.exit, said.out.as_str()), (Exit::Failed, "installed  no: mailwatch-tui service install\n"));

    rig.run("service install", &[]).await;
    let program = rig.at("home/bin/mailwatch-tui").display().to_string();
    rig.says("ExecStart", &format!("{{ path={program} ; argv[]={program} watch ; ignore_errors=no }}"));
    rig.says("FragmentPath", &rig.at(UNIT).display().to_string());
    let said = rig.run("service status --json", &[]).await;
    assert_eq!(said.exit, Exit::Done, "{}", said.err);
    let json: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
    insta::assert_snapshot!(serde_json::to_string_pretty(&json).expect("JSON"));
    let said = rig.run("service status", &[]).await;
    assert!(said.out.contains("\nprogram    ~/bin/mailwatch-tui 9.9.9\n"), "{}", said.out);
    assert!(said.out.contains(", process 4711\nsays       4 of 5 live\n"), "{}", said.out);

    rig.says("ActiveState", "failed");
    rig.says("MainPID", "0");
    let said = rig.run("service status", &[]).await;
    assert_eq!(said.exit, Exit::Failed);
    assert!(said.out.contains("\nstate      failed\n"), "{}", said.out);
}
