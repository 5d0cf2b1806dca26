//! Mails as people and machines write them, and as nobody should.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

fn read(mail: &str) -> MailText {
    MailText::of(mail.as_bytes(), false)
}

/// A multipart of these parts, each with its headers.
fn multipart(kind: &str, parts: &[&str]) -> String {
    let mut mail = format!("Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/{kind}; boundary=b\r\n\r\n");
    for part in parts {
        write!(mail, "--b\r\n{part}\r\n").expect("memory");
    }
    mail + "--b--\r\n"
}

#[test]
fn headers_and_plain_text_are_decoded() {
    let mail = read(
        "From: =?utf-8?q?J=C3=B6rg?= <j@x.example>\r\nTo: Ann <a@x.example>, b@x.example\r\nCc: c@x.example\r\n\
         Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nDate: Fri, 2 Jan 2026 03:04:05 +0200\r\n\
         Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
         Sch=F6ne\tGr=FC=DFe,\r\n\r\n\r\n\r\nJ=F6rg\r\n\r\n",
    );
    assert_eq!((mail.from.as_str(), mail.cc.as_str()), ("Jörg <j@x.example>", "c@x.example"));
    assert_eq!((mail.to.as_str(), mail.subject.as_str()), ("Ann <a@x.example>, b@x.example", "Grüße"));
    assert_eq!(mail.date.as_deref(), Some("2026-01-02T03:04:05+02:00"));
    assert_eq!((mail.text.as_str(), mail.html), ("Schöne  Grüße,\n\nJörg", false));
}

#[test]
fn plain_text_is_taken_before_html_and_html_where_there_is_nothing_else() {
    let plain = "Content-Type: text/plain\r\n\r\nplain words";
    let html = "Content-Type: text/html\r\n\r\n<style type=\"text/css\">p { color: red }</style><p>Dear <b>Ann</b>,</p>\
                <script>alert(1)</script><img src=\"https://x.example/pixel.gif\"><p>see&nbsp;&euro;5 &amp; more</p>";
    let both = read(&multipart("alternative", &[plain, html]));
    assert_eq!((both.text.as_str(), both.html), ("plain words", false));
    let alone = read(&multipart("alternative", &[html]));
    assert!(alone.html && alone.text.starts_with("Dear Ann,"), "{}", alone.text);
    assert!(alone.text.contains("€5 & more") && !alone.text.contains("alert") && !alone.text.contains("color"));
}

#[test]
fn a_mail_without_text_names_its_parts() {
    let picture =
        "Content-Type: image/png; name=\"holiday\u{1b}[2J.png\"\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0K";
    let mail = read(&multipart("mixed", &[picture]));
    assert_eq!((mail.text.as_str(), mail.html), ("", false));
    assert_eq!(mail.parts.len(), 1);
    assert!(mail.parts[0].contains("image/png") && !mail.parts[0].contains('\u{1b}'), "{:?}", mail.parts);
}

#[test]
fn bytes_of_no_charset_or_a_wrong_one_are_read_by_what_they_look_like() {
    for declared in ["", "Content-Type: text/plain; charset=utf-8\r\n", "Content-Type: text/plain; charset=x-none\r\n"]
    {
        let mut bytes = format!("Subject: x\r\n{declared}\r\n").into_bytes();
        bytes.extend_from_slice(b"Sch\xf6ne Gr\xfc\xdfe aus M\xfcnchen und K\xf6ln\r\n");
        let mail = MailText::of(&bytes, false);
        assert_eq!(mail.text, "Schöne Grüße aus München und Köln", "{declared:?}");
    }
}

#[test]
fn escapes_and_what_reorders_do_not_pass() {
    let mail =
        read("Subject: \u{1b}]0;x\u{7}\r\n\r\n\u{1b}[2Jclear\u{9b}31m \u{202e}gnp.exe\r\nשלום 日本語 👩\u{200d}💻\r\n");
    assert_eq!(mail.text, "\u{fffd}[2Jclear\u{fffd}31m gnp.exe\nשלום 日本語 👩\u{200d}💻");
    let html = read(&multipart("mixed", &["Content-Type: text/html\r\n\r\n&#27;[2J&#x202e;x&#8206;y&#155;"]));
    assert!(!html.text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{:?}", html.text);
}

#[test]
fn a_mail_that_was_cut_shows_what_came() {
    let body = "R3LDvMOfZSBhdXMgS8O2bG4sIHVuZCBub2NoIG1laHIgZGF2b24uCg";
    for cut in [body.len(), body.len() - 1, body.len() - 2, body.len() - 3] {
        let mail = format!(
            "Subject: x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
            &body[..cut]
        );
        let mail = MailText::of(mail.as_bytes(), true);
        assert!(mail.cut && mail.text.starts_with("Grüße aus Köln"), "{:?}", mail.text);
    }
    let mut mail = multipart("mixed", &["Content-Type: text/plain\r\n\r\nfirst words"]);
    mail.truncate(mail.len() - "\r\n--b--\r\n".len());
    assert_eq!(MailText::of(mail.as_bytes(), true).text, "first words");
}

#[test]
fn parts_within_parts_a_thousand_deep_are_read_without_end_or_fall() {
    for depth in [10, 1_000] {
        let mut mail = "Subject: deep\r\n".to_owned();
        for n in 0..depth {
            write!(mail, "Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n").expect("memory");
        }
        mail.push_str("\r\nat the bottom\r\n");
        assert_eq!(read(&mail).subject, "deep");
        let mut mail = "Subject: letters\r\n".to_owned();
        for _ in 0..depth {
            mail.push_str("Content-Type: message/rfc822\r\n\r\n");
        }
        assert_eq!(read(&mail).subject, "letters");
    }
}

#[test]
fn html_that_is_nothing_but_tags_takes_no_time_and_no_stack() {
    for piece in [
        "<div>",
        "<a href=\"x\">",
        "<ol start=9223372036854775807><li>",
        "<table><tr><td>",
        "&#",
        "<!--",
        "</a>",
        "<style>",
    ] {
        let html = format!("Content-Type: text/html\r\n\r\n{}", piece.repeat(READ / piece.len()));
        let _ = read(&multipart("mixed", &[&html]));
    }
}

#[test]
fn nothing_of_it_is_in_its_debug() {
    let mail = read("From: secretly@x.example\r\nSubject: privately\r\n\r\nconfidentially\r\n");
    let shown = format!("{mail:?}{mail:#?}");
    assert!(
        !shown.contains("secretly") && !shown.contains("privately") && !shown.contains("confidentially"),
        "{shown}"
    );
}

/// Pieces that mails are made of.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "\r\n",
        "\r\n\r\n",
        "--b\r\n",
        "--b--",
        "Content-Type: multipart/mixed; boundary=b\r\n",
        "Content-Type: text/html\r\n",
        "Content-Type: text/plain; charset=utf-16\r\n",
        "Content-Type: message/rfc822\r\n",
        "Content-Transfer-Encoding: base64\r\n",
        "Content-Transfer-Encoding: quoted-printable\r\n",
        "=?utf-8?q?=1B?=",
        "<p>",
        "</p>",
        "&#27;",
        "=1B",
        "\u{202e}",
        "\u{1b}[2J",
        "Content-Disposition: attachment; filename*=utf-8''%1b\r\n",
    ]);
    prop_oneof![known.prop_map(|text| text.as_bytes().to_vec()), prop::collection::vec(any::<u8>(), 0..40)]
}

proptest! {
    #[test]
    fn whatever_comes_is_harmless(pieces in prop::collection::vec(piece(), 0..40), cut: bool) {
        let mail = MailText::of(&pieces.concat(), cut);
        let heads = [mail.from, mail.to, mail.cc, mail.subject].concat() + &mail.parts.concat();
        prop_assert!(!heads.chars().any(char::is_control), "{heads:?}");
        let text = mail.text;
        prop_assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
        prop_assert!(!text.contains(['\u{202e}', '\u{2066}', '\u{200b}']), "{text:?}");
    }
}
