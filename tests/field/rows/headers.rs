//! Headers and dates, as they come out of the whole engine.

use crate::row::Expect::{Date, From, Subject};
use crate::row::Step::{Raw, ToldWithin};
use crate::row::{Row, row};

macro_rules! header {
    ($name:literal, $source:literal, $bytes:expr => $($expect:expr),+) => {
        row($name, $source, "healthy").steps(&[Raw($bytes), ToldWithin("10s")]).expect(&[$($expect),+])
    };
}

pub const ROWS: &[Row] = &[
    // 38
    header!("base64 with one padding too few is read to its end", "neomutt#3450",
        b"Subject: =?utf-8?B?QmVzdGVsbGJlc3TDpHRpZ3VuZyBOci4gNDcxMQ?=\r\n\r\n" => Subject("Bestellbest\u{e4}tigung Nr. 4711")),
    header!("base64 with too much padding is read to its end", "neomutt#3450",
        b"Subject: =?utf-8?B?QWJj====?=\r\n\r\n" => Subject("Abc")),
    header!("base64 with a space in it is read to its end", "neomutt#3450",
        b"Subject: =?utf-8?B?QWJj RGVm?=\r\n\r\n" => Subject("AbcDef")),
    // 39
    header!("a character split between two words is one", "mailparser#173",
        b"Subject: =?utf-8?Q?Caf=C3?= =?utf-8?Q?=A9_au_lait?=\r\n\r\n" => Subject("Caf\u{e9} au lait")),
    header!("a character split between two folded base64 words is one", "zammad#2953",
        b"Subject: =?utf-8?B?Q2Fmww==?=\r\n =?utf-8?B?qQ==?=\r\n\r\n" => Subject("Caf\u{e9}")),
    // 40
    header!("raw Latin-1 is read", "vmime#238", b"Subject: Gr\xfc\xdfe aus M\xfcnchen, sch\xf6ne Ostern\r\n\r\n" => Subject("Gr\u{fc}\u{df}e aus M\u{fc}nchen, sch\u{f6}ne Ostern")),
    header!("raw GBK is read", "vmime#238", b"Subject: \xc4\xfa\xba\xc3\xa3\xac\xc4\xfa\xb5\xc4\xb6\xa9\xb5\xa5\xd2\xd1\xbe\xad\xb7\xa2\xbb\xf5\r\n\r\n" => Subject("\u{60a8}\u{597d}\u{ff0c}\u{60a8}\u{7684}\u{8ba2}\u{5355}\u{5df2}\u{7ecf}\u{53d1}\u{8d27}")),
    header!("raw KOI8-R is read", "vmime#238", b"Subject: \xf0\xd2\xc9\xd7\xc5\xd4, \xcb\xc1\xcb \xc4\xc5\xcc\xc1 \xd3\xc5\xc7\xcf\xc4\xce\xd1\r\n\r\n" => Subject("\u{41f}\u{440}\u{438}\u{432}\u{435}\u{442}, \u{43a}\u{430}\u{43a} \u{434}\u{435}\u{43b}\u{430} \u{441}\u{435}\u{433}\u{43e}\u{434}\u{43d}\u{44f}")),
    // 42
    header!("the 31st of February is no date", "seen", b"Subject: x\r\nDate: Fri, 31 Feb 2023 10:00:00 +0000\r\n\r\n" => Date(None)),
    header!("a year before Christ is no date", "seen", b"Subject: x\r\nDate: Fri, 3 Feb -5 10:00:00 +0000\r\n\r\n" => Date(None)),
    header!("a zone of 25 hours is no date", "seen", b"Subject: x\r\nDate: Fri, 3 Feb 2023 10:00:00 +2500\r\n\r\n" => Date(None)),
    header!("GMT+0800 is 8 hours", "seen", b"Subject: x\r\nDate: Fri, 3 Feb 2023 10:00:00 GMT+0800\r\n\r\n" => Date(Some("2023-02-03T10:00:00+08:00"))),
    // 43
    header!("a comma without quotes is part of the name", "seen", b"Subject: x\r\nFrom: Lee, Ann <ann@x.example>\r\n\r\n" => From("Lee, Ann <ann@x.example>")),
];
