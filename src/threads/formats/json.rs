//! JSON dumps: `jcmd Thread.dump_to_file -format=json` (JDK 21 and 25 schemas, `com.sun.management.HotSpotDiagnosticMXBean`)
//! and Spring Boot's `/actuator/threaddump`. A cut file is closed after its last whole thread and read that far.

use std::borrow::Cow;

use serde::Deserialize;

use super::dump_to_file;
use crate::finding::Locator;
use crate::input::{Coverage, ParseIssue};
use crate::t;
use crate::threads::dump::{Dump, LockLine, LockUse, Owner, State, Thread, ThreadKind};
use crate::threads::frames::Frames;
use crate::time;

pub(super) const HOTSPOT: &str = "Thread.dump_to_file (JSON)";
pub(super) const ACTUATOR: &str = "Spring Boot actuator threaddump";

/// A number that JDK 21 to 25 write as a string.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Number {
    Plain(u64),
    Text(String),
    Other(serde::de::IgnoredAny),
}

impl Number {
    fn get(&self) -> Option<u64> {
        match self {
            Self::Plain(value) => Some(*value),
            Self::Text(text) => text.parse().ok(),
            Self::Other(_) => None,
        }
    }
}

type Text<'a> = Option<Cow<'a, str>>;

#[derive(Debug, Deserialize)]
struct HotSpotFile<'a> {
    #[serde(borrow, rename = "threadDump")]
    dump: HotSpotDump<'a>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct HotSpotDump<'a> {
    process_id: Option<Number>,
    #[serde(borrow)]
    time: Text<'a>,
    #[serde(borrow)]
    runtime_version: Text<'a>,
    #[serde(borrow, default)]
    thread_containers: Vec<Container<'a>>,
}

#[derive(Debug, Deserialize)]
struct Container<'a> {
    #[serde(borrow, default)]
    threads: Vec<HotSpotThread<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct HotSpotThread<'a> {
    tid: Option<Number>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    state: Text<'a>,
    #[serde(default, rename = "virtual")]
    is_virtual: bool,
    #[serde(borrow, default)]
    stack: Vec<Cow<'a, str>>,
    #[serde(borrow)]
    blocked_on: Text<'a>,
    #[serde(borrow)]
    waiting_on: Text<'a>,
    #[serde(borrow)]
    park_blocker: Option<ParkBlocker<'a>>,
    #[serde(borrow, default)]
    monitors_owned: Vec<Monitors<'a>>,
    carrier: Option<Number>,
}

#[derive(Debug, Deserialize)]
struct ParkBlocker<'a> {
    #[serde(borrow)]
    object: Text<'a>,
    owner: Option<Number>,
}

#[derive(Debug, Deserialize)]
struct Monitors<'a> {
    depth: Option<Number>,
    #[serde(borrow, default)]
    locks: Vec<Text<'a>>,
}

#[derive(Debug, Deserialize)]
struct ActuatorFile<'a> {
    #[serde(borrow)]
    threads: Vec<ActuatorThread<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ActuatorThread<'a> {
    #[serde(borrow)]
    thread_name: Text<'a>,
    thread_id: Option<u64>,
    #[serde(borrow)]
    thread_state: Text<'a>,
    #[serde(borrow)]
    lock_info: Option<ActuatorLock<'a>>,
    lock_owner_id: Option<i64>,
    #[serde(borrow, default)]
    locked_monitors: Vec<ActuatorLock<'a>>,
    #[serde(borrow, default)]
    locked_synchronizers: Vec<ActuatorLock<'a>>,
    #[serde(borrow, default)]
    stack_trace: Vec<ActuatorFrame<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ActuatorLock<'a> {
    #[serde(borrow)]
    class_name: Text<'a>,
    identity_hash_code: Option<i64>,
    locked_stack_depth: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ActuatorFrame<'a> {
    #[serde(borrow)]
    class_name: Text<'a>,
    #[serde(borrow)]
    method_name: Text<'a>,
    #[serde(borrow)]
    file_name: Text<'a>,
    line_number: Option<i64>,
    #[serde(default)]
    native_method: bool,
}

/// Whether `head` begins a JSON dump of one of the two kinds.
pub(super) fn is_json(head: &[u8]) -> bool {
    let has = |key: &str| memchr::memmem::find(head, key.as_bytes()).is_some();
    let object = head.trim_ascii_start().starts_with(b"{");
    object
        && (has("\"threadDump\"")
            || (has("\"threads\"") && (has("\"threadName\"") || has("\"threadState\""))))
}

/// Reads the dump of `bytes`.
pub(super) fn read(source: &str, bytes: &[u8], frames: &mut Frames) -> (Vec<Dump>, Coverage) {
    let hotspot =
        memchr::memmem::find(&bytes[..bytes.len().min(4096)], b"\"threadDump\"").is_some();
    let format = if hotspot { HOTSPOT } else { ACTUATOR };
    let mut coverage = Coverage::new(source, format, bytes.len() as u64);
    coverage.lines = memchr::memchr_iter(b'\n', bytes).count() as u64 + 1;
    let parse = |text: &[u8], frames: &mut Frames| match hotspot {
        true => serde_json::from_slice::<HotSpotFile<'_>>(text)
            .map(|file| from_hotspot(source, &file.dump, bytes, frames)),
        false => serde_json::from_slice::<ActuatorFile<'_>>(text)
            .map(|file| from_actuator(source, &file, bytes, frames)),
    };
    let dump = parse(bytes, frames).or_else(|error| {
        let closed = close(bytes);
        let again = parse(&closed, frames);
        let at = Locator::line(source, error.line() as u64);
        coverage.report(ParseIssue::new(at, t!("not whole JSON: {error}", error)));
        again.map(|mut dump| {
            dump.ended = Some(false);
            dump
        })
    });
    let dumps: Vec<Dump> = dump.into_iter().collect();
    if dumps.is_empty() {
        coverage.not_understood = coverage.lines;
    }
    coverage.records = dumps.iter().map(|dump| dump.threads.len() as u64).sum();
    (dumps, coverage)
}

/// A cut text, ended after the last object that is complete inside an array, with all that is open closed.
fn close(bytes: &[u8]) -> Vec<u8> {
    let mut open: Vec<u8> = Vec::new();
    let mut good: (usize, Vec<u8>) = (0, Vec::new());
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' => open.push(b'}'),
            b'[' => open.push(b']'),
            b'}' | b']' => {
                if open.pop() != Some(*byte) {
                    break;
                }
                if open.last() == Some(&b']') && open.len() <= 6 {
                    good = (at + 1, open.clone());
                }
            }
            _ => {}
        }
        if open.len() > 64 {
            break;
        }
    }
    let mut text = bytes[..good.0].to_vec();
    text.extend(good.1.iter().rev());
    text
}

/// Lines on which a key stands; escaped quotes inside strings never spell a whole key.
fn lines_of(bytes: &[u8], key: &str) -> Vec<u64> {
    let mut line = 1;
    let mut from = 0;
    memchr::memmem::find_iter(bytes, key.as_bytes())
        .map(|at| {
            line += memchr::memchr_iter(b'\n', &bytes[from..at]).count() as u64;
            from = at;
            line
        })
        .collect()
}

fn state(text: &Text<'_>) -> State {
    text.as_ref()
        .and_then(|text| State::parse(text.as_bytes()))
        .unwrap_or_default()
}

fn from_hotspot(source: &str, file: &HotSpotDump<'_>, bytes: &[u8], frames: &mut Frames) -> Dump {
    let mut dump = Dump::new(source, 1, HOTSPOT);
    dump.pid = file.process_id.as_ref().and_then(Number::get);
    dump.taken = file
        .time
        .as_ref()
        .and_then(|text| time::iso8601(text.as_bytes()))
        .map(|(stamp, _)| stamp);
    dump.version = file
        .runtime_version
        .as_ref()
        .map(|text| text.clone().into_owned());
    dump.shows_virtual = true;
    let mut lines = lines_of(bytes, "\"tid\"").into_iter();
    let mut carriers = Vec::new();
    for thread in file
        .thread_containers
        .iter()
        .flat_map(|container| &container.threads)
    {
        let line = lines.next().unwrap_or(1);
        if let Some(carrier) = thread.carrier.as_ref().and_then(Number::get) {
            carriers.push((dump.threads.len(), carrier));
        }
        let thread = hotspot_thread(thread, line, &mut dump, frames);
        dump.threads.push(thread);
    }
    for (index, number) in carriers {
        let is_carrier =
            |thread: &Thread| thread.kind == ThreadKind::Java && thread.number == Some(number);
        if let Some(carrier) = dump.threads.iter().position(is_carrier) {
            dump.threads[index].carrier = Some(carrier as u32);
            dump.threads[carrier].carries = dump.threads[index].number;
        }
    }
    dump
}

fn hotspot_thread(
    json: &HotSpotThread<'_>,
    line: u64,
    dump: &mut Dump,
    frames: &mut Frames,
) -> Thread {
    // JDK 21 does not say it; the outermost frame does.
    let outermost = json.stack.last();
    let runs_virtual =
        outermost.is_some_and(|frame| frame.contains("java.lang.VirtualThread.run("));
    let kind = if json.is_virtual || runs_virtual {
        ThreadKind::Virtual
    } else {
        ThreadKind::Java
    };
    let name = json.name.as_deref().unwrap_or("").to_owned();
    let mut thread = Thread::new(name, line, kind);
    thread.number = json.tid.as_ref().and_then(Number::get);
    thread.state = state(&json.state);
    thread.frames = json
        .stack
        .iter()
        .map(|frame| frames.intern(frame.as_bytes()))
        .collect();
    let mut lock = |what, object: &Text<'_>, frame| {
        let Some(object) = object else { return };
        let class = object.rsplit_once('@').map_or("", |(class, _)| class);
        let lock = Some(dump.locks.object(object.as_bytes(), class.as_bytes()));
        thread.locks.push(LockLine { frame, what, lock });
    };
    lock(LockUse::WaitingToLock, &json.blocked_on, 0);
    lock(LockUse::WaitingOn, &json.waiting_on, 0);
    if let Some(blocker) = &json.park_blocker {
        lock(LockUse::Parking, &blocker.object, 0);
    }
    for monitors in &json.monitors_owned {
        let depth = monitors.depth.as_ref().and_then(Number::get).unwrap_or(0);
        for monitor in &monitors.locks {
            lock(LockUse::Locked, monitor, u32::try_from(depth).unwrap_or(0));
        }
    }
    let owner = json
        .park_blocker
        .as_ref()
        .and_then(|blocker| blocker.owner.as_ref()?.get());
    thread.owner = owner.map(Owner::Number);
    thread
}

fn from_actuator(source: &str, file: &ActuatorFile<'_>, bytes: &[u8], frames: &mut Frames) -> Dump {
    let mut dump = Dump::new(source, 1, ACTUATOR);
    dump.lists_synchronizers = true;
    let mut lines = lines_of(bytes, "\"threadName\"").into_iter();
    for json in &file.threads {
        let line = lines.next().unwrap_or(1);
        let thread = actuator_thread(json, line, &mut dump, frames);
        dump.threads.push(thread);
    }
    dump
}

fn actuator_thread(
    json: &ActuatorThread<'_>,
    line: u64,
    dump: &mut Dump,
    frames: &mut Frames,
) -> Thread {
    let name = json.thread_name.as_deref().unwrap_or("").to_owned();
    let mut thread = Thread::new(name, line, ThreadKind::Java);
    thread.number = json.thread_id;
    thread.state = state(&json.thread_state);
    thread.frames = json
        .stack_trace
        .iter()
        .map(|frame| frames.intern(actuator_frame(frame).as_bytes()))
        .collect();
    let mut intern = |lock: &ActuatorLock<'_>| {
        let class = lock.class_name.as_deref()?;
        // The hash is a signed 32-bit number here and hexadecimal everywhere else.
        let hash = lock.identity_hash_code? as u32;
        Some(
            dump.locks
                .object(format!("{class}@{hash:x}").as_bytes(), class.as_bytes()),
        )
    };
    if let Some(lock) = json.lock_info.as_ref().and_then(&mut intern) {
        let what = match thread.state {
            State::Blocked => LockUse::WaitingToLock,
            _ => LockUse::WaitingOn,
        };
        thread.locks.push(LockLine {
            frame: 0,
            what,
            lock: Some(lock),
        });
    }
    for monitor in &json.locked_monitors {
        let frame = u32::try_from(monitor.locked_stack_depth.unwrap_or(0)).unwrap_or(0);
        let lock = intern(monitor);
        thread.locks.push(LockLine {
            frame,
            what: LockUse::Locked,
            lock,
        });
    }
    thread.synchronizers = json
        .locked_synchronizers
        .iter()
        .filter_map(intern)
        .collect();
    let owner = json.lock_owner_id.and_then(|id| u64::try_from(id).ok());
    thread.owner = owner.map(Owner::Number);
    thread
}

fn actuator_frame(frame: &ActuatorFrame<'_>) -> String {
    let class = frame.class_name.as_deref().unwrap_or("");
    let method = frame.method_name.as_deref().unwrap_or("");
    let file = frame.file_name.as_deref();
    match (frame.native_method, file, frame.line_number) {
        (true, _, _) => format!("{class}.{method}(Native Method)"),
        (_, Some(file), Some(line)) if line >= 0 => format!("{class}.{method}({file}:{line})"),
        (_, Some(file), _) => format!("{class}.{method}({file})"),
        (_, None, _) => format!("{class}.{method}(Unknown Source)"),
    }
}

/// Whether the head is that of a text dump of the same command; see [`dump_to_file`].
pub(super) fn is_text(bytes: &[u8]) -> bool {
    let mut lines = crate::input::Lines::new(bytes)
        .map(|line| line.text)
        .skip_while(|text| text.is_empty());
    match (lines.next(), lines.next(), lines.next()) {
        (Some(pid), Some(time), Some(version)) => dump_to_file::is_head([pid, time, version]),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTUATOR_DEADLOCK: &str = r#"{"threads":[
 {"threadName":"a","threadId":7,"threadState":"BLOCKED","lockName":"x.L@a","lockOwnerId":8,"lockInfo":{"className":"x.L","identityHashCode":10},"lockedMonitors":[{"className":"x.L","identityHashCode":11,"lockedStackDepth":0}],"stackTrace":[{"className":"x.Y","methodName":"z","fileName":"Y.java","lineNumber":3,"nativeMethod":false}]},
 {"threadName":"b","threadId":8,"threadState":"WAITING","lockOwnerId":7,"lockInfo":{"className":"x.L","identityHashCode":11},"lockedSynchronizers":[{"className":"x.L","identityHashCode":10}],"stackTrace":[]}]}"#;

    #[test]
    fn the_actuator_names_lock_owners() {
        let mut frames = Frames::default();
        let (dumps, coverage) = read("f", ACTUATOR_DEADLOCK.as_bytes(), &mut frames);
        assert_eq!(coverage.issues_total, 0, "{:?}", coverage.issues);
        let threads = &dumps[0].threads;
        assert_eq!((threads[0].line, threads[1].line), (2, 3));
        assert_eq!(threads[0].owner, Some(Owner::Number(8)));
        assert_eq!(
            threads[1].synchronizers,
            [threads[0].locks[0].lock.unwrap()]
        );
    }

    #[test]
    fn a_cut_file_is_read_to_its_last_whole_thread() {
        let mut frames = Frames::default();
        let cut = &ACTUATOR_DEADLOCK[..ACTUATOR_DEADLOCK.len() - 20];
        let (dumps, coverage) = read("f", cut.as_bytes(), &mut frames);
        assert_eq!((dumps.len(), coverage.issues_total), (1, 1));
        assert_eq!(dumps[0].ended, Some(false));
        for end in 0..ACTUATOR_DEADLOCK.len() {
            read("f", &ACTUATOR_DEADLOCK.as_bytes()[..end], &mut frames);
        }
    }
}
