//! The same over launchd, whose program is one that only writes down what it is asked for.

use mailwatch_tui::commands::service::{Launch, System, agent};
use mailwatch_tui::output::Exit;

use super::rig::Rig;

const AGENT: &str = "home/Library/LaunchAgents/mailwatch-tui.plist";

#[test]
fn the_agents_text_holds_whatever_is_in_a_path() {
    let launch = Launch {
        program: "/opt/a & b/mailwatch-tui".to_owned(),
        arguments: ["watch", "--config", "HOME/<c>.toml"].map(ToOwned::to_owned).to_vec(),
    };
    insta::assert_snapshot!(agent(&launch, "/Users/ann"));
}

#[tokio::test]
async fn an_agent_is_installed_replaced_looked_at_and_removed() {
    let mut rig = Rig::new();
    rig.place.system = System::Launchd;
    let uid = rig.place.uid;
    let target = format!("gui/{uid}/mailwatch-tui");
    let enable = format!("launchctl enable {target}");
    let bootstrap = format!("launchctl bootstrap gui/{uid} ROOT/{AGENT}");
    let bootout = format!("launchctl bootout {target}");

    let said = rig.run("service install", &[]).await;
    assert_eq!(said.exit, Exit::Done, "{}", said.err);
    assert_eq!(rig.told(), [enable.clone(), bootstrap.clone()]);
    let text = rig.read(AGENT);
    assert!(text.contains("/home/Library/Logs/mailwatch-tui.log</string>"), "{text}");
    assert!(text.ends_with(" -->\n") && text.matches("<!-- sha256 ").count() == 1, "{text}");
    assert!(said.out.contains("\nIt runs while you are logged in.\n"), "{}", said.out);

    // It runs as it is to.
    let said = rig.run("service install", &[]).await;
    assert_eq!((said.exit, rig.told()), (Exit::Done, Vec::new()), "{}", said.err);

    let said = rig.run("service install --account work", &[]).await;
    assert_eq!(said.exit, Exit::Done, "{}", said.err);
    assert_eq!(rig.told(), [bootout.clone(), enable, bootstrap]);

    assert_eq!(rig.run("service status", &[]).await.exit, Exit::Done);
    let said = rig.run("service remove", &[]).await;
    assert_eq!((said.exit, rig.told()), (Exit::Done, vec![bootout]), "{}", said.err);
    assert!(!rig.at(AGENT).exists());
    assert_eq!(rig.run("service status", &[]).await.exit, Exit::Failed);
}
