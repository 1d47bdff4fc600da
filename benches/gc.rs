//! Benches of the gc room: whole analyses of logs made from committed captures, in bytes per second.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use diag::gc;
use diag::input::{Kind, Silent, Source};

/// A debug log of one G1 collection, as JDK 17 writes it; `{n}` is its number and `{t}` its uptime in milliseconds.
const COLLECTION: &str = "\
[2026-11-21T22:32:24.607+0000][{t}s][info ][gc,start      ] GC({n}) Pause Young (Normal) (G1 Evacuation Pause)
[2026-11-21T22:32:24.607+0000][{t}s][info ][gc,task       ] GC({n}) Using 2 workers of 2 for evacuation
[2026-11-21T22:32:24.607+0000][{t}s][debug][gc,heap       ] GC({n}) Heap before GC invocations=9 (full 0):
[2026-11-21T22:32:24.607+0000][{t}s][debug][gc,heap       ] GC({n})  garbage-first heap   total 163840K, used 116148K [0x00000000f6000000, 0x0000000100000000)
[2026-11-21T22:32:24.607+0000][{t}s][debug][gc,ergo       ] GC({n}) Running G1 Merge Heap Roots using 2 workers for 57 regions
[2026-11-21T22:32:24.618+0000][{t}s][debug][gc,ergo,heap  ] GC({n}) Heap expansion: short term pause time ratio 3.70% long term pause time ratio 1.94% threshold 7.69% pause time ratio 7.69% fully expanded true resize by 0B
[2026-11-21T22:32:24.618+0000][{t}s][info ][gc,phases     ] GC({n})   Evacuate Collection Set: 10.5ms
[2026-11-21T22:32:24.618+0000][{t}s][debug][gc,phases     ] GC({n})     Object Copy (ms):                Min:  9.9, Avg: 10.0, Max: 10.1, Diff:  0.2, Sum: 20.0, Workers: 2
[2026-11-21T22:32:24.618+0000][{t}s][info ][gc,heap       ] GC({n}) Eden regions: 49->0(45)
[2026-11-21T22:32:24.618+0000][{t}s][info ][gc,heap       ] GC({n}) Old regions: 56->64
[2026-11-21T22:32:24.618+0000][{t}s][info ][gc,metaspace  ] GC({n}) Metaspace: 311K(448K)->311K(448K) NonClass: 295K(320K)->295K(320K) Class: 16K(128K)->16K(128K)
[2026-11-21T22:32:24.618+0000][{t}s][info ][gc            ] GC({n}) Pause Young (Normal) (G1 Evacuation Pause) 113M->72M(160M) 11.070ms
[2026-11-21T22:32:24.618+0000][{t}s][info ][gc,cpu        ] GC({n}) User=0.02s Sys=0.00s Real=0.01s
[2026-11-21T22:32:24.618+0000][{t}s][info ][safepoint     ] Safepoint \"G1CollectForAllocation\", Time since last: 1161471141 ns, Reaching safepoint: 6358 ns, Cleanup: 8958 ns, At safepoint: 11141529 ns, Total: 11156845 ns
";

/// A pause of CMS in JDK 8.
const LEGACY: &str = "2026-03-02T10:15:31.120+0000: {t}: [GC (Allocation Failure) 2026-03-02T10:15:31.120+0000: {t}: [ParNew: 306688K->34047K(314560K), 0.0412210 secs] 611204K->371880K(1014528K), 0.0413870 secs] [Times: user=0.15 sys=0.01, real=0.04 secs]\n";

fn log(template: &str, count: u64) -> Source {
    let mut text = String::new();
    for number in 0..count {
        let time = format!("{}.{:03}", number / 5, number % 5 * 200);
        text += &template
            .replace("{n}", &number.to_string())
            .replace("{t}", &time);
    }
    Source::of("gc.log", text, Kind::GcLog)
}

fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("gc");
    group.sample_size(10);
    for (name, source) in [
        ("unified debug", log(COLLECTION, 20_000)),
        ("legacy", log(LEGACY, 50_000)),
    ] {
        group.throughput(Throughput::Bytes(source.bytes.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(gc::analyse(&[&source], &gc::Options::default(), &Silent)));
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
