//! Names as a Java programmer writes them, from the forms that the writers of dumps use.

use super::Type;

/// Decodes modified UTF-8 (JVMS §4.4.7): NUL as two bytes, supplementary characters as two encoded surrogates. Bytes
/// that fit nothing become U+FFFD.
pub(in crate::heap) fn modified_utf8(bytes: &[u8]) -> String {
    if bytes.is_ascii() {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let mut units = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        let (unit, used) = match (*first, tail) {
            (0..=0x7F, _) => (u16::from(*first), 1),
            (0xC0..=0xDF, [a @ 0x80..=0xBF, ..]) => {
                (u16::from(first & 0x1F) << 6 | u16::from(a & 0x3F), 2)
            }
            (0xE0..=0xEF, [a @ 0x80..=0xBF, b @ 0x80..=0xBF, ..]) => {
                let high = u16::from(first & 0x0F) << 12;
                (high | u16::from(a & 0x3F) << 6 | u16::from(b & 0x3F), 3)
            }
            _ => (0xFFFD, 1),
        };
        units.push(unit);
        rest = &rest[used..];
    }
    String::from_utf16_lossy(&units)
}

/// `java.lang.String[]` from `[Ljava/lang/String;`, `java/lang/String`, `java.lang.String[]` and the like. HotSpot
/// writes the inner form, the `hprof` agent and Android dots.
pub(in crate::heap) fn class_name(raw: &str) -> String {
    let dimensions = raw.bytes().take_while(|byte| *byte == b'[').count();
    if dimensions == 0 {
        return dotted(raw);
    }
    let element = &raw[dimensions..];
    let base = match element.strip_prefix('L') {
        Some(class) => dotted(class.strip_suffix(';').unwrap_or(class)),
        None => match primitive(element) {
            Some(word) => word.to_owned(),
            None => dotted(element),
        },
    };
    base + &"[]".repeat(dimensions)
}

/// Hidden classes end in `/0x…` or `+0x…`: that slash is part of the name.
fn dotted(raw: &str) -> String {
    match raw.rfind("/0x") {
        Some(at) => raw[..at].replace('/', ".") + &raw[at..],
        None => raw.replace('/', "."),
    }
}

fn primitive(descriptor: &str) -> Option<&'static str> {
    Some(match descriptor {
        "Z" => Type::Boolean.word(),
        "C" => Type::Char.word(),
        "F" => Type::Float.word(),
        "D" => Type::Double.word(),
        "B" => Type::Byte.word(),
        "S" => Type::Short.word(),
        "I" => Type::Int.word(),
        "J" => Type::Long.word(),
        _ => return None,
    })
}

/// The class name without its package.
pub(in crate::heap) fn simple(class: &str) -> &str {
    let end = class.find('/').unwrap_or(class.len());
    class[..end]
        .rfind('.')
        .map_or(class, |dot| &class[dot + 1..])
}

/// The name without the parts that differ from run to run: addresses of hidden classes, numbers of generated ones.
pub(in crate::heap) fn stable_class_name(name: &str) -> String {
    let name = match name.find("/0x").or_else(|| name.find("+0x")) {
        Some(at) => &name[..at],
        None => name,
    };
    let generated = ["$$Lambda", "$Proxy", "GeneratedMethodAccessor"]
        .iter()
        .find_map(|mark| name.find(mark).map(|at| at + mark.len()));
    match generated {
        Some(end) => name[..end].to_owned(),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn class_names_of_all_writers() {
        assert_eq!(class_name("java/lang/String"), "java.lang.String");
        assert_eq!(class_name("[Ljava/lang/String;"), "java.lang.String[]");
        assert_eq!(class_name("[[I"), "int[][]");
        assert_eq!(class_name("java.lang.String[]"), "java.lang.String[]");
        assert_eq!(
            class_name("a/B$$Lambda$14/0x0000000800c03000"),
            "a.B$$Lambda$14/0x0000000800c03000"
        );
        assert_eq!(stable_class_name("a.B$$Lambda$14/0x00c0"), "a.B$$Lambda");
        assert_eq!(stable_class_name("a.B$$Lambda/0x00c0"), "a.B$$Lambda");
        assert_eq!(class_name("["), "[]");
        assert_eq!(simple("java.util.Map$Entry[]"), "Map$Entry[]");
        assert_eq!(simple("a.B$$Lambda/0x0.1"), "B$$Lambda/0x0.1");
    }

    #[test]
    fn modified_utf8_is_decoded() {
        assert_eq!(modified_utf8(b"plain"), "plain");
        assert_eq!(modified_utf8(&[0xC0, 0x80]), "\0");
        assert_eq!(
            modified_utf8(&[0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80]),
            "\u{1F600}"
        );
        assert_eq!(modified_utf8(&[0xE2, 0x82]), "\u{FFFD}\u{FFFD}");
    }
}
