//! The lines around a dump: banner, date, process id, SMR info and the heap footer.

use memchr::memmem;

use super::header::decimal;
use crate::finding::Locator;
use crate::threads::report::HeapSpace;
use crate::time::{self, Stamp};

pub(super) const BANNER: &str = "Full thread dump";
pub(super) const JROCKIT: &str = "===== FULL THREAD DUMP ====";

/// Name and version of the VM in the text after the banner: `OpenJDK 64-Bit Server VM (17.0.15+6 mixed mode):`.
pub(super) fn vm(rest: &[u8]) -> (Option<String>, Option<String>) {
    let rest = String::from_utf8_lossy(rest);
    let rest = rest.trim().trim_end_matches(':');
    let (name, inside) = match rest.split_once('(') {
        // `Java HotSpot(TM) 64-Bit Server VM (20.14-b01 mixed mode)`: the mark belongs to the name.
        Some((name, after)) if after.starts_with("TM)") => {
            match after["TM)".len()..].split_once('(') {
                Some((more, inside)) => (format!("{name}(TM){more}"), inside),
                None => (rest.to_owned(), ""),
            }
        }
        Some((name, inside)) => (name.to_owned(), inside),
        None => (rest.to_owned(), ""),
    };
    let name = name.trim();
    let version = inside.split([' ', ')']).next().unwrap_or("");
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    (some(name), some(version))
}

/// The feature release that a VM version means. HotSpot numbered itself apart from the JDK up to 25.x, which is JDK 8.
pub(crate) fn java_release(version: &str) -> Option<u32> {
    if let Some(rest) = version.strip_prefix("1.") {
        return decimal(rest.as_bytes()).map(|n| n as u32);
    }
    let major = u32::try_from(decimal(version.as_bytes())?).ok()?;
    let build = version.split_once('-').map_or("", |(_, build)| build);
    let hotspot_numbered =
        build.starts_with('b') && build[1..].starts_with(|c: char| c.is_ascii_digit());
    Some(match major {
        14 | 16 | 17 | 19 | 20 if hotspot_numbered => 6,
        21..=24 if hotspot_numbered => 7,
        25 if hotspot_numbered => 8,
        _ => major,
    })
}

/// `2026-11-21 22:28:08` alone on a line; also JDK 26 and log-framework fractions.
pub(super) fn date(line: &[u8]) -> Option<Stamp> {
    let line = line.trim_ascii();
    let (stamp, used) = time::iso8601(line)?;
    (used == line.len()).then_some(stamp)
}

/// `Sun Jul 20 17:03:48 2014`, as C's `ctime` writes it, at the beginning of `text`; local time.
pub(super) fn ctime(text: &[u8]) -> Option<Stamp> {
    let year = decimal(text.get(20..24)?)?;
    let (stamp, _) = time::syslog(text.get(4..19)?, i32::try_from(year).ok()?)?;
    Some(stamp)
}

/// `24217:` as `jcmd` prints before its answer.
pub(super) fn pid(line: &[u8]) -> Option<u64> {
    let digits = line.trim_ascii().strip_suffix(b":")?;
    let all = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    all.then(|| decimal(digits)).flatten()
}

/// `length=17` of `_java_thread_list=0x…, length=17, elements={`.
pub(super) fn smr_length(line: &[u8]) -> Option<u64> {
    let at = memmem::find(line, b"length=")?;
    decimal(&line[at + 7..])
}

/// ` garbage-first heap   total 131072K, used 12295K [0x…`, `  class space    used 141K, committed 192K, …`,
/// ` ZHeap           used 2M, capacity 64M, max capacity 64M`, ` 65536K max, 65536K soft max, 65536K committed, 1280K used`
/// (Shenandoah).
pub(super) fn heap_space(source: &str, number: u64, line: &[u8]) -> Option<HeapSpace> {
    let text = std::str::from_utf8(line).ok()?;
    if text.contains(" soft max, ") {
        return shenandoah(source, number, text);
    }
    let at = [" total", " used"]
        .iter()
        .filter_map(|key| text.find(key))
        .min()?;
    let name = text[..at].trim();
    let amount = |key: &str| {
        let after = text[at..].split(key).nth(1)?;
        kilobytes(after.trim_start())
    };
    let used = amount(" used ");
    if name.is_empty() || used.is_none() {
        return None;
    }
    Some(HeapSpace {
        name: name.to_owned(),
        used,
        committed: amount(" committed ")
            .or_else(|| amount(" total "))
            .or_else(|| amount(", capacity ")),
        reserved: amount(" reserved ")
            .or_else(|| amount(" max capacity "))
            .or_else(|| reserved(text)),
        at: Locator::line(source, number),
    })
}

/// The size of `[0xstart, …, 0xend)`: what the VM reserved.
fn reserved(text: &str) -> Option<u64> {
    let (_, inside) = text.split_once('[')?;
    let mut ends = inside.trim_end_matches(')').split(',').map(str::trim);
    let address = |text: &str| u64::from_str_radix(text.strip_prefix("0x")?, 16).ok();
    let start = address(ends.next()?)?;
    address(ends.next_back()?)?.checked_sub(start)
}

fn shenandoah(source: &str, number: u64, text: &str) -> Option<HeapSpace> {
    let amount = |what: &str| {
        let mut parts = text.split(',').map(str::trim);
        kilobytes(parts.find_map(|part| part.strip_suffix(what))?.trim_end())
    };
    Some(HeapSpace {
        name: "Shenandoah Heap".to_owned(),
        used: Some(amount(" used")?),
        committed: amount(" committed"),
        reserved: amount(" max"),
        at: Locator::line(source, number),
    })
}

/// `131072K`, `12M` in bytes.
fn kilobytes(text: &str) -> Option<u64> {
    let number = decimal(text.as_bytes())?;
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let factor = match unit.as_bytes().first() {
        Some(b'K') => 1 << 10,
        Some(b'M') => 1 << 20,
        Some(b'G') => 1 << 30,
        Some(b'B') => 1,
        _ => return None,
    };
    number.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vm_is_read_from_any_banner() {
        let read = |text: &str| vm(text.as_bytes());
        let (name, version) = read(" Java HotSpot(TM) 64-Bit Server VM (20.14-b01 mixed mode):");
        assert_eq!(name.as_deref(), Some("Java HotSpot(TM) 64-Bit Server VM"));
        assert_eq!(version.as_deref(), Some("20.14-b01"));
        let (name, version) = read(" OpenJDK 64-Bit Server VM (25.0.3+9-LTS mixed mode, sharing):");
        assert_eq!(
            (name.as_deref(), version.as_deref()),
            (Some("OpenJDK 64-Bit Server VM"), Some("25.0.3+9-LTS"))
        );
        assert_eq!(read(":"), (None, None));
    }

    #[test]
    fn hotspot_numbers_are_not_jdk_numbers() {
        for (version, release) in [
            ("20.14-b01", 6),
            ("24.51-b03", 7),
            ("25.91-b14", 8),
            ("25.0.3+9-LTS", 25),
            ("25+36-LTS", 25),
            ("11.0.2+7", 11),
            ("9-ea+132", 9),
            ("17.0.15+6-Debian-1deb12u1", 17),
            ("1.5.0_22-b03", 5),
            ("18-internal+0-adhoc.x", 18),
        ] {
            assert_eq!(java_release(version), Some(release), "{version}");
        }
        assert_eq!(java_release("x"), None);
    }

    #[test]
    fn the_heap_footer_gives_bytes() {
        let space = heap_space(
            "f",
            1,
            b" garbage-first heap   total reserved 131072K, committed 131072K, used 12295K [0x",
        )
        .unwrap();
        assert_eq!(
            (space.name.as_str(), space.used, space.committed),
            (
                "garbage-first heap",
                Some(12_295 << 10),
                Some(131_072 << 10)
            )
        );
        let young = heap_space("f", 1, b" PSYoungGen      total 76288K, used 3932K [0x").unwrap();
        assert_eq!(
            (young.name.as_str(), young.committed),
            ("PSYoungGen", Some(76_288 << 10))
        );
        assert_eq!(
            heap_space("f", 1, b"  region size 1024K, 11 young (11264K)"),
            None
        );
        // Every collector of JDK 17 and 25, as captured with -Xmx64m: used, committed, reserved in KiB.
        for (line, wanted) in [
            (
                " tenured generation   total 43712K, used 7K [0x00000000fd550000, 0x0000000100000000, 0x0000000100000000)",
                (7, 43_712, 43_712),
            ),
            (
                " Tenured    total 43712K, used 1166K [0x00000000fd550000, 0x00000000fe000000, 0x0000000100000000)",
                (1166, 43_712, 43_712),
            ),
            (
                " ParOldGen       total 4403K, used 0K [0x00000000fc000000, 0x00000000feb00000, 0x00000000feb00000)",
                (0, 4403, 44_032),
            ),
            (
                " garbage-first heap   total 1024K, used 1211K [0x00000000fc000000, 0x0000000100000000)",
                (1211, 1024, 65_536),
            ),
            (
                " garbage-first heap   total reserved 65536K, committed 1024K, used 1740K [0x00000000fc000000, 0x0000000100000000)",
                (1740, 1024, 65_536),
            ),
            (
                " ZHeap           used 2M, capacity 32M, max capacity 64M",
                (2048, 32_768, 65_536),
            ),
            (
                " 65536K max, 65535K soft max, 1024K committed, 1280K used",
                (1280, 1024, 65_536),
            ),
        ] {
            let space = heap_space("f", 1, line.as_bytes()).unwrap();
            let seen =
                [space.used, space.committed, space.reserved].map(|bytes| bytes.unwrap_or(0) >> 10);
            assert_eq!(seen, [wanted.0, wanted.1, wanted.2], "{line}");
        }
    }
}
