//! Benches of the access room: reading lines of the common kinds, and joining summaries.

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use diag::access::{Options, analyse, merge, summarise};
use diag::input::{Kind, Silent, Source};

fn lines(format: &str, count: u32) -> String {
    let mut out = String::new();
    let mut state = 1_u32;
    for index in 0..count {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (client, id, took) = (state >> 16, state >> 12, state >> 24);
        let second = index / 50;
        let time = format!(
            "{:02}:{:02}:{:02}",
            second / 3600 % 24,
            second / 60 % 60,
            second % 60
        );
        let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
        let address = format!(
            "10.{}.{}.{}",
            client >> 12 & 255,
            client >> 6 & 63,
            client & 63
        );
        let _ = match format {
            "json" => writeln!(
                out,
                "{{\"time\":\"2026-11-22T{time}.123Z\",\"remote_addr\":\"{address}\",\"method\":\"GET\",\"uri\":\"/orders/{id}\",\"status\":200,\"body_bytes_sent\":900,\"request_time\":0.{took:03},\"http_user_agent\":\"{agent}\"}}"
            ),
            _ => writeln!(
                out,
                "{address} - - [22/Nov/2026:{time} +0000] \"GET /orders/{id} HTTP/1.1\" 200 900 \"-\" \"{agent}\" {took}"
            ),
        };
    }
    out
}

fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("access");
    for format in ["combined", "json"] {
        let text = lines(format, 100_000);
        group.throughput(Throughput::Bytes(text.len() as u64));
        let source = Source::of("access.log", text, Kind::AccessLog);
        group.bench_function(format, |bencher| {
            bencher.iter(|| black_box(analyse(&[&source], &Options::default(), &Silent)));
        });
    }
    let parts: Vec<(String, Vec<u8>)> = (0..8)
        .map(|part| {
            let name = format!("{part}.log");
            let source = Source::of(&name, lines("combined", 10_000 + part), Kind::AccessLog);
            (
                name,
                summarise(&[&source], &Options::default(), &Silent).to_bytes(),
            )
        })
        .collect();
    let files: Vec<(&str, &[u8])> = parts
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
        .collect();
    group.throughput(Throughput::Elements(files.len() as u64));
    group.bench_function("merge", |bencher| bencher.iter(|| black_box(merge(&files))));
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
