//! Benches of the events room: a log without events, one with an event on every line, and an event list.

use std::fmt::Write;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use diag::events::{Options, analyse};
use diag::input::{Kind, Silent, Source};

const SIZE: usize = 16 << 20;

/// Lines of `make` until the text is large enough.
fn text(mut make: impl FnMut(u64, &mut String)) -> Vec<u8> {
    let mut out = String::with_capacity(SIZE + 1024);
    let mut number = 0;
    while out.len() < SIZE {
        make(number, &mut out);
        number += 1;
    }
    out.into_bytes()
}

fn bench(criterion: &mut Criterion) {
    let quiet = text(|number, out| {
        let (minute, second) = (number / 60 % 60, number % 60);
        let _ = writeln!(
            out,
            "2026-11-20T09:{minute:02}:{second:02}.120Z  INFO 1 --- [nio-8080-exec-{}] c.a.s.OrderService : order {number} accepted",
            number % 40
        );
    });
    let loud = text(|number, out| {
        let (minute, second) = (number / 60 % 60, number % 60);
        let _ = writeln!(
            out,
            "2026-11-20T09:{minute:02}:{second:02}.120Z ERROR 1 --- [nio-8080-exec-{}] c.a.s.Pay : Connection refused: pay/10.0.0.5:8443",
            number % 40
        );
    });
    let mut list = "{\"kind\":\"List\",\"items\":[".to_owned();
    for number in 0..20_000 {
        let comma = if number > 0 { "," } else { "" };
        let _ = write!(
            list,
            "{comma}{{\"kind\":\"Event\",\"reason\":\"Unhealthy\",\"message\":\"Liveness probe failed: HTTP probe failed with \
             statuscode: 503\",\"count\":3,\"firstTimestamp\":\"2026-11-20T09:{:02}:{:02}Z\",\"metadata\":{{\"uid\":\"u-{number}\"}},\
             \"involvedObject\":{{\"kind\":\"Pod\",\"name\":\"shop-{}\"}}}}",
            number / 60 % 60,
            number % 60,
            number % 50
        );
    }
    list += "]}";
    let mut group = criterion.benchmark_group("events");
    group.sample_size(10);
    for (name, bytes) in [
        ("quiet log", quiet),
        ("loud log", loud),
        ("event list", list.into_bytes()),
    ] {
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        let source = Source::of(name, bytes, Kind::Events);
        group.bench_function(name, |bencher| {
            bencher.iter(|| analyse(&[&source], &Options::default(), &Silent));
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
