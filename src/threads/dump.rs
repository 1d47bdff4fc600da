//! The model: a thread dump in the field's own words, whatever format it came from.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::report::HeapSpace;
use crate::finding::Locator;
use crate::time::Stamp;

/// One thread dump.
#[derive(Debug, Clone)]
pub(crate) struct Dump {
    pub(crate) source: String,
    /// Line of the banner, or of the first record; from 1.
    pub(crate) line: u64,
    pub(crate) format: &'static str,
    pub(crate) taken: Option<Stamp>,
    /// The zone of a local `taken`, where another dump of the process gives it away.
    pub(crate) utc_offset_minutes: Option<i16>,
    /// The dump to a file whose virtual threads were added.
    pub(crate) joined: Option<Locator>,
    pub(crate) pid: Option<u64>,
    pub(crate) vm: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) threads: Vec<Thread>,
    /// The error that ended the process, where the dump was written at a crash.
    pub(crate) error: Option<(String, Locator)>,
    /// Position of the thread that crashed.
    pub(crate) crashed: Option<u32>,
    pub(crate) locks: Locks,
    pub(crate) vm_deadlocks: Vec<VmDeadlock>,
    /// `length=` of "Threads class SMR info".
    pub(crate) expected: Option<u64>,
    pub(crate) heap: Vec<HeapSpace>,
    /// Whether the dump lists owned `java.util.concurrent` locks.
    pub(crate) lists_synchronizers: bool,
    /// Whether the format shows unmounted virtual threads.
    pub(crate) shows_virtual: bool,
    /// Whether the last line that the format promises was seen; `None` when it promises none.
    pub(crate) ended: Option<bool>,
}

impl Dump {
    pub(crate) fn new(source: &str, line: u64, format: &'static str) -> Self {
        Self {
            source: source.to_owned(),
            line,
            format,
            taken: None,
            utc_offset_minutes: None,
            joined: None,
            pid: None,
            vm: None,
            version: None,
            threads: Vec::new(),
            error: None,
            crashed: None,
            locks: Locks::default(),
            vm_deadlocks: Vec::new(),
            expected: None,
            heap: Vec::new(),
            lists_synchronizers: false,
            shows_virtual: false,
            ended: None,
        }
    }

    /// Whether `jcmd Thread.dump_to_file` wrote it: with all virtual threads, and locks by identity hash.
    pub(crate) fn is_file(&self) -> bool {
        self.shows_virtual && self.pid.is_some()
    }

    /// Where the header of a thread of this dump stands.
    pub(crate) fn locate(&self, thread: &Thread) -> Locator {
        let source = thread.source.as_deref().unwrap_or(&self.source);
        Locator::line(source, thread.line)
    }

    /// Threads of the program, platform and virtual.
    pub(crate) fn java(&self) -> impl Iterator<Item = &Thread> {
        self.threads.iter().filter(|t| t.kind != ThreadKind::Vm)
    }
}

/// Whose thread it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ThreadKind {
    /// A platform thread that the VM counts as a Java thread.
    Java,
    /// A virtual thread (JEP 444).
    Virtual,
    /// A thread of the VM without a `java.lang.Thread`.
    Vm,
}

/// `Thread.State`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum State {
    New,
    Runnable,
    Blocked,
    Waiting,
    TimedWaiting,
    Terminated,
    /// The dump does not tell.
    #[default]
    Unknown,
}

impl State {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::Runnable => "RUNNABLE",
            Self::Blocked => "BLOCKED",
            Self::Waiting => "WAITING",
            Self::TimedWaiting => "TIMED_WAITING",
            Self::Terminated => "TERMINATED",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// The state that begins `text`, as `java.lang.Thread.State` writes it.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let end = text
            .iter()
            .position(|b| !(b.is_ascii_uppercase() || *b == b'_'));
        Some(match &text[..end.unwrap_or(text.len())] {
            b"NEW" => Self::New,
            b"RUNNABLE" => Self::Runnable,
            b"BLOCKED" => Self::Blocked,
            b"WAITING" => Self::Waiting,
            b"TIMED_WAITING" => Self::TimedWaiting,
            b"TERMINATED" => Self::Terminated,
            _ => return None,
        })
    }
}

/// One thread.
#[derive(Debug, Clone)]
pub(crate) struct Thread {
    pub(crate) name: String,
    /// The source it stands in, when that is not the source of the dump.
    pub(crate) source: Option<Arc<str>>,
    pub(crate) line: u64,
    pub(crate) kind: ThreadKind,
    pub(crate) state: State,
    /// `Thread.threadId()`.
    pub(crate) number: Option<u64>,
    /// Address of the native thread object.
    pub(crate) tid: Option<u64>,
    /// Thread id of the operating system.
    pub(crate) nid: Option<u64>,
    /// Processor time in microseconds.
    pub(crate) cpu: Option<i64>,
    /// Microseconds since it was created.
    pub(crate) elapsed: Option<i64>,
    /// The header says `in Object.wait()`.
    pub(crate) in_object_wait: bool,
    /// Frames from the top, as identifiers of the frame table.
    pub(crate) frames: Vec<u32>,
    pub(crate) locks: Vec<LockLine>,
    /// Owned `java.util.concurrent` locks.
    pub(crate) synchronizers: Vec<u32>,
    /// The owner of the lock it waits for, where the format names it.
    pub(crate) owner: Option<Owner>,
    /// Number of the virtual thread that it carries.
    pub(crate) carries: Option<u64>,
    /// Position of its carrier in the dump.
    pub(crate) carrier: Option<u32>,
}

impl Thread {
    pub(crate) fn new(name: String, line: u64, kind: ThreadKind) -> Self {
        Self {
            name,
            source: None,
            line,
            kind,
            state: State::Unknown,
            number: None,
            tid: None,
            nid: None,
            cpu: None,
            elapsed: None,
            in_object_wait: false,
            frames: Vec::new(),
            locks: Vec::new(),
            synchronizers: Vec::new(),
            owner: None,
            carries: None,
            carrier: None,
        }
    }

    /// Its name, or its number when it has none.
    pub(crate) fn display(&self) -> String {
        match (self.name.is_empty(), self.kind, self.number) {
            (false, _, _) => self.name.clone(),
            (true, ThreadKind::Virtual, Some(number)) => format!("virtual thread #{number}"),
            (true, _, Some(number)) => format!("thread #{number} without a name"),
            (true, _, None) => "a thread without a name".to_owned(),
        }
    }
}

/// What a lock line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LockUse {
    /// `- locked <A>`
    Locked,
    /// `- eliminated <A>`: the compiler removed it; nothing is held.
    Eliminated,
    /// `- waiting on <A>`: inside `Object.wait`, the monitor is released.
    WaitingOn,
    /// `- waiting to lock <A>`
    WaitingToLock,
    /// `- waiting to re-lock in wait() <A>`: notified, wants the monitor back.
    Relock,
    /// `- parking to wait for  <A>`
    Parking,
    /// `- waiting on the Class initialization monitor for C`
    ClassInit,
}

/// A lock line of a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LockLine {
    /// Index of the frame it belongs to, 0 at the top.
    pub(crate) frame: u32,
    pub(crate) what: LockUse,
    /// Identifier in [`Dump::locks`]; `None` for "no object reference available".
    pub(crate) lock: Option<u32>,
}

/// The owner of a lock as a format names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// By `threadId()`.
    Number(u64),
    /// By [`Thread::tid`].
    Address(u64),
}

/// A deadlock as the VM's own section reports it.
#[derive(Debug, Clone, Default)]
pub(crate) struct VmDeadlock {
    pub(crate) line: u64,
    pub(crate) members: Vec<VmMember>,
}

/// A member of a deadlock that the VM reports.
#[derive(Debug, Clone, Default)]
pub(crate) struct VmMember {
    pub(crate) name: String,
    pub(crate) wants: Option<u32>,
    pub(crate) holder: Option<String>,
}

/// A lock as the dump identifies it.
#[derive(Debug, Clone)]
pub(crate) struct Lock {
    /// As written, without `<>`: `0x00000000f8a0`, `Foo@1b2c`; empty for a class initialisation.
    pub(crate) identity: String,
    /// Its class, or the class being initialised.
    pub(crate) class: String,
    pub(crate) class_init: bool,
}

impl Lock {
    /// `C <0x…>`, or the words for a class initialisation.
    pub(crate) fn display(&self) -> String {
        if self.class_init {
            format!("initialisation of {}", self.class)
        } else if self.identity.starts_with(self.class.as_str()) && !self.class.is_empty() {
            self.identity.clone()
        } else if self.class.is_empty() {
            format!("<{}>", self.identity)
        } else {
            format!("{} <{}>", self.class, self.identity)
        }
    }

    /// Whether its class is a lock that one thread owns at a time.
    pub(crate) fn exclusive_class(&self) -> bool {
        let Some(name) = self.class.strip_prefix("java.util.concurrent.") else {
            return false;
        };
        name == "ThreadPoolExecutor$Worker"
            || (name.starts_with("locks.Reentrant") && name.ends_with("Sync"))
    }

    /// Whether its class records no owner although it locks.
    pub(crate) fn shared_class(&self) -> bool {
        self.class == "java.util.concurrent.locks.StampedLock"
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Address(u64),
    Name(Box<[u8]>),
    Class(Box<[u8]>),
}

/// The locks of a dump, each once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Locks {
    known: FxHashMap<Key, u32>,
    locks: Vec<Lock>,
}

impl Locks {
    /// The lock with this identity, as written between `<` and `>`.
    pub(crate) fn object(&mut self, identity: &[u8], class: &[u8]) -> u32 {
        let key = match address(identity) {
            Some(address) => Key::Address(address),
            None => Key::Name(identity.into()),
        };
        self.intern(key, identity, class, false)
    }

    /// The initialisation of a class.
    pub(crate) fn class_init(&mut self, class: &[u8]) -> u32 {
        self.intern(Key::Class(class.into()), b"", class, true)
    }

    fn intern(&mut self, key: Key, identity: &[u8], class: &[u8], class_init: bool) -> u32 {
        let next = self.locks.len() as u32;
        let id = *self.known.entry(key).or_insert(next);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if id == next {
            self.locks.push(Lock {
                identity: text(identity),
                class: text(class),
                class_init,
            });
        } else if self.locks[id as usize].class.is_empty() {
            self.locks[id as usize].class = text(class);
        }
        id
    }

    pub(crate) fn get(&self, id: u32) -> &Lock {
        &self.locks[id as usize]
    }

    pub(crate) fn len(&self) -> usize {
        self.locks.len()
    }
}

/// An address in hexadecimal, with or without `0x`. `Class@hash` is none.
pub(crate) fn address(text: &[u8]) -> Option<u64> {
    let digits = text.strip_prefix(b"0x").unwrap_or(text);
    if digits.is_empty() || digits.len() > 16 {
        return None;
    }
    digits.iter().try_fold(0_u64, |value, &byte| {
        Some(value << 4 | u64::from((byte as char).to_digit(16)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_address_is_the_same_lock_however_written() {
        let mut locks = Locks::default();
        let first = locks.object(b"0x00000000ffd2", b"java.lang.Object");
        assert_eq!(locks.object(b"ffd2", b""), first);
        assert_ne!(
            locks.object(b"java.lang.Object@ffd2", b"java.lang.Object"),
            first
        );
        assert_eq!(locks.len(), 2);
        assert_eq!(
            locks.get(first).display(),
            "java.lang.Object <0x00000000ffd2>"
        );
        assert_eq!(locks.get(1).display(), "java.lang.Object@ffd2");
    }

    #[test]
    fn only_locks_with_one_owner_are_exclusive() {
        let lock = |class: &str| Lock {
            identity: String::new(),
            class: class.to_owned(),
            class_init: false,
        };
        assert!(lock("java.util.concurrent.locks.ReentrantLock$FairSync").exclusive_class());
        assert!(!lock("java.util.concurrent.CountDownLatch$Sync").exclusive_class());
        assert!(!lock("java.util.concurrent.Semaphore$NonfairSync").exclusive_class());
        assert!(
            !lock("java.util.concurrent.locks.AbstractQueuedSynchronizer$ConditionObject")
                .exclusive_class()
        );
    }
}
