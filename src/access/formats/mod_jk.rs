//! The requests in mod_jk's own log, when `JkRequestLogFormat` has them written there with their status: `[Sun Nov 22
//! 03:37:06.355 2026] worker host METHOD "path" status seconds`. The stamp is the end of the request.
//! Source: Apache Tomcat Connectors, "JkRequestLogFormat" and "JkLogStampFormat".

use super::{Family, Layout};
use crate::access::dialect::{Dialect, layout_of};

pub(super) const FAMILY: Family = Family { propose };

fn propose(lines: &[&[u8]]) -> Vec<Layout> {
    // `[Sun Nov `
    let stamped = |line: &&[u8]| matches!(line, [b'[', a, _, _, b' ', b, _, _, b' ', ..] if a.is_ascii_uppercase() && b.is_ascii_uppercase());
    if !lines.iter().any(stamped) {
        return Vec::new();
    }
    // The formats of the documentation that say how a request ended.
    [
        "%w %V %m \"%U\" %s %T",
        "%w %V \"%r\" %s %T",
        "%w %V %U %s %T",
    ]
    .into_iter()
    .filter_map(|pattern| layout_of(pattern, Dialect::ModJk).ok())
    .collect()
}
