//! Whether this machine has a way out: where it has none, it is known why watches are down.

/// Whether there is a default route; where that is not known, it is taken that there is.
#[must_use]
pub fn has_default_route() -> bool {
    #[cfg(target_os = "linux")]
    {
        let read = |path: &str| std::fs::read_to_string(path).ok();
        let (v4, v6) = (read("/proc/net/route"), read("/proc/net/ipv6_route"));
        (v4.is_none() && v6.is_none()) || v4.is_some_and(|text| has_v4(&text)) || v6.is_some_and(|text| has_v6(&text))
    }
    #[cfg(not(target_os = "linux"))]
    true
}

/// `/proc/net/route`: interface, destination, gateway, flags (1: up), …, mask.
#[cfg(target_os = "linux")]
fn has_v4(text: &str) -> bool {
    text.lines().skip(1).any(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let is_up =
            fields.get(3).and_then(|flags| u32::from_str_radix(flags, 16).ok()).is_some_and(|flags| flags & 1 == 1);
        is_up && fields.get(1) == Some(&"00000000") && fields.get(7) == Some(&"00000000")
    })
}

/// `/proc/net/ipv6_route`: destination, its prefix's length, …, flags (0x200: reject), interface.
#[cfg(target_os = "linux")]
fn has_v6(text: &str) -> bool {
    text.lines().any(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [destination, length, .., flags, interface] = fields[..] else { return false };
        let rejects = u32::from_str_radix(flags, 16).map_or(true, |flags| flags & 0x200 != 0);
        !rejects && interface != "lo" && length == "00" && destination.bytes().all(|byte| byte == b'0')
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_default_route_is_one_to_anywhere_that_is_up() {
        const HEAD: &str = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n";
        let net = "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
        assert!(has_v4(&format!("{HEAD}{net}eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n")));
        assert!(!has_v4(&format!("{HEAD}{net}")));
        assert!(!has_v4(&format!("{HEAD}eth0\t00000000\t010200C0\t0002\t0\t0\t0\t00000000\t0\t0\t0\n")));
        let any = "0".repeat(32);
        let v6 = |gateway: &str, flags: &str, interface: &str| {
            format!("{any} 00 {any} 00 {gateway} 00000400 00000001 00000000 {flags} {interface}\n")
        };
        assert!(has_v6(&v6("fe800000000000000000000000000001", "00000003", "eth0")));
        assert!(!has_v6(&v6(&any, "00200200", "lo")));
        assert!(!has_v6(""));
    }
}
