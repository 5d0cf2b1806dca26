//! Accounts that log in with OAuth 2.0.

use mailwatch_engine::config::WarningKind;
use mailwatch_proto::model::{Auth, SecretSource};
use mailwatch_tui::configuration::Config;

use crate::{ACCOUNT, parse};

fn issuer(oauth: &str) -> Config {
    let text = format!("{ACCOUNT}auth = \"oauth2\"\noauth = {{ client_id = \"id\", {oauth} }}\n");
    parse(&text).unwrap_or_else(|error| panic!("{}", error.render(100, false)))
}

fn client(oauth: &str) -> mailwatch_proto::model::OAuthClient {
    match issuer(oauth).accounts.remove(0).secret {
        SecretSource::OAuth(client) => *client,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_oauth2_account_knows_its_issuer_and_asks_for_what_that_wants() {
    use mailwatch_proto::model::{ClientSecret, Flow, Issuer};
    let google = client("provider = \"google\", client_secret = \"keyring\"");
    assert_eq!(
        (google.issuer, google.client_secret, google.flow),
        (Issuer::Google, ClientSecret::Keyring, Flow::Browser)
    );
    assert_eq!(google.scopes, ["https://mail.google.com/"]);
    let microsoft = client("provider = \"microsoft\", flow = \"device\"");
    assert_eq!(
        (microsoft.issuer, microsoft.client_secret, microsoft.flow),
        (Issuer::Microsoft, ClientSecret::None, Flow::Device)
    );
    assert_eq!(microsoft.scopes, ["https://outlook.office.com/IMAP.AccessAsUser.All", "offline_access"]);
    let own = client("issuer = \"https://auth.example.org\", client_secret_command = [\"pass\", \"x\"]");
    assert_eq!(own.issuer, Issuer::Url("https://auth.example.org".to_owned()));
    assert_eq!(own.client_secret, ClientSecret::Command(vec!["pass".to_owned(), "x".to_owned()]));
    assert_eq!(own.scopes, ["openid", "offline_access"]);
    assert_eq!(client("provider = \"google\", scopes = [\"mine\"]").scopes, ["mine"]);
    let warned = issuer("provider = \"google\", flow = \"device\"").warnings;
    assert_eq!(warned.iter().map(|warning| &warning.kind).collect::<Vec<_>>(), [&WarningKind::GoogleDevice]);
}

#[test]
fn an_oauth2_account_takes_its_token_from_the_command() {
    let text = format!("{ACCOUNT}auth = \"oauth2\"\ntoken_command = [\"oama\", \"access\", \"me@example.org\"]\n");
    let config = parse(&text).expect("a configuration");
    let account = &config.accounts[0];
    assert_eq!(account.auth, Auth::OAuth2);
    let arguments = ["oama", "access", "me@example.org"].map(str::to_owned).to_vec();
    assert_eq!(account.secret, SecretSource::Command(arguments));
}
