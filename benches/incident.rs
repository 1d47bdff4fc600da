//! Benches of the incident room: a whole bundle, and the joining alone.

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use diag::incident;
use diag::input::{Bundle, Silent};

fn bench(criterion: &mut Criterion) {
    let incidents = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/incidents");
    for name in ["leak-probe-kill", "deadlock-probe-kill"] {
        let folder = [incidents.join(name).join("evidence")];
        let sniffers = diag::cli::sniffers();
        let mut group = criterion.benchmark_group(format!("incident/{name}"));
        group.sample_size(10);
        group.bench_function("open and analyse", |bencher| {
            bencher.iter(|| {
                let bundle = Bundle::open(&folder, &sniffers);
                black_box(incident::analyse(&bundle, &Silent))
            });
        });
        let bundle = Bundle::open(&folder, &sniffers);
        let rooms = incident::analyse(&bundle, &Silent).rooms;
        group.bench_function("join the rooms", |bencher| {
            bencher.iter(|| black_box(incident::correlate(rooms.clone())));
        });
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
