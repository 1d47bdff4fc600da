//! The VM's own deadlock section. Its `"name":` lines are no threads: reading them as such is how tools count a
//! deadlocked thread three times. HotSpot: `DeadlockCycle::print_on_with` in `threadService.cpp`.

use memchr::memmem;

use super::locks::dotted;
use crate::threads::dump::{Dump, VmDeadlock, VmMember};

/// A line of the section was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    /// Members and what they wait for.
    Members,
    /// "Java stack information for the threads listed above": a repetition.
    Stacks,
    /// "Found 2 deadlocks."
    Over,
}

/// Whether the section begins or goes on here: `Found one Java-level deadlock:`.
pub(super) fn begins(line: &[u8]) -> bool {
    line.starts_with(b"Found one Java-level deadlock")
}

/// Reads one line of the section that is not blank; `None` when the line does not belong to it.
pub(super) fn line(dump: &mut Dump, number: u64, text: &[u8], section: Section) -> Option<Section> {
    let text = text.trim_ascii_end();
    let trimmed = text.trim_ascii_start();
    if begins(trimmed) {
        let line = number;
        dump.vm_deadlocks.push(VmDeadlock {
            line,
            members: Vec::new(),
        });
        return Some(Section::Members);
    }
    if trimmed.starts_with(b"Java stack information") {
        return Some(Section::Stacks);
    }
    if trimmed.starts_with(b"Found ") || trimmed.starts_with(b"No deadlocks found") {
        return Some(Section::Over);
    }
    if trimmed.starts_with(b"====") {
        return Some(section);
    }
    if section == Section::Stacks {
        let repeats =
            trimmed.starts_with(b"at ") || trimmed.starts_with(b"- ") || name(text).is_some();
        return repeats.then_some(section);
    }
    member(dump, text, trimmed).then_some(section)
}

/// The name of a member: `"http-nio-8080-exec-1":`.
fn name(text: &[u8]) -> Option<&[u8]> {
    text.strip_prefix(b"\"")?.strip_suffix(b"\":")
}

fn member(dump: &mut Dump, text: &[u8], trimmed: &[u8]) -> bool {
    let Some(deadlock) = dump.vm_deadlocks.last_mut() else {
        return false;
    };
    if let Some(name) = name(text) {
        deadlock.members.push(VmMember {
            name: String::from_utf8_lossy(name).into_owned(),
            ..VmMember::default()
        });
        return true;
    }
    let Some(member) = deadlock.members.last_mut() else {
        return false;
    };
    if trimmed.starts_with(b"waiting ") {
        // `(object 0x…, a C)`, `(Object@0x…, a C)`, `synchronizer 0x…, (a C)`.
        let identity = ["(object ", "(Object@", "ownable synchronizer "]
            .iter()
            .find_map(|key| after(trimmed, key));
        let identity = identity.map(|rest| until(rest, b", "));
        let class = after(trimmed, ", a ").or_else(|| after(trimmed, "(a "));
        let class = class.map_or(&b""[..], |rest| until(rest, b")"));
        member.wants = identity.map(|identity| dump.locks.object(identity, &dotted(class)));
        return true;
    }
    if let Some(holder) = after(trimmed, "which is held by ") {
        let name = holder
            .strip_prefix(b"\"")
            .map(|rest| rest.strip_suffix(b"\"").unwrap_or(rest));
        member.holder = name.map(|name| String::from_utf8_lossy(name).into_owned());
        return true;
    }
    trimmed.starts_with(b"in JNI")
}

fn after<'a>(text: &'a [u8], key: &str) -> Option<&'a [u8]> {
    let at = memmem::find(text, key.as_bytes())?;
    Some(&text[at + key.len()..])
}

fn until<'a>(text: &'a [u8], ends: &[u8]) -> &'a [u8] {
    let end = text
        .iter()
        .position(|b| ends.contains(b))
        .unwrap_or(text.len());
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hotspot_and_jhsdb_write_it_differently() {
        let mut dump = Dump::new("f", 1, "HotSpot");
        let text = "Found one Java-level deadlock:\n=====\n\"a\":\n  waiting to lock monitor 0x1 (object 0xff, a x.Y),\n  which is held by \"b\"\n\"b\":\n waiting for ownable synchronizer 0xfe, (a j/R$Sync),\n which is held by \"a\"\n\"c\":\n  waiting to lock Monitor@0x2 (Object@0xfd, a x/Z),\n  which is held by UNKNOWN_owner_addr=0x7\nJava stack information for the threads listed above:\n\"a\":\n\tat x.Y.z(Y.java:1)\nFound 1 deadlock.";
        let mut section = Section::Members;
        for (number, text) in text.lines().enumerate() {
            section = line(&mut dump, number as u64 + 1, text.as_bytes(), section)
                .unwrap_or_else(|| panic!("{text}"));
        }
        assert_eq!(section, Section::Over);
        let [deadlock] = &dump.vm_deadlocks[..] else {
            panic!("one deadlock")
        };
        let seen: Vec<_> = deadlock
            .members
            .iter()
            .map(|m| {
                (
                    m.name.as_str(),
                    dump.locks.get(m.wants.unwrap()).display(),
                    m.holder.as_deref(),
                )
            })
            .collect();
        assert_eq!(seen[0], ("a", "x.Y <0xff>".to_owned(), Some("b")));
        assert_eq!(seen[1], ("b", "j.R$Sync <0xfe>".to_owned(), Some("a")));
        assert_eq!(seen[2], ("c", "x.Z <0xfd>".to_owned(), None));
    }

    #[test]
    fn a_name_torn_to_its_end_is_no_member() {
        let mut dump = Dump::new("f", 1, "HotSpot");
        line(
            &mut dump,
            1,
            b"Found one Java-level deadlock:",
            Section::Members,
        );
        assert_eq!(line(&mut dump, 2, b"\":", Section::Members), None);
        assert!(dump.vm_deadlocks[0].members.is_empty());
    }
}
