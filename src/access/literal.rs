//! Text of a format, compared with a line in as few steps as possible.

/// Text of the format.
#[derive(Debug, Clone, Default)]
pub(super) struct Literal {
    pub(super) text: Vec<u8>,
    /// Its first eight bytes and which of them it has.
    word: u64,
    mask: u64,
}

impl Literal {
    pub(super) fn new(text: Vec<u8>) -> Self {
        let (mut word, mut mask) = ([0; 8], [0; 8]);
        for (at, byte) in text.iter().take(8).enumerate() {
            (word[at], mask[at]) = (*byte, 0xff);
        }
        Self {
            word: u64::from_le_bytes(word),
            mask: u64::from_le_bytes(mask),
            text,
        }
    }

    /// Whether `text` begins with it. Most literals are a few bytes, and compared in one step.
    #[inline]
    pub(super) fn begins(&self, text: &[u8]) -> bool {
        match text.first_chunk() {
            Some(first) => {
                (u64::from_le_bytes(*first) ^ self.word) & self.mask == 0
                    && (self.text.len() <= 8 || text.starts_with(&self.text))
            }
            None => text.starts_with(&self.text),
        }
    }

    /// What follows it in a text that begins with it.
    #[inline]
    pub(super) fn strip<'a>(&self, text: &'a [u8]) -> Option<&'a [u8]> {
        match self.begins(text) {
            true => text.get(self.text.len()..),
            false => None,
        }
    }
}
