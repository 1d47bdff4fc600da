//! The shape of a path: which parts of it vary from request to request, judged by the part alone. What only the whole log
//! can tell (a directory with thousands of names) is left to `routes`.

use super::scan;

/// Segments of a path; deeper ones share the shape of their beginning.
pub(super) const DEPTH: usize = 12;

/// Appends the shape of `path` to `out`.
pub(super) fn shape(path: &[u8], out: &mut Vec<u8>) {
    let mut rest = path;
    for _ in 0..DEPTH {
        let Some(slash) = rest.strip_prefix(b"/") else {
            break;
        };
        let kinds = Kinds::of(slash);
        let (text, after) = slash.split_at(kinds.length);
        out.push(b'/');
        segment(text, kinds, out);
        // Path parameters (`;jsessionid=…`) belong to neither segment.
        rest = match after.first() {
            Some(b';') => &after[memchr::memchr(b'/', after).unwrap_or(after.len())..],
            _ => after,
        };
    }
    if path.first() != Some(&b'/') {
        out.extend_from_slice(&path[..path.len().min(64)]);
    } else if !rest.is_empty() {
        out.extend_from_slice(b"/{**}");
    }
}

/// The path of a target: no scheme and host, no query, no fragment.
pub(super) fn path(target: &[u8]) -> &[u8] {
    let end = scan::first_of_two(b'?', b'#', target);
    let target = &target[..end.unwrap_or(target.len())];
    if target.first() == Some(&b'/') {
        return target;
    }
    match memchr::memmem::find(target, b"://") {
        Some(scheme) => match memchr::memchr(b'/', &target[scheme + 3..]) {
            Some(slash) => &target[scheme + 3 + slash..],
            None => b"/",
        },
        None => target,
    }
}

// What kinds a byte belongs to: each has a byte of a word of its own, so that adding the words of a text counts all kinds.
const DIGIT: u64 = 0xff;
const LOWER_HEX: u64 = 0xff << 8;
const UPPER_HEX: u64 = 0xff << 16;
const LOWER: u64 = 0xff << 24;
const UPPER: u64 = 0xff << 32;
const MARK: u64 = 0xff << 40;
const PERCENT: u64 = 0xff << 48;
const OTHER: u64 = 0xff << 56;

/// One in the byte of its kind; nothing for what ends a segment.
const KINDS: [u64; 256] = {
    const ONE: u64 = 0x0101_0101_0101_0101;
    let mut kinds = [ONE & OTHER; 256];
    let mut byte = 0;
    while byte < 256 {
        kinds[byte] = ONE
            & match byte as u8 {
                b'0'..=b'9' => DIGIT,
                b'a'..=b'f' => LOWER_HEX,
                b'A'..=b'F' => UPPER_HEX,
                b'g'..=b'z' => LOWER,
                b'G'..=b'Z' => UPPER,
                b'%' => PERCENT,
                b'-' | b'_' | b'.' | b',' | b'~' | b'+' | b'=' => MARK,
                b'/' | b';' => 0,
                _ => OTHER,
            };
        byte += 1;
    }
    kinds
};

/// How many bytes of each kind a segment has.
#[derive(Clone, Copy)]
pub(super) struct Kinds {
    /// By kind; not above 255.
    counts: u64,
    digits: usize,
    pub(super) length: usize,
}

impl Kinds {
    /// Of the segment that `text` begins with.
    #[inline]
    pub(super) fn of(text: &[u8]) -> Self {
        let mut counts = 0;
        for (length, byte) in text.iter().take(255).enumerate() {
            let kind = KINDS[usize::from(*byte)];
            if kind == 0 {
                return Self::short(counts, length);
            }
            counts += kind;
        }
        match text.len() {
            0..=255 => Self::short(counts, text.len()),
            _ => Self::long(text),
        }
    }

    #[inline]
    fn short(counts: u64, length: usize) -> Self {
        let digits = (counts & DIGIT) as usize;
        Self {
            counts,
            digits,
            length,
        }
    }

    fn long(text: &[u8]) -> Self {
        let end = memchr::memchr2(b'/', b';', text).unwrap_or(text.len());
        let text = &text[..end];
        let any = |all, byte: &u8| all | KINDS[usize::from(*byte)];
        Self {
            counts: text.iter().fold(0, any),
            digits: text.iter().filter(|byte| byte.is_ascii_digit()).count(),
            length: end,
        }
    }

    /// Whether any byte is of these kinds.
    fn has(self, kinds: u64) -> bool {
        self.counts & kinds != 0
    }

    fn hexadecimal(self) -> bool {
        !self.has(!(DIGIT | LOWER_HEX | UPPER_HEX))
    }
}

#[inline]
pub(super) fn segment(text: &[u8], kinds: Kinds, out: &mut Vec<u8>) {
    if kinds.digits == 0 && !kinds.has(PERCENT | OTHER) {
        match text.len() > 64 {
            true => out.extend_from_slice(b"{text}"),
            false => out.extend_from_slice(text),
        }
        return;
    }
    if let Some(name) = whole(text, kinds) {
        out.extend_from_slice(name);
        return;
    }
    parts(text, out);
}

/// The name of a segment that is one value.
fn whole(text: &[u8], kinds: Kinds) -> Option<&'static [u8]> {
    let digits = kinds.digits;
    if digits == text.len() {
        return Some(b"{n}");
    }
    if kinds.has(PERCENT | OTHER) {
        if text.contains(&b'@') || memchr::memmem::find(text, b"%40").is_some() {
            return Some(b"{email}");
        }
        if !text.iter().any(|byte| matches!(byte, b'.' | b'{' | b'*')) {
            return Some(b"{text}");
        }
    }
    if text.len() == 36 && uuid(text, kinds) {
        return Some(b"{uuid}");
    }
    if date(text) {
        return Some(b"{date}");
    }
    if kinds.hexadecimal() && text.len() >= 8 && digits > 0 {
        return Some(b"{hex}");
    }
    let no_mark = !kinds.has(MARK);
    let lower = kinds.has(LOWER | LOWER_HEX);
    let upper = kinds.has(UPPER | UPPER_HEX);
    if text.len() >= 16 && no_mark && digits >= 2 && (lower && upper || digits >= 6) {
        return Some(b"{token}");
    }
    if text.len() >= 32 && digits >= 4 && memchr::memchr(b'.', text).is_none() {
        return Some(b"{token}");
    }
    // Article and order numbers: SKU-A-00017, ORD20261122001.
    if !lower && upper && digits >= 3 && !kinds.has(OTHER) {
        return Some(b"{code}");
    }
    None
}

/// Four hyphens at their places among hexadecimal digits.
fn uuid(text: &[u8], kinds: Kinds) -> bool {
    const FOUR: u64 = 4 << MARK.trailing_zeros();
    !kinds.has(!(DIGIT | LOWER_HEX | UPPER_HEX | MARK))
        && kinds.counts & MARK == FOUR
        && [8, 13, 18, 23].iter().all(|at| text[*at] == b'-')
}

/// `2026-11-22`, `2026-11`
fn date(text: &[u8]) -> bool {
    matches!(text.len(), 7 | 10)
        && text.iter().enumerate().all(|(index, byte)| match index {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

/// A segment of several parts: numbers, dates and hashes among words. `app.5f3a91c2.js` is `app.{hex}.js`, `1001_s.jpg`
/// is `{n}_s.jpg`, `v1` stays.
fn parts(text: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    let mut rest = text;
    while !rest.is_empty() {
        if rest.len() >= 10 && date(&rest[..10]) {
            out.extend_from_slice(b"{date}");
            rest = &rest[10..];
            continue;
        }
        let end = rest
            .iter()
            .position(|byte| KINDS[usize::from(*byte)] & (MARK | PERCENT | OTHER) != 0);
        let end = end.unwrap_or(rest.len());
        let part = &rest[..end];
        let digits = part.iter().filter(|byte| byte.is_ascii_digit()).count();
        let hexadecimal = part
            .iter()
            .all(|byte| KINDS[usize::from(*byte)] & (DIGIT | LOWER_HEX | UPPER_HEX) != 0);
        if !part.is_empty() && digits == part.len() {
            out.extend_from_slice(b"{n}");
        } else if hexadecimal && part.len() >= 8 && digits > 0 {
            out.extend_from_slice(b"{hex}");
        } else if part.len() >= 16 && digits >= 3 {
            out.extend_from_slice(b"{token}");
        } else if digits >= 3 {
            // Letters with a long number: `user10023`.
            let letters = part
                .iter()
                .take_while(|byte| !byte.is_ascii_digit())
                .count();
            match part[letters..].iter().all(u8::is_ascii_digit) {
                true => {
                    out.extend_from_slice(&part[..letters]);
                    out.extend_from_slice(b"{n}");
                }
                false => out.extend_from_slice(b"{code}"),
            }
        } else {
            out.extend_from_slice(part);
        }
        match rest.get(end) {
            Some(mark) => {
                out.push(*mark);
                rest = &rest[end + 1..];
            }
            None => break,
        }
    }
    if out.len() - start > 96 {
        out.truncate(start);
        out.extend_from_slice(b"{text}");
    }
}

/// Whether a path is that of a file that no application code makes.
pub(super) fn is_static(shape: &[u8]) -> bool {
    const ENDINGS: [&[u8]; 30] = [
        b"js",
        b"mjs",
        b"css",
        b"map",
        b"png",
        b"jpg",
        b"jpeg",
        b"gif",
        b"svg",
        b"ico",
        b"webp",
        b"avif",
        b"bmp",
        b"woff",
        b"woff2",
        b"ttf",
        b"otf",
        b"eot",
        b"mp4",
        b"webm",
        b"mp3",
        b"ogg",
        b"swf",
        b"wasm",
        b"txt",
        b"webmanifest",
        b"cur",
        b"scss",
        b"less",
        b"m4a",
    ];
    let Some(dot) = memchr::memrchr(b'.', shape) else {
        return false;
    };
    let ending = shape[dot + 1..].to_ascii_lowercase();
    ENDINGS.contains(&ending.as_slice())
}

/// Whether a path is that of a health check.
pub(super) fn is_probe(shape: &[u8]) -> bool {
    const WORDS: [&[u8]; 16] = [
        b"health",
        b"healthz",
        b"healthcheck",
        b"health-check",
        b"health_check",
        b"livez",
        b"readyz",
        b"liveness",
        b"readiness",
        b"ping",
        b"alive",
        b"ready",
        b"live",
        b"_health",
        b"heartbeat",
        b"startupz",
    ];
    let shape = shape.to_ascii_lowercase();
    let mut segments = shape
        .split(|byte| *byte == b'/')
        .filter(|segment| !segment.is_empty());
    // `/health/liveness` and `/actuator/health`, but not `/api/products/health`.
    match (
        segments.next(),
        segments.next(),
        segments.next(),
        segments.next(),
    ) {
        (Some(first), None, ..) => WORDS.contains(&first),
        (Some(first), Some(second), None, _) => WORDS.contains(&second) || is_health(first),
        (Some(_), Some(second), Some(third), None) => {
            is_health(second) || WORDS.contains(&third) && is_health(third)
        }
        _ => false,
    }
}

fn is_health(segment: &[u8]) -> bool {
    matches!(segment, b"health" | b"healthz")
}

/// Whether a user agent is that of a health check.
pub(super) fn is_probe_agent(agent: &[u8]) -> bool {
    const AGENTS: [&[u8]; 9] = [
        b"kube-probe/",
        b"ELB-HealthChecker",
        b"GoogleHC",
        b"Consul Health Check",
        b"Amazon-Route53-Health-Check",
        b"Blackbox Exporter",
        b"blackbox",
        b"Load Balancer Agent",
        b"AlwaysOn",
    ];
    AGENTS.iter().any(|known| agent.starts_with(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(target: &str) -> String {
        let mut out = Vec::new();
        shape(path(target.as_bytes()), &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn varying_parts_are_replaced() {
        for (target, expected) in [
            ("/", "/"),
            ("/api/v1/products/1007", "/api/v1/products/{n}"),
            (
                "/api/v1/users/17/orders?from=2026-01-01",
                "/api/v1/users/{n}/orders",
            ),
            (
                "/api/v1/carts/29a0baaa-cbd4-4b7d-a0be-533054eb5660/items",
                "/api/v1/carts/{uuid}/items",
            ),
            ("/static/js/app.5f3a91c2.js", "/static/js/app.{hex}.js"),
            ("/images/p/1001/1002_s.jpg", "/images/p/{n}/{n}_s.jpg"),
            ("/api/v1/inventory/SKU-J-16964", "/api/v1/inventory/{code}"),
            (
                "/report/monthly/2026-03-10.xlsx",
                "/report/monthly/{date}.xlsx",
            ),
            ("/static/fonts/noto-7.woff2", "/static/fonts/noto-{n}.woff2"),
            (
                "/api/v1/sessions/0123456789abcdef0123456789abcdef",
                "/api/v1/sessions/{hex}",
            ),
            (
                "/shop/cart;jsessionid=0A1B2C.node1/items",
                "/shop/cart/items",
            ),
            ("https://shop.example.com:443/a/12?b", "/a/{n}"),
            ("https://shop.example.com", "/"),
            ("/q/%EC%9A%B4%EB%8F%99", "/q/{text}"),
            ("/u/a@b.com", "/u/{email}"),
            ("*", "*"),
        ] {
            assert_eq!(of(target), expected, "{target}");
        }
    }

    #[test]
    fn files_and_probes_are_known() {
        assert!(is_static(b"/static/js/app.{hex}.js") && !is_static(b"/board/view.jsp"));
        for probe in [
            "/healthz",
            "/actuator/health",
            "/actuator/health/liveness",
            "/health/ready",
            "/ping",
        ] {
            assert!(is_probe(probe.as_bytes()), "{probe}");
        }
        assert!(!is_probe(b"/api/products/health/advice") && !is_probe(b"/"));
    }
}
