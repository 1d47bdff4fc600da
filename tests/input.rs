//! The input room from outside: folders, archives, envelopes, copies, links, and files that change under the reader.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use common::{corpus, files, root};
use diag::input::{Bundle, Certainty, Kind, Sample, Sniffer};
use diag::time::Stamp;
use flate2::Compression;
use flate2::write::GzEncoder;

/// Formats of these tests only, so that they do not depend on what the rooms recognise.
const SNIFFERS: &[Sniffer] = &[
    Sniffer {
        kind: Kind::GcLog,
        format: "test GC log",
        sniff: |sample| starts_with(sample, b"[gc]"),
        telltales: &[],
    },
    Sniffer {
        kind: Kind::Events,
        format: "test machine log",
        sniff: |sample| match sample.contains(" systemd[1]: ") {
            true => Certainty::Likely,
            false => Certainty::No,
        },
        telltales: &["OutOfMemoryError"],
    },
    Sniffer {
        kind: Kind::ThreadDump,
        format: "test thread dump",
        sniff: |sample| starts_with(sample, b"Full thread dump"),
        telltales: &["Full thread dump"],
    },
];

fn starts_with(sample: &Sample<'_>, mark: &[u8]) -> Certainty {
    let first = sample.lines(1).next().unwrap_or_default();
    match first.starts_with(mark) {
        true => Certainty::Sure,
        false => Certainty::No,
    }
}

fn open(path: &Path) -> Bundle {
    Bundle::open(&[path.to_owned()], SNIFFERS)
}

fn from(name: &str, text: &str) -> Bundle {
    Bundle::from_buffers(vec![(name.to_owned(), text.into())], SNIFFERS)
}

fn shown(bundle: &Bundle) -> Vec<String> {
    let line = |source: &diag::input::Source| {
        let text = String::from_utf8_lossy(&source.bytes).replace('\n', "|");
        format!(
            "{} {:?} {text}",
            source.name,
            source.kinds().collect::<Vec<_>>()
        )
    };
    bundle.sources.iter().map(line).collect()
}

fn issues(bundle: &Bundle) -> Vec<String> {
    bundle.issues.iter().map(ToString::to_string).collect()
}

fn gz(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_folder_is_walked_in_the_order_of_names_and_copies_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    };
    write("pod/gc.log.1.current", b"[gc] second\n");
    write("pod/gc.log.0", b"[gc] first\n");
    write("pod/gc.log.0.gz", &gz(b"[gc] first\n"));
    write("a/notes.txt", b"same\n");
    write("b/notes.txt", b"same\n");
    write("empty", b"");
    let bundle = open(folder.path());
    assert_eq!(
        shown(&bundle),
        [
            "a/notes.txt [Unknown] same|",
            "b/notes.txt [Unknown] same|",
            "empty [Empty] ",
            "pod/gc.log.0 [GcLog] [gc] first|",
            "pod/gc.log.1.current [GcLog] [gc] second|",
        ]
    );
    assert_eq!(
        issues(&bundle),
        ["pod/gc.log.0.gz: has the same content as pod/gc.log.0; left out"]
    );
    let series: Vec<_> = bundle.sources.iter().map(|s| s.series.as_deref()).collect();
    let set = Some("pod/gc.log");
    assert_eq!(series, [None, None, None, set, set]);
}

#[test]
fn several_paths_keep_names_that_tell_them_apart() {
    let folder = tempfile::tempdir().unwrap();
    for pod in ["shop-0", "shop-1"] {
        fs::create_dir(folder.path().join(pod)).unwrap();
        fs::write(
            folder.path().join(pod).join("gc.log"),
            format!("[gc] {pod}\n"),
        )
        .unwrap();
    }
    let folders = ["shop-0", "shop-1"].map(|pod| folder.path().join(pod));
    let names = |paths: &[PathBuf]| -> Vec<String> {
        let bundle = Bundle::open(paths, SNIFFERS);
        bundle
            .sources
            .into_iter()
            .map(|source| source.name)
            .collect()
    };
    assert_eq!(names(&folders), ["shop-0/gc.log", "shop-1/gc.log"]);
    let logs = folders.map(|pod| pod.join("gc.log"));
    let both = names(&logs);
    assert!(both[0].ends_with("shop-0/gc.log") && both[1].ends_with("shop-1/gc.log"));
}

#[cfg(unix)]
#[test]
fn links_to_files_are_followed_and_loops_are_not() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::create_dir(path.join("logs")).unwrap();
    fs::write(path.join("logs/gc.log"), "[gc] text\n").unwrap();
    symlink("..", path.join("logs/loop")).unwrap();
    symlink("gc.log", path.join("logs/latest")).unwrap();
    symlink("gone", path.join("logs/dangling")).unwrap();
    symlink("/dev/zero", path.join("logs/zero")).unwrap();
    let bundle = open(path);
    assert_eq!(shown(&bundle), ["logs/gc.log [GcLog] [gc] text|"]);
    assert_eq!(
        issues(&bundle),
        [
            "logs/dangling: is a link to nothing",
            "logs/loop: is a link to a folder; not followed",
            "logs/zero: is a link to a special file; not read",
            "logs/latest: has the same content as logs/gc.log; left out",
        ]
    );
}

#[cfg(unix)]
#[test]
fn what_may_not_be_read_is_an_issue() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret.log");
    fs::write(&secret, "[gc] text\n").unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&secret).is_ok() {
        return; // the superuser reads everything
    }
    assert_eq!(
        issues(&open(folder.path())),
        ["secret.log: cannot be read: permission denied"]
    );
}

#[test]
fn a_zip_of_a_folder_reads_like_the_folder() {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in [
        ("pod/gc.log", &b"[gc] text\n"[..]),
        ("pod/gc.log.0.gz", &gz(b"[gc] older\n")),
    ] {
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    let packed = writer.finish().unwrap().into_inner();
    let files = vec![("evidence.zip".to_owned(), packed)];
    let bundle = Bundle::from_buffers(files, SNIFFERS);
    assert_eq!(
        shown(&bundle),
        [
            "evidence.zip/pod/gc.log [GcLog] [gc] text|",
            "evidence.zip/pod/gc.log.0.gz [GcLog] [gc] older|",
        ]
    );
    let set = Some("evidence.zip/pod/gc.log");
    assert!(bundle.sources.iter().all(|s| s.series.as_deref() == set));
}

#[test]
fn container_envelopes_go_and_leave_their_times() {
    let bundle = from(
        "0.log",
        "2026-11-22T01:02:03.000001Z stdout F [gc] one\n\
         2026-11-22T01:02:04.000002Z stderr F java.lang.OutOfMemoryError: Java heap space\n",
    );
    let expected = "0.log [GcLog, Events] [gc] one|java.lang.OutOfMemoryError: Java heap space|";
    assert_eq!(shown(&bundle), [expected]);
    let source = &bundle.sources[0];
    assert_eq!(source.envelope.as_ref().unwrap().format, "CRI");
    let Some(Stamp::Zoned(moment)) = source.envelope_time(2) else {
        panic!("no time");
    };
    assert_eq!(moment.lo.rfc3339(), "2026-11-22T01:02:04.000002Z");
    assert_eq!(source.envelope_time(0), None);
    assert_eq!(source.envelope_time(3), None);
}

#[test]
fn prefix_and_timestamps_are_two_layers() {
    let bundle = from(
        "logs",
        "[pod/shop-0/app] 2026-11-22T01:02:03.000000001Z [gc] zero\n\
         [pod/shop-1/app] 2026-11-22T01:02:04.000000001Z [gc] one\n",
    );
    assert_eq!(
        shown(&bundle),
        [
            "logs[shop-0/app] [GcLog] [gc] zero|",
            "logs[shop-1/app] [GcLog] |[gc] one|",
        ]
    );
    assert!(bundle.sources[1].envelope_time(2).is_some());
    assert!(bundle.sources[1].envelope_time(1).is_none());
}

#[test]
fn the_log_of_a_machine_stays_and_shows_what_is_in_it() {
    let text = "\
2026-11-22T01:02:03+0000 host systemd[1]: Started shop.service.
2026-11-22T01:02:03+0000 host java[77]: [gc] one
2026-11-22T01:02:04+0000 host systemd[1]: shop.service: Main process exited
";
    let bundle = from("journal.txt", text);
    let kinds: Vec<_> = bundle
        .sources
        .iter()
        .map(|s| s.kinds().collect::<Vec<_>>())
        .collect();
    assert_eq!(kinds, [&[Kind::Events][..], &[Kind::GcLog]]);
    assert_eq!(&bundle.sources[0].bytes[..], text.as_bytes());
    assert_eq!(&bundle.sources[1].bytes[..], b"\n[gc] one\n");
    assert_eq!(bundle.sources[1].lines().nth(1).unwrap().number, 2);
    let only_machine = text.replace("java[77]: [gc] one", "sshd[9]: accepted");
    assert_eq!(from("journal.txt", &only_machine).sources.len(), 1);
}

#[test]
fn a_telltale_counts_anywhere_in_a_text() {
    let mut text = "line\n".repeat(50_000);
    text += "2026-11-22 01:02:03\nFull thread dump OpenJDK\n";
    assert_eq!(
        from("app.log", &text).sources[0]
            .kinds()
            .collect::<Vec<_>>(),
        [Kind::ThreadDump]
    );
}

#[test]
fn utf_16_and_marks_are_read_as_text() {
    let units = "\u{feff}[gc] größer\r\n".encode_utf16();
    let bytes: Vec<u8> = units.flat_map(u16::to_le_bytes).collect();
    let bundle = Bundle::from_buffers(vec![("gc.log".to_owned(), bytes)], SNIFFERS);
    assert_eq!(shown(&bundle), ["gc.log [GcLog] [gc] größer\r|"]);
}

#[test]
fn a_mapped_file_that_shrinks_is_named_with_the_offset() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&b"[gc] text\n".repeat(100_000)).unwrap();
    let bundle = open(file.path());
    let source = &bundle.sources[0];
    assert_eq!((source.kind(), source.bytes.shrunk_by()), (Kind::GcLog, 0));
    assert!(bundle.watch.shrunk().is_empty());
    file.as_file().set_len(500_000).unwrap();
    let newlines = source.lines().filter(|line| !line.text.is_empty()).count();
    assert!(newlines >= 50_000, "{newlines}");
    assert_eq!(source.bytes.shrunk_by(), 500_000);
    let told = bundle.watch.shrunk()[0].to_string();
    let name = file.path().file_name().unwrap().to_string_lossy();
    assert!(
        told.starts_with(&format!("{name}@0x7a120..0xf4240")),
        "{told}"
    );
}

#[test]
fn the_result_does_not_depend_on_the_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..200 {
        let content = format!("[gc] {}\n", number / 2);
        fs::write(folder.path().join(format!("gc.log.{number}")), content).unwrap();
    }
    let result = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let bundle = pool.unwrap().install(|| open(folder.path()));
        (shown(&bundle), issues(&bundle))
    };
    assert_eq!(result(1), result(7));
}

/// What the fuzzer starts from, as an ordinary test.
#[test]
fn the_seeds_of_the_fuzzer_are_read() {
    let seeds = files("fuzz/corpus/input");
    assert!(!seeds.is_empty());
    for seed in seeds {
        let bytes = fs::read(root().join(&seed)).unwrap();
        let bundle = Bundle::from_buffers(vec![(seed.clone(), bytes)], &diag::cli::sniffers());
        let told = bundle.sources.len() + bundle.issues.len();
        assert!(told > 0, "{seed}: neither a source nor an issue");
    }
}

/// Recognition against the corpus: every folder of it holds one kind of evidence, beside a few files of none.
#[test]
fn the_corpus_is_recognised_by_content() {
    let Some(corpus) = corpus() else {
        return;
    };
    let mut complaints = Vec::new();
    // The share of a folder that must be of its kind. `gc` has outputs of programs beside its logs and cuts of one or
    // two lines, `threads` has recordings and metadata, `access` has error logs.
    for (folder, kind, share) in [
        ("heap", Kind::HeapDump, 70),
        ("threads", Kind::ThreadDump, 80),
        ("gc", Kind::GcLog, 85),
        ("access", Kind::AccessLog, 60),
        ("events", Kind::Events, 100),
    ] {
        let sniffers = diag::cli::sniffers();
        if !sniffers.iter().any(|sniffer| sniffer.kind == kind) {
            continue; // no room reads this kind
        }
        let bundle = Bundle::open(&[corpus.join(folder)], &sniffers);
        let all = bundle.sources.len();
        let own = bundle.holding(kind).len();
        if own * 100 < all * share {
            complaints.push(format!("{folder}: {own} of {all} are {}", kind.word()));
        }
    }
    common::nothing_wrong("recognition of the corpus", &complaints);
}

#[test]
fn pieces_of_a_long_text_are_searched_as_one() {
    let line = "2026-11-22 01:02:03 INFO nothing to see here, move along\n";
    let many = line.repeat((9 << 20) / line.len());
    let kinds = |text: String| {
        let bundle = from("app.log", &text);
        bundle.sources[0].kinds().collect::<Vec<_>>()
    };
    let (error, dump) = ("java.lang.OutOfMemoryError\n", "Full thread dump\n");
    // What comes first is what it mainly is, whichever piece is searched first.
    for _ in 0..8 {
        assert_eq!(
            kinds(format!("{many}{error}{line}{dump}")),
            [Kind::Events, Kind::ThreadDump]
        );
        assert_eq!(
            kinds(format!("{line}{dump}{many}{error}")),
            [Kind::ThreadDump, Kind::Events]
        );
    }
}
