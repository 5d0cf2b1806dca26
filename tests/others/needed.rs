//! What the tests here need, by its word in `MAILWATCH_REQUIRE`.

use crate::needs::{Need, programs};

pub const KEYRING: Need = Need {
    word: "keyring",
    look: || {
        programs(&[
            ("dbus-run-session", "--version"),
            ("dbus-send", "--version"),
            ("gnome-keyring-daemon", "--version"),
        ])
    },
};
/// A broker, and what sends to it and reads from it.
pub const MOSQUITTO: Need = Need {
    word: "mosquitto",
    look: || programs(&[("mosquitto", "-h"), ("mosquitto_pub", "--help"), ("mosquitto_sub", "--help")]),
};
pub const OPENMETRICS: Need = Need { word: "openmetrics", look: crate::metrics::look };
/// polybar, a display for it, and what clicks there.
pub const POLYBAR: Need =
    Need { word: "polybar", look: || programs(&[("polybar", "--version"), ("Xvfb", "-help"), ("xdotool", "version")]) };
pub const PROMETHEUS: Need =
    Need { word: "prometheus", look: || programs(&[("prometheus", "--version"), ("promtool", "--version")]) };
pub const PYTHON: Need = Need { word: "python", look: || programs(&[("python3", "--version")]) };
/// Debian's openssh-server, and its client.
pub const SSH: Need =
    Need { word: "ssh", look: || programs(&[("/usr/bin/ssh", "-V"), ("ssh-keygen", "-?"), (crate::sshd::SSHD, "-V")]) };
pub const SYSTEMD: Need = Need { word: "systemd", look: || programs(&[("systemd-analyze", "--version")]) };
pub const TMUX: Need = Need { word: "tmux", look: || programs(&[("tmux", "-V")]) };
pub const TSHARK: Need = Need { word: "tshark", look: || programs(&[("tshark", "--version")]) };
/// xterm, and a display for it.
pub const XTERM: Need = Need { word: "xterm", look: || programs(&[("xterm", "-version"), ("Xvfb", "-help")]) };
