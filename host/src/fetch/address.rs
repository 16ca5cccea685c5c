//! Which addresses belong to the public internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether `address` is one that any machine on the internet would reach: not this machine, its network, or a cloud's
/// metadata service. After the registries of RFC 6890.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => v6.to_ipv4().or(embedded(v6)).map_or_else(|| is_public_v6(v6), is_public_v4),
    }
}

fn is_public_v4(v4: Ipv4Addr) -> bool {
    let [a, b, c, _] = v4.octets();
    let shared = a == 100 && b & 0xc0 == 64;
    let assigned_by_protocol = (a, b, c) == (192, 0, 0);
    let benchmarking = a == 198 && b & 0xfe == 18;
    let elsewhere = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_documentation();
    !(elsewhere || shared || assigned_by_protocol || benchmarking || a == 0 || a >= 224)
}

fn is_public_v6(v6: Ipv6Addr) -> bool {
    let [first, second, ..] = v6.segments();
    let documentation = (first, second) == (0x2001, 0xdb8);
    first & 0xe000 == 0x2000 && !documentation
}

/// The IPv4 address that a translator (64:ff9b::/96) or 6to4 (2002::/16) would go on to.
fn embedded(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    match v6.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            Some(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_public_internet_is_public() {
        let public = ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"];
        let private = [
            "127.0.0.1",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "198.18.0.1",
            "192.0.0.8",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:127.0.0.1",
            "64:ff9b::10.0.0.1",
            "2002:7f00:1::",
            "2001:db8::1",
            "::7f00:1",
        ];
        public.iter().for_each(|text| assert!(is_public(text.parse().unwrap()), "{text}"));
        private.iter().for_each(|text| assert!(!is_public(text.parse().unwrap()), "{text}"));
    }
}
