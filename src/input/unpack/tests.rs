use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

fn gz(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn tar_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

fn zip_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in members {
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(*name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Block gzip as `jcmd GC.heap_dump -gz` writes it.
fn block_gzip(content: &[u8], block: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for (index, piece) in content.chunks(block).enumerate() {
        let mut builder = flate2::GzBuilder::new().operating_system(0);
        if index < 2 {
            builder = builder.comment(format!("HPROF BLOCKSIZE={block}"));
        }
        let mut encoder = builder.write(Vec::new(), Compression::fast());
        encoder.write_all(piece).unwrap();
        out.extend(encoder.finish().unwrap());
    }
    out
}

fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        })
        .collect()
}

fn unpacked(name: &str, bytes: Vec<u8>) -> (Vec<(String, Vec<u8>)>, Vec<String>) {
    let out = unpack(name, Bytes::from(bytes));
    let pieces = out.pieces.into_iter().map(|p| (p.name, p.bytes.to_vec()));
    let issues = out.issues.iter().map(ToString::to_string);
    (pieces.collect(), issues.collect())
}

#[test]
fn members_of_gzip_follow_each_other_and_zeros_are_padding() {
    let packed = [gz(b"one "), gz(b"two"), vec![0; 512]].concat();
    let (pieces, issues) = unpacked("x", packed);
    assert_eq!(pieces, [("x".to_owned(), b"one two".to_vec())]);
    assert_eq!(issues, [""; 0]);
}

#[test]
fn garbage_behind_gzip_is_named() {
    let packed = [gz(b"one"), b"rest".to_vec()].concat();
    let (pieces, issues) = unpacked("x", packed);
    assert_eq!(pieces[0].1, b"one");
    assert!(
        issues[0].contains("4 bytes after the compressed data"),
        "{issues:?}"
    );
}

#[test]
fn block_gzip_is_the_same_as_in_order_at_any_damage() {
    let content = [noise(300_000), vec![7; 500_000]].concat();
    let packed = block_gzip(&content, 4096);
    assert!(gzip::is_block_gzip(&packed));
    let (pieces, issues) = unpacked("dump", packed.clone());
    assert!(pieces[0].1 == content && issues.is_empty());
    // A header inside a block must not be taken for a member.
    let mut tricky = b"JAVA PROFILE\x1f\x8b\x08\0\0\0\0\0\0\0".to_vec();
    tricky.extend(noise(5000));
    let mut stored = Vec::new();
    let builder = flate2::GzBuilder::new().comment("HPROF BLOCKSIZE=1048576");
    let mut encoder = builder.write(&mut stored, Compression::none());
    encoder.write_all(&tricky).unwrap();
    encoder.finish().unwrap();
    let (pieces, issues) = unpacked("x", stored);
    assert_eq!(issues, [""; 0]);
    assert!(pieces[0].1 == tricky);
    for cut in (1..packed.len()).step_by(packed.len() / 40) {
        let (pieces, issues) = unpacked("dump", packed[..cut].to_vec());
        let got = pieces.first().map_or(&[][..], |piece| &piece.1[..]);
        if gzip::is_block_gzip(&packed[..cut]) {
            assert!(content.starts_with(got));
            assert!(got.len() + 2 * 4096 > content.len() * cut / packed.len() / 8);
            assert!(issues.len() <= 1);
        }
    }
}

#[test]
fn hostile_block_headers_cost_little() {
    let mut packed = block_gzip(&noise(10), 4096);
    for _ in 0..200_000 {
        packed.extend([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
    }
    let (_, issues) = unpacked("x", packed);
    assert_eq!(issues.len(), 1);
}

#[test]
fn archives_are_folders_three_deep() {
    let inner = tar_of(&[("./etc/passwd", b"a"), ("b\\c.log", b"b")]);
    let packed = zip_of(&[("pod/logs.tar.gz", &gz(&inner)), ("readme", b"r")]);
    let (pieces, issues) = unpacked("e.zip", packed);
    let names: Vec<_> = pieces.iter().map(|piece| piece.0.as_str()).collect();
    assert_eq!(
        names,
        [
            "e.zip/pod/logs.tar.gz/etc/passwd",
            "e.zip/pod/logs.tar.gz/b/c.log",
            "e.zip/readme"
        ]
    );
    assert_eq!(issues, [""; 0]);
    assert_eq!(member_name("a", b"../..//b/\x1b[2J"), "a/b/?[2J");
    let mut nested = tar_of(&[("x", b"x")]);
    for _ in 0..6 {
        nested = tar_of(&[("t.tar", &nested)]);
    }
    let (pieces, issues) = unpacked("n.tar", nested);
    assert_eq!(pieces, []);
    assert!(issues[0].contains("more than 3 deep"), "{issues:?}");
}

#[test]
fn an_archive_cut_anywhere_gives_what_is_there() {
    let (first, second) = (noise(3000), noise(2000));
    let members: [(&str, &[u8]); 2] = [("a.log", &first), ("b.log", &second)];
    let tar = tar_of(&members);
    for packed in [tar.clone(), gz(&tar), zip_of(&members)] {
        for cut in 1..packed.len() {
            let (pieces, issues) = unpacked("e", packed[..cut].to_vec());
            for (name, content) in &pieces {
                match name.as_str() {
                    "e/a.log" => assert!(first.starts_with(content)),
                    "e/b.log" => assert!(second.starts_with(content)),
                    _ => assert!(cut < 600, "{name} at {cut}"),
                }
            }
            let missing = pieces.iter().map(|piece| piece.1.len()).sum::<usize>() < 5000;
            assert!(!missing || !issues.is_empty() || cut < 600, "{cut}");
            if cut > 4000 {
                assert!(pieces[0].1 == first, "{cut}");
            }
        }
    }
}

#[test]
fn an_archive_with_random_damage_never_panics() {
    let tar = tar_of(&[("a.log", &noise(3000)), ("b.log", b"text")]);
    let members: [(&str, &[u8]); 2] = [("a.log", &[5; 3000]), ("b.log", b"text")];
    for packed in [tar.clone(), gz(&tar), zip_of(&members)] {
        for (index, byte) in noise(600).iter().enumerate() {
            let mut damaged = packed.clone();
            let at = index * damaged.len() / 600;
            damaged[at] ^= byte;
            let _ = unpacked("e", damaged);
        }
    }
}

#[test]
fn other_compressors_are_read() {
    let content = b"text text text text\n".repeat(1000);
    let zst = ruzstd::encoding::compress_to_vec(
        &content[..],
        ruzstd::encoding::CompressionLevel::Fastest,
    );
    let skippable = [0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 1];
    let frames = [&skippable[..], &zst, &skippable, &zst].concat();
    let mut bz2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
    bz2.write_all(&content).unwrap();
    let bz2 = bz2.finish().unwrap();
    let twice = content.repeat(2);
    for (packed, expected) in [(zst.clone(), &content), (frames, &twice), (bz2, &content)] {
        let (pieces, issues) = unpacked("x", packed.clone());
        assert_eq!(issues, [""; 0]);
        assert!(pieces[0].1 == *expected);
        let (_, issues) = unpacked("x", packed[..packed.len() - 3].to_vec());
        assert_eq!(issues.len(), 1, "{issues:?}");
    }
}

#[test]
fn xz_is_read_stream_after_stream() {
    // printf 'text text text text\n' | xz -9
    const XZ: [u8; 72] = [
        0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x04, 0xe6, 0xd6, 0xb4, 0x46, 0x02, 0x00, 0x21,
        0x01, 0x1c, 0x00, 0x00, 0x00, 0x10, 0xcf, 0x58, 0xcc, 0xe0, 0x00, 0x13, 0x00, 0x0c, 0x5d,
        0x00, 0x3a, 0x19, 0x4b, 0x78, 0x10, 0x3b, 0x30, 0x8c, 0x43, 0x50, 0x00, 0x00, 0x00, 0x46,
        0xb2, 0x48, 0xda, 0x95, 0xaf, 0xfe, 0xa5, 0x00, 0x01, 0x28, 0x14, 0xfc, 0xcf, 0x01, 0x67,
        0x1f, 0xb6, 0xf3, 0x7d, 0x01, 0x00, 0x00, 0x00, 0x00, 0x04, 0x59, 0x5a,
    ];
    let (pieces, issues) = unpacked("x", XZ.repeat(2));
    assert_eq!(issues, [""; 0]);
    assert_eq!(pieces[0].1, b"text text text text\n".repeat(2));
    for cut in 7..XZ.len() {
        let (_, issues) = unpacked("x", XZ[..cut].to_vec());
        assert_eq!(issues.len(), 1, "{cut}");
    }
}

#[test]
fn a_bomb_stops_at_the_limit() {
    let mut unpacker = Unpacker {
        bytes_left: 1 << 20,
        modified: None,
        members_left: 3,
        out: Unpacked::default(),
    };
    let bomb = gz(&vec![0; 8 << 20]);
    unpacker.take("bomb".to_owned(), Bytes::from(bomb), 0);
    assert_eq!(unpacker.out.pieces[0].bytes.len(), 1 << 20);
    assert!(
        unpacker.out.issues[0]
            .problem
            .contains("stopped after 1.0 MiB")
    );
    let many = tar_of(&[("a", b"a"), ("b", b"b"), ("c", b"c"), ("d", b"d")]);
    unpacker.take("many.tar".to_owned(), Bytes::from(many), 0);
    assert_eq!(unpacker.out.pieces.len(), 3);
    assert!(unpacker.out.issues[1].problem.contains("members"));
}

#[test]
fn foreign_packings_are_named_and_programs_are_left_alone() {
    let (pieces, issues) = unpacked("x.7z", b"7z\xbc\xaf\x27\x1crest".to_vec());
    assert!(pieces.is_empty() && issues[0].contains("7z is not read"));
    let jar = zip_of(&[("META-INF/MANIFEST.MF", b"m"), ("A.class", b"c")]);
    let (pieces, issues) = unpacked("app.jar", jar);
    assert_eq!((pieces.len(), issues.len()), (1, 0));
}
