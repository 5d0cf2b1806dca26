//! The table and the user's own: who is found, what it says, and where that is from.

use super::*;
use crate::config::testing::providers;
use std::time::Duration;

use mailwatch_proto::model::{Auth, Origin, Timer, TlsMode};

fn name(address: &str) -> Option<String> {
    providers().for_address(address).map(|provider| provider.name.clone())
}

#[test]
fn every_provider_that_the_issue_names_is_found_by_its_addresses() {
    let cases = [
        ("ann@gmail.com", "Gmail"),
        ("ann@GoogleMail.com.", "Gmail"),
        ("ann@outlook.com", "Outlook and Microsoft 365"),
        ("ann@hotmail.co.uk", "Outlook and Microsoft 365"),
        ("ann@yahoo.com", "Yahoo"),
        ("ann@yahoo.de", "Yahoo"),
        ("ann@yahoo.co.jp", "Yahoo! JAPAN"),
        ("ann@aol.com", "AOL"),
        ("ann@me.com", "iCloud"),
        ("ann@fastmail.fm", "Fastmail"),
        ("ann@gmx.net", "GMX"),
        ("ann@gmx.com", "GMX.com"),
        ("ann@web.de", "web.de"),
        ("ann@zoho.com", "Zoho"),
        ("ann@ya.ru", "Yandex"),
        ("ann@bk.ru", "mail.ru"),
        ("12345@qq.com", "QQ"),
        ("ann@163.com", "163"),
        ("ann@126.com", "126"),
        ("ann@proton.me", "Proton Bridge"),
    ];
    for (address, wanted) in cases {
        assert_eq!(name(address).as_deref(), Some(wanted), "{address}");
    }
    for address in ["ann@example.org", "ann@notgmail.com", "ann", "", "@", "ann@outlook", "ann@generic"] {
        assert_eq!(name(address), None, "{address}");
    }
}

#[test]
fn no_figure_of_the_table_is_without_its_source() {
    for provider in &providers().built_in {
        let given = [
            ("domains", !provider.domains.is_empty()),
            ("host", !provider.host.is_empty()),
            ("hosts", !provider.hosts.is_empty()),
            ("port", !provider.host.is_empty()),
            ("tls", !provider.host.is_empty()),
            ("auth", !provider.host.is_empty()),
            ("user", provider.user != LoginName::Address),
            ("max_connections", provider.max_connections.is_some()),
            ("id_required", provider.quirks.id_required),
            ("poll_by_status", provider.quirks.poll_by_status),
            ("app_password", provider.quirks.app_password.is_some()),
            ("note", provider.note.is_some()),
        ];
        let timers = provider.timers.iter().map(|(timer, _)| (timer.name(), true));
        for (key, _) in given.into_iter().chain(timers).filter(|(_, there)| *there) {
            let source = provider.source(key).unwrap_or_else(|| panic!("{}: {key} has no source", provider.name));
            let named = source.contains("https://") || source.contains("[code]") || source.contains("FAQ");
            assert!(named, "{}: {key}: {source}", provider.name);
        }
        for key in provider.sources.keys() {
            let there = given.iter().any(|(given, there)| given == key && *there)
                || provider.timers.iter().any(|(timer, _)| timer.name() == key);
            assert!(there, "{}: a source for {key}, which is not there", provider.name);
        }
    }
}

#[test]
fn a_server_is_known_by_its_host_whatever_the_address_is() {
    let providers = providers();
    let name = |host, user| providers.for_account(host, user).name.clone();
    assert_eq!(name("OUTLOOK.office365.com", "ann@corp.example"), "Outlook and Microsoft 365");
    assert_eq!(name("imap-mail.outlook.com", "ann"), "Outlook and Microsoft 365");
    assert_eq!(name("imap.example.org", "ann@gmail.com"), "generic");
    assert_eq!(name("127.0.0.1", "ann@proton.me"), "Proton Bridge");
    assert_eq!(name("127.0.0.1", "ann@example.org"), "generic");
    assert_eq!(name("localhost", "ann@gmail.com"), "generic");
    assert_eq!(providers.for_host("127.0.0.1"), None);
}

#[test]
fn a_preset_stands_between_what_is_built_in_and_what_is_configured() {
    let providers = providers();
    let yahoo = providers.for_address("ann@yahoo.com").expect("known");
    let reissue = yahoo.preset().tuned(Timer::Reissue);
    assert_eq!((reissue.value, reissue.origin), (Some(Duration::from_mins(3)), Origin::Provider));
    assert_eq!(yahoo.preset().tuned(Timer::Done).origin, Origin::BuiltIn);
    let gmail = providers.for_address("ann@gmail.com").expect("known");
    assert_eq!((gmail.max_connections, gmail.usual_connections()), (Some(15), Some(12)));
    assert_eq!(providers.for_account("h", "u").usual_connections(), Some(8));
}

#[test]
fn the_login_name_is_what_the_provider_takes() {
    let providers = providers();
    let login = |address: &str| providers.for_address(address).map(|provider| provider.login(address));
    assert_eq!(login(" ann@gmail.com ").as_deref(), Some("ann@gmail.com"));
    assert_eq!(login("ann@icloud.com").as_deref(), Some("ann"));
}

#[test]
fn the_users_own_come_first_and_their_mistakes_are_pointed_at() {
    let text = "[[provider]]\nname = \"Corp\"\ndomains = [\"corp.example\", \"gmail.com\"]\nhost = \"mail.corp.example\"\n\
                tls = \"starttls\"\nmax_connections = 4\ntimers = { reissue = \"2m\" }\n";
    let known = providers();
    let providers = known.with_own(text, Path::new("providers.toml")).expect("right");
    let corp = providers.for_address("ann@gmail.com").expect("known");
    assert_eq!((corp.name.as_str(), corp.port, corp.tls), ("Corp", 143, TlsMode::StartTls));
    assert_eq!(corp.auth, [Auth::Password]);
    assert_eq!(providers.for_host("mail.corp.example").map(Provider::usual_connections), Some(Some(3)));
    assert_eq!(providers.for_address("ann@yahoo.com").map(|known| known.name.as_str()), Some("Yahoo"));

    let wrong = "[[provider]]\nname = \"A\"\ndomains = [\"ann@a.example\", \"b.example\"]\nid_required = \"yes\"\n\
                 [[provider]]\nname = \"B\"\ndomain = [\"b.example\"]\ndomains = [\"b.example\"]\nhost = \"h\"\nauth = [\"plain\"]\n\
                 timers = { reissue = \"4\" }\nuser = \"me\"\nsource = { hots = \"x\" }\n";
    let error = known.with_own(wrong, Path::new("providers.toml")).expect_err("problems");
    insta::assert_snapshot!(error.render(100, false));
}
