//! UTF-16 and byte order marks: what editors and PowerShell leave in a log on its way to a ticket.

use super::Bytes;

/// The text as UTF-8 without a byte order mark. Bytes without a mark stay as they are, whatever they hold. Lines stay
/// lines; an unpaired surrogate becomes U+FFFD.
pub(super) fn to_utf8(bytes: Bytes) -> Bytes {
    match &bytes[..] {
        [0xef, 0xbb, 0xbf, ..] => bytes.slice(3..bytes.len()),
        [0xff, 0xfe, 0, 0, ..] => bytes,
        [0xff, 0xfe, rest @ ..] => Bytes::from(from_utf16(rest, u16::from_le_bytes)),
        [0xfe, 0xff, rest @ ..] => Bytes::from(from_utf16(rest, u16::from_be_bytes)),
        _ => bytes,
    }
}

fn from_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Vec<u8> {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let mut out = Vec::with_capacity(bytes.len() / 2);
    let mut buffer = [0; 4];
    for character in char::decode_utf16(units) {
        let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
        out.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_go_and_text_stays() {
        let text = "Größe 4\r\n𝄞\n";
        let little: Vec<u8> = "\u{feff}"
            .encode_utf16()
            .chain(text.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        let big: Vec<u8> = "\u{feff}"
            .encode_utf16()
            .chain(text.encode_utf16())
            .flat_map(u16::to_be_bytes)
            .collect();
        let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
        for bytes in [little, big, marked, text.as_bytes().to_vec()] {
            assert_eq!(&to_utf8(Bytes::from(bytes))[..], text.as_bytes());
        }
        assert_eq!(&to_utf8(Bytes::from(vec![0xff, 0xfe, 0x41]))[..], b"");
        assert_eq!(
            &to_utf8(Bytes::from(vec![0xfe, 0xff, 0xd8, 0, 0, 0x41]))[..],
            "\u{fffd}A".as_bytes()
        );
    }
}
