//! Lock lines of a stack. HotSpot: `javaVFrame::print_lock_info_on` in `vframe.cpp`; `ThreadInfo.toString`;
//! JRockit's `-- Blocked trying to get lock:`.

use memchr::memmem;
use nom::Parser;
use nom::bytes::complete::{tag, take_till};
use nom::character::complete::char;
use nom::combinator::opt;
use nom::sequence::{delimited, preceded};

use crate::threads::dump::{LockUse, Locks, address};

/// How a lock line says what it says, in the order tried: the longer before its own beginning.
const WORDS: &[(&str, LockUse)] = &[
    ("locked ", LockUse::Locked),
    ("Locked ", LockUse::Locked),
    (
        "waiting on the Class initialization monitor for ",
        LockUse::ClassInit,
    ),
    ("waiting on ", LockUse::WaitingOn),
    ("waiting to lock ", LockUse::WaitingToLock),
    ("waiting to re-lock in wait() ", LockUse::Relock),
    ("parking to wait for ", LockUse::Parking),
    ("eliminated ", LockUse::Eliminated),
    ("blocked on ", LockUse::WaitingToLock),
    // JRockit
    ("Blocked trying to get lock: ", LockUse::WaitingToLock),
    ("Waiting for notification on: ", LockUse::WaitingOn),
    ("Parking to wait for: ", LockUse::Parking),
    ("Holding lock: ", LockUse::Locked),
    ("Lock released while waiting: ", LockUse::Eliminated),
];

/// The lock line in `text`, which follows `- `, `-- ` or `^-- `.
pub(super) fn parse(text: &[u8], locks: &mut Locks) -> Option<(LockUse, Option<u32>)> {
    let text = text.trim_ascii_start();
    let (word, what) = WORDS
        .iter()
        .find(|(word, _)| text.starts_with(word.as_bytes()))?;
    let rest = text[word.len()..].trim_ascii();
    match what {
        LockUse::ClassInit => Some((*what, Some(locks.class_init(rest)))),
        _ if rest.starts_with(b"<no object reference") => Some((*what, None)),
        _ if rest.starts_with(b"<owner is scalar replaced") => Some((LockUse::Eliminated, None)),
        _ => Some((*what, Some(target(rest, locks)?))),
    }
}

/// `<0x…> (a C)`, `<C@hash>`, `C@hash`, `C@0x…[fat lock]` as a lock.
pub(super) fn target(text: &[u8], locks: &mut Locks) -> Option<u32> {
    let mut angled = delimited(char('<'), take_till(|b| b == b'>'), char('>'));
    let angled: Result<(&[u8], &[u8]), nom::Err<()>> = angled.parse(text);
    let (rest, identity) = match angled {
        Ok((rest, identity)) if address(identity).is_some() || identity.contains(&b'@') => {
            (rest, identity)
        }
        Ok(_) => return None,
        // Bare, up to a blank or JRockit's `[fat lock]`.
        Err(_) => {
            let end = text.iter().position(|b| matches!(b, b' ' | b'['));
            let (identity, rest) = text.split_at(end.unwrap_or(text.len()));
            if !identity.contains(&b'@') {
                return None;
            }
            (rest, identity)
        }
    };
    let mut kind = preceded((opt(char(' ')), tag("(a ")), take_till(|b| b == b')'));
    let kind: Result<(&[u8], &[u8]), nom::Err<()>> = kind.parse(rest);
    let class = match kind {
        Ok((_, class)) => class,
        Err(_) => match memmem::rfind(identity, b"@") {
            Some(at) => &identity[..at],
            None => b"",
        },
    };
    let class = dotted(class);
    match identity.iter().position(|b| *b == b'@') {
        // `java/lang/Object@0x6f28838`: the address alone identifies it.
        Some(at) if identity[at + 1..].starts_with(b"0x") => {
            Some(locks.object(&identity[at + 1..], &class))
        }
        _ => Some(locks.object(identity, &class)),
    }
}

/// A class name with dots, whatever separator it was written with.
pub(super) fn dotted(class: &[u8]) -> Vec<u8> {
    class
        .iter()
        .map(|b| if *b == b'/' { b'.' } else { *b })
        .collect()
}

/// A frame of JRockit or OpenJ9 with dots: `java/lang/Object.wait(J)V(Native Method)`, `java/lang/A.b(A.java:1)`.
pub(super) fn dotted_name(frame: &[u8]) -> Vec<u8> {
    let open = frame.iter().position(|b| *b == b'(').unwrap_or(frame.len());
    let location = memchr::memrchr(b'(', frame).unwrap_or(open);
    let mut out = dotted(&frame[..open]);
    out.extend_from_slice(&frame[location..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lock_line_is_understood() {
        let mut locks = Locks::default();
        let cases = [
            ("locked <0x1f> (a a.B)", LockUse::Locked, "a.B <0x1f>"),
            (
                "locked <0x2f> (a java.lang.Class for a.B)",
                LockUse::Locked,
                "java.lang.Class for a.B <0x2f>",
            ),
            (
                "waiting on <0x3f> (a a.B)",
                LockUse::WaitingOn,
                "a.B <0x3f>",
            ),
            (
                "waiting to re-lock in wait() <0x4f> (a a.B)",
                LockUse::Relock,
                "a.B <0x4f>",
            ),
            (
                "parking to wait for  <0x5f> (a a.B$Sync)",
                LockUse::Parking,
                "a.B$Sync <0x5f>",
            ),
            ("waiting to lock <a.B@6f>", LockUse::WaitingToLock, "a.B@6f"),
            (" blocked on a.B@7f", LockUse::WaitingToLock, "a.B@7f"),
            (
                "Waiting for notification on: a/B@0x8f[fat lock]",
                LockUse::WaitingOn,
                "a.B <0x8f>",
            ),
            (
                "waiting on the Class initialization monitor for a.B",
                LockUse::ClassInit,
                "initialisation of a.B",
            ),
        ];
        for (line, what, shown) in cases {
            let (found, lock) = parse(line.as_bytes(), &mut locks).unwrap();
            assert_eq!(found, what, "{line}");
            assert_eq!(locks.get(lock.unwrap()).display(), shown);
        }
        let unknown = parse(b"waiting on <no object reference available>", &mut locks);
        assert_eq!(unknown, Some((LockUse::WaitingOn, None)));
        let scalar = parse(b"locked <owner is scalar replaced> (a a.B)", &mut locks);
        assert_eq!(scalar, Some((LockUse::Eliminated, None)));
        assert_eq!(parse(b"<0XXXXX>< Woohoo", &mut locks), None);
        assert_eq!(parse(b"locked", &mut locks), None);
    }
}
