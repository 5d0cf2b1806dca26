//! What keeps `service` from its work, and what it says to do.

use mailwatch_tui::commands::service::System;
use mailwatch_tui::output::Exit;

use super::rig::{CONFIG, Rig, TOOL, UNIT, gone};

/// What `install` says where the manager is not reached.
async fn unreached(change: impl FnOnce(&mut Rig)) -> String {
    let mut rig = Rig::new();
    rig.put("fails", "systemctl --user show");
    change(&mut rig);
    let said = rig.run("service install", &[]).await;
    assert_eq!((said.exit, rig.unit().as_str(), rig.told()), (Exit::Failed, "", Vec::new()));
    assert!(said.err.ends_with("; systemctl says: Failed to do it: no medium\n"), "{}", said.err);
    for command in ["service status", "service remove"] {
        let again = rig.run(command, &[]).await;
        assert_eq!((again.exit, again.err.as_str()), (Exit::Failed, said.err.as_str()), "{command}");
    }
    said.err
}

#[tokio::test]
async fn a_manager_that_is_not_reached_is_told_with_what_to_do() {
    let uid = rustix::process::geteuid().as_raw();
    let said = unreached(|rig| rig.place.runtime = None).await;
    assert!(said.starts_with("error: XDG_RUNTIME_DIR is not set, as after `su` and in cron: "), "{said}");
    assert!(said.contains(&format!("`export XDG_RUNTIME_DIR=/run/user/{uid}` first")), "{said}");

    let said = unreached(|rig| {
        rig.put("run/user/7/bus", "");
        rig.place.uid += 1;
    })
    .await;
    assert!(said.starts_with("error: ROOT/run/user/7 (XDG_RUNTIME_DIR) is another user's, as after `su`: "), "{said}");

    let said = unreached(|_| ()).await;
    assert!(said.starts_with("error: no `systemd --user` runs for you in ROOT/run/user/7: "), "{said}");

    let said = unreached(|rig| rig.put("run/user/7/bus", "")).await;
    assert!(said.starts_with("error: your service manager (systemd --user) cannot be asked; "), "{said}");

    let said = unreached(|rig| std::fs::remove_dir(rig.at("run/systemd/system")).expect("empty")).await;
    assert!(said.starts_with("error: this system was not started by systemd, "), "{said}");

    let said = unreached(|rig| (rig.place.sudo, rig.place.uid) = (true, 0)).await;
    assert!(said.starts_with("error: with sudo this would be root's service: run it as yourself; "), "{said}");
}

#[tokio::test]
async fn a_manager_of_another_home_is_told_before_anything_is_written() {
    let mut rig = Rig::new();
    rig.place.home = rig.at("elsewhere");
    let said = rig.run("service install", &[]).await;
    assert_eq!((said.exit, rig.told()), (Exit::Failed, Vec::new()));
    assert!(
        said.err.contains("error: your service manager reads no units from ROOT/elsewhere/.config/systemd/user: "),
        "{}",
        said.err
    );
    assert!(!rig.at("elsewhere").exists());
}

#[tokio::test]
async fn a_system_without_a_service_manager_gets_a_sentence() {
    let mut rig = Rig::new();
    std::fs::remove_file(rig.at("tools/systemctl")).expect("there");
    let said = rig.run("service install", &[]).await;
    assert_eq!(said.exit, Exit::Bad);
    assert!(said.err.starts_with("error: this system has no systemctl, which starts services: "), "{}", said.err);

    rig.place.system = System::Other;
    for command in ["service install", "service remove", "service status"] {
        let said = rig.run(command, &[]).await;
        assert_eq!(said.exit, Exit::Bad, "{command}");
        assert!(said.err.starts_with("error: services are written for systemd and launchd, "), "{}", said.err);
    }
}

#[tokio::test]
async fn a_mask_is_told_and_stays() {
    let rig = Rig::new();
    std::fs::create_dir_all(rig.at(UNIT).parent().expect("below")).expect("made");
    std::os::unix::fs::symlink("/dev/null", rig.at(UNIT)).expect("a link");
    let said = rig.run("service install --force", &[]).await;
    assert_eq!((said.exit, rig.told()), (Exit::Failed, Vec::new()));
    assert_eq!(
        said.err,
        "error: the service is masked, so it cannot start: run `systemctl --user unmask mailwatch-tui.service` first\n"
    );
    // For this session alone.
    std::fs::remove_file(rig.at(UNIT)).expect("there");
    rig.says("LoadState", "masked");
    assert_eq!(rig.run("service install", &[]).await.err, said.err);
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_named_and_nothing_is_started() {
    let rig = Rig::new();
    // A file where the directory would be.
    rig.put("home/.config/systemd", "");
    let said = rig.run("service install", &[]).await;
    assert_eq!((said.exit, rig.told()), (Exit::Failed, Vec::new()));
    assert!(
        said.err.contains("error: ROOT/home/.config/systemd/user/mailwatch-tui.service cannot be "),
        "{}",
        said.err
    );
}

#[tokio::test]
async fn a_service_that_does_not_start_says_so_and_where_its_log_is() {
    let rig = Rig::new();
    rig.put("fails", "--user start");
    let said = rig.run("service install", &[]).await;
    assert_eq!(said.exit, Exit::Failed);
    assert!(
        said.err.ends_with(
            "error: `systemctl --user start mailwatch-tui.service` failed: Failed to do it: no medium\n\
             Its log: journalctl --user -u mailwatch-tui -f\n"
        ),
        "{}",
        said.err
    );
}

#[tokio::test]
async fn what_cannot_work_as_a_service_is_refused_before_anything_is_written() {
    let mut rig = Rig::new();
    for (line, word) in
        [("service install --ask", "--ask is not for a service"), ("service install --keylog", "--keylog")]
    {
        let said = rig.run(line, &[]).await;
        assert_eq!(said.exit, Exit::Bad);
        assert!(said.err.contains(word), "{}", said.err);
    }
    rig.put("home/.config/mailwatch-tui/config.toml", "[[account]]\nname = 3\n");
    let said = rig.run("service install", &[]).await;
    assert_eq!(said.exit, Exit::Bad);
    assert!(said.err.contains("config.toml"), "{}", said.err);
    rig.put("home/.config/mailwatch-tui/config.toml", CONFIG);
    rig.place.program = Ok(gone());
    let said = rig.run("service install", &[]).await;
    assert_eq!(
        (said.exit, said.err.as_str()),
        (Exit::Failed, "error: /nowhere/mailwatch-tui is gone: install the program again, then run this again\n")
    );
    assert_eq!((rig.unit().as_str(), rig.told()), ("", Vec::new()));
}

#[tokio::test]
async fn what_a_service_has_not_is_warned_of() {
    let rig = Rig::new();
    rig.put("linger", "Linger=yes\n");
    rig.link("tools/oama", TOOL);
    let config = CONFIG.replace("\"printf\"", "\"oama\"");
    rig.put("home/.config/mailwatch-tui/config.toml", &config);
    let said = rig.run("service install", &[]).await;
    assert_eq!(said.exit, Exit::Done, "{}", said.err);
    let warning = "warning: account home: oama is not on the service's PATH: ";
    assert!(said.err.lines().any(|line| line.starts_with(warning)), "{}", said.err);
    assert!(said.out.contains("\nLinger is on: "), "{}", said.out);
    assert!(
        said.out.contains("\nThe keyring is locked until you log in, and these accounts wait for that: work.\n"),
        "{}",
        said.out
    );

    // Neither logged in nor lingering.
    rig.put("fails", "loginctl");
    let said = rig.run("service install", &[]).await;
    assert!(said.out.contains("\nWhether linger is on is not known. "), "{}", said.out);
    std::fs::create_dir_all(rig.at("var/lib/systemd/linger")).expect("made");
    let said = rig.run("service install", &[]).await;
    assert!(said.out.contains("\nLinger is off: "), "{}", said.out);
}
