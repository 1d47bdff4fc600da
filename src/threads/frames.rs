//! Stack frames, each distinct one kept once, with the names that differ between runs made equal.

use rustc_hash::FxHashMap;

use super::library::{self, Tag};

/// A distinct frame.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    /// `class.method(File.java:12)`, without module and with generated names made equal.
    pub(crate) text: String,
    /// `class.method`.
    pub(crate) method: String,
    /// Length of the class within `method`.
    class_len: usize,
    /// Equal for frames with equal `text`.
    pub(crate) same: u32,
    /// Equal for frames with equal `method`.
    pub(crate) same_method: u32,
    /// What the frame says about its thread.
    pub(crate) tag: Tag,
    /// `Native Method`.
    pub(crate) native: bool,
}

impl Frame {
    pub(crate) fn class(&self) -> &str {
        &self.method[..self.class_len]
    }

    /// Name of the method without its class.
    pub(crate) fn name(&self) -> &str {
        self.method.get(self.class_len + 1..).unwrap_or("")
    }
}

/// All frames of a run.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    by_bytes: FxHashMap<Box<[u8]>, u32>,
    by_text: FxHashMap<String, u32>,
    by_method: FxHashMap<String, u32>,
    frames: Vec<Frame>,
}

impl Frames {
    /// The frame written as `bytes`: what stands after `at `.
    pub(crate) fn intern(&mut self, bytes: &[u8]) -> u32 {
        if let Some(&id) = self.by_bytes.get(bytes) {
            return id;
        }
        let id = self.frames.len() as u32;
        let frame = self.parse(&String::from_utf8_lossy(bytes));
        self.frames.push(frame);
        self.by_bytes.insert(bytes.into(), id);
        id
    }

    pub(crate) fn get(&self, id: u32) -> &Frame {
        &self.frames[id as usize]
    }

    fn parse(&mut self, raw: &str) -> Frame {
        let open = raw.find('(').unwrap_or(raw.len());
        let close = raw.rfind(')').unwrap_or(raw.len());
        let location = match raw[..close].rfind('(') {
            Some(start) => raw[start + 1..close].rsplit('/').next().unwrap_or(""),
            None => "",
        };
        let name = normalise(raw[..open].trim());
        let class_len = name.rfind('.').unwrap_or(0);
        let text = match location {
            "" => name.clone(),
            _ => format!("{name}({location})"),
        };
        let next = self.by_text.len() as u32;
        let same = *self.by_text.entry(text.clone()).or_insert(next);
        let next = self.by_method.len() as u32;
        let same_method = *self.by_method.entry(name.clone()).or_insert(next);
        Frame {
            tag: library::tag(&name[..class_len], name.get(class_len + 1..).unwrap_or("")),
            native: location == "Native Method",
            text,
            method: name,
            class_len,
            same,
            same_method,
        }
    }
}

/// `class.method` without module, hidden-class address and the numbers of generated classes.
fn normalise(raw: &str) -> String {
    let mut name = raw.to_owned();
    // Hidden classes: `Foo$$Lambda$4/0x0000000800c03000.run` (HotSpot), `Foo$$Lambda$4+0x00007fe6d4001000.run` (jhsdb).
    for mark in ["/0x", "+0x"] {
        if let Some(start) = name.find(mark) {
            let digits = name[start + 3..].bytes().take_while(u8::is_ascii_hexdigit);
            let end = start + 3 + digits.count();
            name.replace_range(start..end, "");
        }
    }
    // Loader and module: `app//com.shop.Cart.add`, `java.base@17.0.15/java.lang.Thread.sleep`.
    if let Some(slash) = name.rfind('/') {
        name.drain(..=slash);
    }
    if let Some(start) = name.find("$$Lambda") {
        let from = start + "$$Lambda".len();
        let end = name[from..].find('.').map_or(name.len(), |dot| from + dot);
        name.replace_range(from..end, "");
    }
    for mark in ["Accessor", "$Proxy", "jdk.proxy"] {
        if let Some(start) = name.find(mark) {
            number_to_n(&mut name, start + mark.len());
        }
    }
    for mark in ["CGLIB$$", "CGLIB_PROXY$$"] {
        if let Some(start) = name.find(mark) {
            let from = start + mark.len();
            let end = name[from..]
                .find(['.', '$'])
                .map_or(name.len(), |end| from + end);
            name.replace_range(from..end, "");
        }
    }
    name
}

fn number_to_n(name: &mut String, from: usize) {
    let digits = name[from..].bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 {
        name.replace_range(from..from + digits, "N");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(raw: &str) -> String {
        let mut frames = Frames::default();
        let id = frames.intern(raw.as_bytes());
        frames.get(id).text.clone()
    }

    #[test]
    fn modules_and_run_specific_names_are_removed() {
        let sleep = "java.lang.Thread.sleep(Native Method)";
        assert_eq!(
            text("java.lang.Thread.sleep(java.base@17.0.15/Native Method)"),
            sleep
        );
        assert_eq!(
            text("java.base/java.lang.Thread.sleep(Native Method)"),
            sleep
        );
        assert_eq!(
            text("java.base@11.0.19/java.lang.Thread.sleep(Native Method)"),
            sleep
        );
        assert_eq!(text("app//a.B.c(B.java:1)"), "a.B.c(B.java:1)");
        assert_eq!(
            text("A$$Lambda$4/0x00007f9d5c001228.run(Unknown Source)"),
            "A$$Lambda.run(Unknown Source)"
        );
        assert_eq!(
            text("A$$Lambda/0x2a.run(java.base@25/Unknown Source)"),
            text("A$$Lambda$9/0x7.run(Unknown Source)")
        );
        assert_eq!(
            text("jdk.proxy2.$Proxy77.get(Unknown Source)"),
            "jdk.proxyN.$ProxyN.get(Unknown Source)"
        );
        assert_eq!(
            text("sun.reflect.GeneratedMethodAccessor12.invoke(Unknown Source)"),
            "sun.reflect.GeneratedMethodAccessorN.invoke(Unknown Source)"
        );
        assert_eq!(
            text("a.B$$EnhancerBySpringCGLIB$$1f2e.c(<generated>)"),
            "a.B$$EnhancerBySpringCGLIB$$.c(<generated>)"
        );
    }

    #[test]
    fn class_and_method_are_told_apart() {
        let mut frames = Frames::default();
        let id = frames.intern(b"a.B.<clinit>(B.java:3)");
        assert_eq!(
            (frames.get(id).class(), frames.get(id).name()),
            ("a.B", "<clinit>")
        );
        for odd in ["", ".", "(", ")(", "noclass", "a.(", "\u{e9}.x("] {
            frames.intern(odd.as_bytes());
        }
    }
}
