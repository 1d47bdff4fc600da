//! One file, archive member or stream, unpacked and recognised.

use super::{Bytes, Kind, Lines};

/// One piece of evidence as the rooms see it: decompressed, envelope removed, recognised.
#[derive(Debug, Clone)]
pub struct Source {
    /// Path inside the bundle with `/`, archive members as `archive.zip/member`; `-` for standard input.
    pub name: String,
    /// The content.
    pub bytes: Bytes,
    /// What it holds, most certain first; never empty.
    pub kinds: Vec<Kind>,
    /// The format that claimed it, for the list of sources: `Kubernetes describe`.
    pub format: &'static str,
}

impl Source {
    /// A source made of a buffer, of a known kind: for tests and benches.
    pub fn of(name: impl Into<String>, bytes: impl Into<Vec<u8>>, kind: Kind) -> Self {
        Self {
            name: name.into(),
            bytes: Bytes::from(bytes.into()),
            kinds: vec![kind],
            format: kind.word(),
        }
    }

    /// Whether evidence of this kind was seen anywhere in it.
    pub fn holds(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }

    /// What it mainly is.
    pub fn kind(&self) -> Kind {
        self.kinds.first().copied().unwrap_or(Kind::Unknown)
    }

    /// Its lines.
    pub fn lines(&self) -> Lines<'_> {
        Lines::new(&self.bytes)
    }
}
