//! What to write instead of each problem, and what its place is called.

use super::kind::ProblemKind;
use crate::config::nearest::nearest;
use mailwatch_proto::model::{QuietError, SPECIAL_USES, Timer, show_duration};

impl ProblemKind {
    /// What to write instead.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let text = match self {
            Self::UnknownKey { key, table } => match nearest(key, table.keys.iter().copied()) {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => format!("{table} takes {}", table.keys.join(", ")),
            },
            Self::Password => {
                "remove the line, then store the password in the keyring with `mailwatch-tui account login NAME`, \
                               or have a command print it: password_command = [\"pass\", \"show\", \"mail/work\"]"
                    .to_owned()
            }
            Self::WrongType { example: Some(example), .. } | Self::Empty { example: Some(example), .. } => {
                (*example).to_owned()
            }
            Self::WrongType { key, example: None, .. }
            | Self::Missing { key, .. }
            | Self::Empty { key, example: None } => return example(key),
            Self::NoAccount => {
                "`mailwatch-tui account add` asks questions and adds one; or write an [[account]] with name, host and user. \
                 `mailwatch-tui demo` needs no account"
                    .to_owned()
            }
            Self::Control { .. } => "remove it".to_owned(),
            Self::Choice { given, known, .. } => match nearest(given, known.iter().copied()) {
                Some(nearest) => format!("did you mean \"{nearest}\"?"),
                None => format!("write one of {}", known.join(", ")),
            },
            Self::Range { min, max, .. } => format!("write a number from {min} to {max}"),
            Self::NoToken => {
                "let this program get tokens, oauth = { provider = \"google\", client_id = \"…\" }, or a command \
                              print them, token_command = [\"oama\", \"access\", \"me@example.org\"]"
                    .to_owned()
            }
            Self::OAuthUnused => "write auth = \"oauth2\", or remove it".to_owned(),
            Self::Either { .. } => "remove one of them".to_owned(),
            Self::NoIssuer => {
                "write provider = \"google\" or \"microsoft\"; for any other, issuer = \"https://auth.example.org\""
                    .to_owned()
            }
            Self::ClientSecret => {
                "write client_secret = \"keyring\", and `mailwatch-tui account login NAME` asks for it; or have a \
                                   command print it: client_secret_command = [\"pass\", \"show\", \"oauth/client\"]"
                    .to_owned()
            }
            Self::Scope { .. } => "write each scope as a string of its own, without spaces".to_owned(),
            Self::CommandUnused { key, .. } => {
                let auth = if *key == "token_command" { "oauth2" } else { "password" };
                format!("remove it, or write auth = \"{auth}\"")
            }
            Self::NameSlash => "a watch is written account/mailbox: choose a name such as \"work\"".to_owned(),
            Self::NameTwice { .. } => "give each account a name of its own".to_owned(),
            Self::HostSlash => "a host's watch is written host/account/mailbox: choose a name such as \"mx1\"".to_owned(),
            Self::HostTwice { .. } => "give each host a name of its own".to_owned(),
            Self::Destination { .. } => "write what `ssh` takes: me@mx1.example.org, or a name of ~/.ssh/config".to_owned(),
            Self::Host { help, .. } | Self::Proxy { help, .. } | Self::Issuer { help } => (*help).to_owned(),
            Self::Plaintext => "the password would cross the network unencrypted: use \"implicit\" or \"starttls\". \
                                Loopback is localhost, 127.0.0.0/8 and ::1"
                .to_owned(),
            Self::CaUnreadable { path, .. } => {
                format!("looked for {path}; a relative path starts at this file's directory")
            }
            Self::CaEmpty { path } => {
                format!(
                    "{path} must be PEM, with -----BEGIN CERTIFICATE----- lines; `openssl x509 -inform der` converts DER"
                )
            }
            Self::CaBroken { path, .. } => format!("look at it with `openssl x509 -text -noout -in {path}`"),
            Self::ProxyPassword | Self::ProxyNoCommand => "name only the user, as in socks5://me@127.0.0.1:1080, and have a \
                                     command print the password: proxy_password_command = [\"pass\", \"show\", \"proxy\"]"
                .to_owned(),
            Self::ProxyCommandUnused => "write the user into proxy, as in socks5://me@127.0.0.1:1080, or remove it".to_owned(),
            Self::ProxyInTheClear => "remove it, or use tls = \"implicit\" or \"starttls\"".to_owned(),
            Self::Pin => "write 32 bytes in base64, 44 characters: `mailwatch-tui check` shows the server's".to_owned(),
            Self::Half { .. } => "a certificate needs its key: name both files, in PEM".to_owned(),
            Self::ClientFile { path, key, .. } if *key == "client_key" => {
                format!("looked at {path}; `openssl pkey -in {path}` decrypts a key; write it into a file that only you can read")
            }
            Self::ClientFile { path, .. } => format!("looked at {path}; a relative path starts at this file's directory"),
            Self::MailboxTwice { .. } => "each mailbox is watched once; INBOX is the same in any case".to_owned(),
            Self::SpecialUse { given } => match nearest(given, SPECIAL_USES) {
                Some(nearest) => format!("did you mean '{nearest}'?"),
                None => format!("write one of {}", SPECIAL_USES.join(", ")),
            },
            Self::Quiet(error) => hours(*error).to_owned(),
            Self::Syntax(_) | Self::Duration { .. } => return None,
            Self::TimerRange { timer, .. } | Self::Off { timer } | Self::Auto { timer } => range(*timer),
            Self::RetryOrder { .. } => "a backoff grows from retry_min to retry_max".to_owned(),
            Self::Domain { .. } => {
                "write what follows the @ of an address: \"example.org\", or \"example.*\" for any ending".to_owned()
            }
            Self::ProviderTwice { .. } => "each domain and each host has one provider: remove one of them".to_owned(),
            Self::Limit { key: "keep", .. } => "write days: keep = \"30d\", from \"1d\" to \"3660d\"".to_owned(),
            Self::Limit { key: "canary", .. } => {
                "write how often: canary = \"6h\", from \"10m\" to \"168h\", or \"off\"".to_owned()
            }
            Self::Limit { .. } => "write a size: max_size = \"100MB\", from \"5MB\" to \"100GB\"".to_owned(),
            Self::FrontEnd { help, .. } => help.clone(),
        };
        Some(text)
    }

    /// What stands at the place pointed at.
    pub(super) const fn label(&self) -> &'static str {
        match self {
            Self::Syntax(_) => "here",
            Self::UnknownKey { .. } => "unknown key",
            Self::Password | Self::ClientSecret => "its value is hidden here",
            Self::WrongType { wanted, .. } => wanted,
            Self::Missing { .. } | Self::NoIssuer => "this one",
            Self::NoAccount => "",
            Self::Empty { .. } => "empty",
            Self::Control { .. } => "control character",
            Self::Choice { .. } => "unknown value",
            Self::Range { .. } | Self::TimerRange { .. } | Self::Limit { .. } => "out of range",
            Self::FrontEnd { label, .. } => label,
            Self::NoToken => "without a token",
            Self::OAuthUnused => "not used",
            Self::Either { .. } => "one too many",
            Self::Issuer { .. } => "not an issuer",
            Self::Scope { .. } => "not a scope",
            Self::CommandUnused { .. } | Self::ProxyCommandUnused => "never run",
            Self::NameSlash | Self::HostSlash => "holds `/`",
            Self::Destination { .. } => "not a destination",
            Self::NameTwice { .. }
            | Self::HostTwice { .. }
            | Self::MailboxTwice { .. }
            | Self::ProviderTwice { .. } => "again here",
            Self::Domain { .. } => "not a domain",
            Self::Host { .. } => "not a host alone",
            Self::Plaintext | Self::ProxyInTheClear => "not encrypted",
            Self::Proxy { .. } => "not a proxy's address",
            Self::ProxyPassword => "its login is hidden here",
            Self::ProxyNoCommand => "without a password",
            Self::Pin => "not a hash",
            Self::Half { .. } => "one without the other",
            Self::ClientFile { .. } => "not usable",
            Self::CaUnreadable { .. } => "not readable",
            Self::CaEmpty { .. } => "not PEM",
            Self::CaBroken { .. } => "not a certificate to trust",
            Self::SpecialUse { .. } => "unknown use",
            Self::Quiet(_) => "not hours",
            Self::Duration { .. } => "not a duration",
            Self::Off { .. } => "off",
            Self::Auto { .. } => "auto",
            Self::RetryOrder { .. } => "the wrong way round",
        }
    }
}

const fn hours(error: QuietError) -> &'static str {
    match error {
        QuietError::Form => {
            "write quiet = \"22:00-07:00\", from 00:00 to 23:59 in local time; across midnight where it ends earlier"
        }
        QuietError::Empty => "write other hours; for no notifications at all, turn desktop, bell and terminal off",
    }
}

fn range(timer: Timer) -> String {
    let spec = timer.spec();
    let off = if spec.can_be_off { ", or \"off\"" } else { "" };
    format!("{timer} takes {} to {}{off}", show_duration(Some(spec.min)), show_duration(Some(spec.max)))
}

fn example(key: &str) -> Option<String> {
    let text = match key {
        "account" => "begin each account with [[account]], in double brackets",
        "timers" => "for example timers = { reissue = \"4m\" }",
        "name" => "for example name = \"work\"",
        "host" => "for example host = \"imap.example.org\"",
        "user" => "for example user = \"me@example.org\"",
        "port" => "for example port = 993",
        "mailboxes" => "for example mailboxes = [\"INBOX\", \"lists/*\"]",
        "token_command" => "an argument list: token_command = [\"oama\", \"access\", \"me@example.org\"]",
        "password_command" => {
            "an argument list, run without a shell: password_command = [\"pass\", \"show\", \"mail/work\"]"
        }
        "oauth" => "for example oauth = { provider = \"google\", client_id = \"…\", client_secret = \"keyring\" }",
        "issuer" => "for example issuer = \"https://auth.example.org\"",
        "client_id" => "the id that the issuer gave when this client was registered there; docs/oauth.md says how",
        "client_secret" => "client_secret = \"keyring\": `mailwatch-tui account login NAME` asks for it",
        "client_secret_command" => {
            "an argument list, run without a shell: client_secret_command = [\"pass\", \"show\", \"oauth/client\"]"
        }
        "scopes" => "for example scopes = [\"openid\", \"offline_access\"]",
        "flow" => "flow = \"browser\" or \"device\"",
        "proxy" => "for example proxy = \"socks5://127.0.0.1:1080\"",
        "proxy_password_command" => "an argument list: proxy_password_command = [\"pass\", \"show\", \"proxy\"]",
        "roots" => "for example roots = \"platform\"",
        "tls_min" => "for example tls_min = \"1.3\"",
        "pin_sha256" => "a list: pin_sha256 = [\"…=\"]; `mailwatch-tui check` shows the server's",
        "client_cert" | "client_key" => "for example client_cert = \"me.pem\" and client_key = \"me.key\"",
        "network" => "write it under [network]",
        "history" => "write it under [history]",
        "keep" => "for example keep = \"30d\"",
        "max_size" => "for example max_size = \"100MB\"",
        "notify" => "write it under [notify]; in an account write notify = false",
        "terminal" => "terminal = true picks the sequence that the terminal shows",
        "quiet" => "for example quiet = \"22:00-07:00\"",
        "ca_file" => "for example ca_file = \"corp-ca.pem\"",
        "canary" => "for example canary = \"6h\", or \"off\"",
        "max_connections" => "for example max_connections = 8",
        "provider" => "begin each provider with [[provider]], in double brackets",
        "domains" => "for example domains = [\"example.org\"]",
        "hosts" => "for example hosts = [\"imap2.example.org\"]",
        "auth" => "for example auth = [\"password\"]",
        "id_required" | "poll_by_status" | "desktop" | "bell" => "write true or false",
        "source" => "for example source = { host = \"https://example.org/help\" }",
        name if Timer::by_name(name).is_some() => "write a duration in quotes: \"10s\", \"4m\", \"1m30s\"",
        _ => return None,
    };
    Some(text.to_owned())
}
