//! HAProxy HTTP log, with or without captured headers, behind a syslog prefix or not. The date in brackets is the
//! arrival of the request, the last of the five timers its whole duration in milliseconds.
//! Source: HAProxy configuration manual, 8.2.3 "HTTP log format".

use super::{Family, Layout, elements, fixed};
use crate::access::pattern::Element;
use crate::access::{DurationUnit, StampMeaning};

pub(super) const FAMILY: Family = Family { propose };

const BODY: &str = "{client:port} [{clf}] {-} {backend}/{upstream} {-}/{-}/{-}/{-}/{took} {status} {bytes} {-} {-} {ending} \
{-}/{-}/{-}/{-}/{-} {-}/{-} ";

fn propose(lines: &[&[u8]]) -> Vec<Layout> {
    let mut out = Vec::new();
    for captures in 0..3 {
        for prefixed in [false, true] {
            let fits = lines.iter().any(|line| {
                let tagged = memchr::memmem::find(line, b"]: ").is_some_and(|at| at < 120);
                tagged == prefixed && memchr::memchr(b'[', line).is_some()
            });
            if !fits {
                continue;
            }
            let mut parts = Vec::new();
            if prefixed {
                parts.extend(elements("{-}]: "));
            }
            parts.extend(elements(BODY));
            for _ in 0..captures {
                parts.push(Element::Text(b"{".to_vec()));
                parts.extend(elements("{-}"));
                parts.push(Element::Text(b"} ".to_vec()));
            }
            parts.extend(elements("\"{request}\""));
            let name = match captures {
                0 => "HAProxy HTTP",
                _ => "HAProxy HTTP with captures",
            };
            out.push(fixed(
                name,
                &parts,
                Some(DurationUnit::Millis),
                Some(StampMeaning::Start),
            ));
        }
    }
    out
}
