//! The first line of a thread, in the shapes of JDK 1.4 to 26, SAP, JRockit, jhsdb, VisualVM and
//! `ThreadInfo.toString`. HotSpot: `JavaThread::print_on`, `Thread::print_on` in `thread.cpp`.

use memchr::{memmem, memrchr};
use nom::Parser;
use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::{char, digit1};
use nom::combinator::opt;
use nom::sequence::{delimited, preceded};

use crate::threads::dump::{Owner, State};

/// What the header of a thread says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Header<'a> {
    pub(super) name: &'a [u8],
    pub(super) number: Option<u64>,
    pub(super) tid: Option<u64>,
    pub(super) nid: Option<u64>,
    pub(super) cpu: Option<i64>,
    pub(super) elapsed: Option<i64>,
    /// From the words after the fields, or from `Id=76 WAITING`.
    pub(super) state: State,
    pub(super) in_object_wait: bool,
    /// `[0x…]` at the end: it has a Java stack.
    pub(super) stack: bool,
    /// `virtual` as written by hand or by later JDKs.
    pub(super) is_virtual: bool,
    /// `WAITING on C@hash owned by "x" Id=9`: the lock.
    pub(super) wants: Option<&'a [u8]>,
    pub(super) owner: Option<Owner>,
    /// An identity that only thread headers have: `tid=`, `nid=`, `Id=`, `Thread t@`.
    pub(super) certain: bool,
}

/// The header in `line`, which begins with `"`. `None` when the name does not end on this line.
pub(super) fn parse(line: &[u8]) -> Option<Header<'_>> {
    let body = line.strip_prefix(b"\"")?;
    // ThreadInfo: `"a" Id=1 BLOCKED on C@h owned by "b" Id=2` has a second name that must not be found.
    let owned =
        memmem::rfind(body, b" owned by \"").filter(|_| memmem::find(body, b"Id=").is_some());
    let found = name_end(body, owned.unwrap_or(body.len()))?;
    // SAP: `user="bob"` is a field with quotes of its own.
    let user = memmem::rfind(&body[..found], b" user=\"").and_then(|user| name_end(body, user));
    let end = user.unwrap_or(found);
    let mut header = Header {
        name: &body[..end],
        ..Header::default()
    };
    fields(&body[end + 2..], &mut header);
    Some(header)
}

/// The last quote before `limit` that fields follow.
fn name_end(body: &[u8], limit: usize) -> Option<usize> {
    let mut end = limit;
    loop {
        end = memrchr(b'"', &body[..end])?;
        if let Some(rest) = body[end + 1..].strip_prefix(b" ")
            && begins_fields(rest)
        {
            return Some(end);
        }
    }
}

fn begins_fields(rest: &[u8]) -> bool {
    const KEYS: [&[u8]; 10] = [
        b"daemon ",
        b"prio=",
        b"os_prio=",
        b"cpu=",
        b"tid=",
        b"nid=",
        b"Id=",
        b"id=",
        b"- Thread t@",
        b"virtual ",
    ];
    match rest {
        [b'#', digit, ..] => digit.is_ascii_digit(),
        _ => KEYS.iter().any(|key| rest.starts_with(key)),
    }
}

fn fields<'a>(mut rest: &'a [u8], header: &mut Header<'a>) {
    loop {
        rest = rest.trim_ascii_start();
        let end = rest.iter().position(|b| *b == b' ').unwrap_or(rest.len());
        let (token, after) = rest.split_at(end);
        if token.is_empty() {
            return;
        }
        if !field(token, after, header) {
            break;
        }
        rest = after;
    }
    words(rest, header);
}

/// Takes one field; `false` when the state words begin here.
fn field<'a>(token: &'a [u8], after: &'a [u8], header: &mut Header<'a>) -> bool {
    let Some(equals) = memchr::memchr(b'=', token) else {
        match token {
            b"daemon" | b"ms" | b"B" | b"-" => {}
            b"virtual" => header.is_virtual = true,
            [b'#', digits @ ..] => header.number = decimal(digits),
            b"Thread" => return thread_at(after, header),
            [b't', b'@', digits @ ..] => {
                header.number = decimal(digits);
                header.certain = true;
            }
            // JDK 21: `#3 [3636] prio=5`; the stack pointer at the end begins with 0x.
            [b'[', ..] => return native_id(token, header),
            _ => return false,
        }
        return true;
    };
    let (key, value) = (&token[..equals], &token[equals + 1..]);
    match key {
        b"tid" => header.tid = identity(value),
        b"nid" => header.nid = identity(value),
        b"cpu" => header.cpu = duration(value),
        b"elapsed" => header.elapsed = duration(value),
        b"Id" | b"id" => header.number = decimal(value),
        _ => {}
    }
    if matches!(key, b"tid" | b"nid" | b"Id" | b"id") {
        header.certain = true;
        if key == b"Id" {
            thread_info(after, header);
            return false;
        }
    }
    true
}

/// `- Thread t@47`: the field after this token has the number.
fn thread_at(after: &[u8], _header: &mut Header<'_>) -> bool {
    after.starts_with(b" t@")
}

fn native_id(token: &[u8], header: &mut Header<'_>) -> bool {
    let mut parser = delimited(char('['), digit1::<&[u8], ()>, char(']'));
    match parser.parse(token) {
        Ok((_, digits)) if header.tid.is_none() && header.nid.is_none() => {
            header.nid = decimal(digits);
            true
        }
        // SAP: `cpu=12 [reset 12] ms`.
        _ if token == b"[reset" => true,
        _ => false,
    }
}

/// The words after the fields: `waiting for monitor entry  [0x00007f…]`.
fn words(rest: &[u8], header: &mut Header<'_>) {
    header.stack = memchr::memchr(b'[', rest).is_some();
    if header.state != State::Unknown {
        return;
    }
    let has = |needle: &str| memmem::find(rest, needle.as_bytes()).is_some();
    header.in_object_wait = has("in Object.wait");
    header.state = if header.in_object_wait || has("waiting on condition") {
        State::Waiting
    } else if has("waiting for monitor entry") || has(", blocked") {
        State::Blocked
    } else if has("sleeping") {
        State::TimedWaiting
    } else if has(", waiting") || has(", parked") {
        State::Waiting
    } else if has("runnable") || has("alive") {
        State::Runnable
    } else {
        State::Unknown
    };
}

/// `WAITING on C@hash owned by "x" Id=9 (in native)`, after `Id=76`.
fn thread_info<'a>(rest: &'a [u8], header: &mut Header<'a>) {
    let rest = rest.trim_ascii_start();
    let rest = rest.strip_prefix(b"in ").unwrap_or(rest);
    let Some(state) = State::parse(rest) else {
        return;
    };
    header.state = state;
    let rest = &rest[state.word().len()..];
    let mut lock = preceded(tag(" on "), take_while1::<_, &[u8], ()>(|b: u8| b != b' '));
    let Ok((rest, lock)) = lock.parse(rest) else {
        return;
    };
    header.wants = Some(lock);
    if let Some(at) = memmem::rfind(rest, b"\" Id=") {
        header.owner = decimal(&rest[at + 5..]).map(Owner::Number);
    }
}

/// The decimal number that begins `text`.
pub(super) fn decimal(text: &[u8]) -> Option<u64> {
    let (_, digits) = digit1::<&[u8], ()>.parse(text).ok()?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// `0x5b32`, `3636`, `7ff3eaea7800`: hexadecimal with `0x` or with letters, else decimal.
fn identity(text: &[u8]) -> Option<u64> {
    let (digits, prefix) = opt(tag::<_, &[u8], ()>("0x")).parse(text).ok()?;
    let hex = prefix.is_some() || digits.iter().any(u8::is_ascii_alphabetic);
    let digits = std::str::from_utf8(digits).ok()?;
    u64::from_str_radix(digits, if hex { 16 } else { 10 }).ok()
}

/// `42.02ms`, `4.88s` in microseconds.
fn duration(text: &[u8]) -> Option<i64> {
    let unit_at = text.iter().position(u8::is_ascii_alphabetic)?;
    let (number, unit) = text.split_at(unit_at);
    let value: f64 = std::str::from_utf8(number).ok()?.parse().ok()?;
    let micros = match unit {
        b"ms" => value * 1e3,
        b"s" => value * 1e6,
        b"us" => value,
        b"ns" => value / 1e3,
        _ => return None,
    };
    (micros.abs() < 9e15).then_some(micros.round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(line: &str) -> Header<'_> {
        parse(line.as_bytes()).unwrap_or_else(|| panic!("not a header: {line}"))
    }

    #[test]
    fn every_jdk_writes_it_differently() {
        let jdk17 = header(
            r#""main" #1 prio=5 os_prio=0 cpu=39.76ms elapsed=5.53s tid=0x7f9d nid=0x5e9b waiting on condition  [0x00007f9d]"#,
        );
        assert_eq!(
            (jdk17.number, jdk17.tid, jdk17.nid),
            (Some(1), Some(0x7f9d), Some(0x5e9b))
        );
        assert_eq!((jdk17.cpu, jdk17.elapsed), (Some(39_760), Some(5_530_000)));
        let jdk25 = header(
            r#""main" #3 [3636] prio=5 os_prio=0 cpu=60.88ms elapsed=7.18s tid=0x7f nid=3636 sleeping [0x01]"#,
        );
        assert_eq!((jdk25.number, jdk25.nid), (Some(3), Some(3636)));
        let carrier = header(
            r#""ForkJoinPool-1-worker-1" #23 [3655] daemon prio=5 os_prio=0 cpu=3.23ms elapsed=7.10s tid=0x00007f45740d65b0  [0x00007f454d5fe000]"#,
        );
        assert_eq!(
            (carrier.nid, carrier.state, carrier.stack),
            (Some(3655), State::Unknown, true)
        );
        let jdk6 = header(r#""http-127.0.0.1-8080-3" daemon prio=10 tid=1524264960 nid=17771"#);
        assert_eq!((jdk6.tid, jdk6.nid), (Some(1_524_264_960), Some(17_771)));
        let apple = header(
            r#""process reaper" daemon prio=5 tid=7ff3eaea7800 nid=0x135ec3000 runnable [135ec2000]"#,
        );
        assert_eq!(
            (apple.tid, apple.state),
            (Some(0x7ff3_eaea_7800), State::Runnable)
        );
        let sap = header(
            r#""x" cpu=12 [reset 12] ms allocated=1 B (2 B) user="" prio=5 tid=0x1 nid=0x2 runnable"#,
        );
        assert_eq!(sap.name, b"x");
        let jmx = header(r#""RMI TCP Accept" - Thread t@47"#);
        assert_eq!((jmx.number, jmx.certain), (Some(47), true));
        let jrockit =
            header(r#""Main Thread" id=1 idx=0x4 tid=27878 prio=5 alive, in native, waiting"#);
        assert_eq!((jrockit.number, jrockit.state), (Some(1), State::Waiting));
    }

    #[test]
    fn thread_info_names_lock_and_owner() {
        let line = r#""a" prio=5 Id=76 BLOCKED on java.lang.Object@1b2c owned by "b "x" Id=3" Id=9 (in native)"#;
        let found = header(line);
        assert_eq!(found.name, b"a");
        assert_eq!((found.number, found.state), (Some(76), State::Blocked));
        assert_eq!(found.wants, Some(b"java.lang.Object@1b2c".as_slice()));
        assert_eq!(found.owner, Some(Owner::Number(9)));
        assert_eq!(header(r#""http" Id=236 in WAITING"#).state, State::Waiting);
    }

    #[test]
    fn names_are_not_escaped() {
        let odd = r#"name with "quotes" and	tab #7 prio=9 [x]"#;
        let line = format!(r#""{odd}" #68 daemon prio=5 tid=0x1 nid=0x2 runnable"#);
        assert_eq!(header(&line).name, odd.as_bytes());
        assert_eq!(header(&line).number, Some(68));
        assert_eq!(header(r#""" #70 daemon prio=5 tid=0x1"#).name, b"");
        assert_eq!(parse(b"\"newline"), None);
        assert_eq!(parse(b"\"pair-1\":"), None);
        assert_eq!(parse(b"\""), None);
    }
}
