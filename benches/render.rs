//! Benches of the render room: the largest report in every format, and redaction of its text.

use criterion::{Criterion, criterion_group, criterion_main};
use diag::document::redact::{self, Profile};
use diag::render::{Style, brief, html, markdown, terminal};
use serde_json::json;

#[path = "../tests/showcase/mod.rs"]
mod showcase;

fn bench(criterion: &mut Criterion) {
    let documents = showcase::largest();
    let style = Style {
        colour: true,
        width: 120,
        details: true,
    };
    let mut group = criterion.benchmark_group("render");
    group.sample_size(20);
    group.bench_function("html", |bench| bench.iter(|| html(&documents, "footer")));
    let kinds = showcase::documents();
    group.bench_function("html/every-kind", |bench| {
        bench.iter(|| html(&kinds, "footer"));
    });
    group.bench_function("markdown", |bench| {
        bench.iter(|| markdown(&documents, "footer"));
    });
    group.bench_function("brief", |bench| bench.iter(|| brief(&documents, "footer")));
    group.bench_function("terminal", |bench| {
        bench.iter(|| terminal(&documents, style))
    });
    group.finish();

    let lines: Vec<String> = (0..50_000)
        .map(|index| match index % 100 {
            0 => format!(
                "GET /cart?customer={index} HTTP/1.1 from 10.0.0.{}",
                index % 200
            ),
            1 => format!("-Dspring.datasource.password=secret{index} -Xmx2g"),
            _ => format!("at com.acme.shop.Inventory.reserve(Inventory.java:{index}) 0x{index:x}"),
        })
        .collect();
    let report = json!(lines);
    criterion.bench_function("redact/50k-strings", |bench| {
        bench.iter(|| redact::value(&mut report.clone(), Profile::Ticket));
    });
}

criterion_group!(benches, bench);
criterion_main!(benches);
