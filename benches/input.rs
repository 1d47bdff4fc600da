//! Benches of the input room: how fast bytes become lines that rooms can read.

use std::hint::black_box;
use std::io::Write;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use diag::input::{Bundle, Lines};
use flate2::{Compression, GzBuilder};

/// A GC log of about 16 MiB.
fn plain() -> Vec<u8> {
    let mut text = Vec::new();
    for number in 0..180_000 {
        let _ = writeln!(
            text,
            "[2026-11-22T01:02:03.456+0000][{number}.010s][info][gc] GC({number}) Pause Young (Normal) 16M->8M(61M) 4.123ms"
        );
    }
    text
}

fn each_line(text: &[u8], wrap: impl Fn(&[u8], &mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() * 2);
    for line in Lines::new(text) {
        wrap(line.text, &mut out);
    }
    out
}

fn cri(text: &[u8]) -> Vec<u8> {
    each_line(text, |line, out| {
        out.extend(b"2026-11-22T01:02:03.123456789Z stdout F ");
        out.extend(line);
        out.push(b'\n');
    })
}

fn docker_json(text: &[u8]) -> Vec<u8> {
    each_line(text, |line, out| {
        out.extend(br#"{"log":""#);
        out.extend(line);
        out.extend(br#"\n","stream":"stdout","time":"2026-11-22T01:02:03.123456789Z"}"#);
        out.push(b'\n');
    })
}

/// As `jcmd GC.heap_dump -gz=1` packs a dump, with the content of a log.
fn block_gzip(content: &[u8]) -> Vec<u8> {
    const BLOCK: usize = 1 << 20;
    let mut out = Vec::new();
    for (index, piece) in content.chunks(BLOCK).enumerate() {
        let builder = match index {
            0 => GzBuilder::new().comment(format!("HPROF BLOCKSIZE={BLOCK}")),
            _ => GzBuilder::new(),
        };
        let mut encoder = builder.write(&mut out, Compression::fast());
        let _ = encoder.write_all(piece);
        let _ = encoder.finish();
    }
    out
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = GzBuilder::new().write(&mut out, Compression::fast());
    let _ = encoder.write_all(content);
    let _ = encoder.finish();
    out
}

fn bench(criterion: &mut Criterion) {
    let text = plain();
    let sniffers = diag::cli::sniffers();
    let mut group = criterion.benchmark_group("input");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("lines", |bencher| {
        bencher.iter(|| Lines::new(black_box(&text)).count());
    });
    for (name, bytes) in [
        ("open plain", text.clone()),
        ("open CRI", cri(&text)),
        ("open Docker JSON", docker_json(&text)),
        ("open gzip", gzip(&text)),
        ("open block gzip", block_gzip(&text)),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let files = vec![("gc.log".to_owned(), bytes.clone())];
                Bundle::from_buffers(files, &sniffers)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
