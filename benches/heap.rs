//! Benches of the heap room, over dumps made in memory: a map of small objects, and a long linked list whose elements
//! are also in an array.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use diag::heap::{self, Options};
use diag::input::{Kind, Silent, Source};

const OBJECT_CLASS: u64 = 0x1000;
const NODE_CLASS: u64 = 0x1100;
const ARRAY_CLASS: u64 = 0x1200;

/// Writes an HPROF file with 8-byte identifiers.
struct Writer {
    heap: Vec<u8>,
}

impl Writer {
    fn new() -> Self {
        let mut writer = Self { heap: Vec::new() };
        writer.class(OBJECT_CLASS, 0, &[]);
        writer.class(NODE_CLASS, OBJECT_CLASS, &[1, 2]);
        writer.class(ARRAY_CLASS, OBJECT_CLASS, &[]);
        writer
    }

    fn id(&mut self, id: u64) {
        self.heap.extend(id.to_be_bytes());
    }

    fn class(&mut self, id: u64, above: u64, references: &[u64]) {
        self.heap.push(0x20);
        self.id(id);
        self.heap.extend([0; 4]);
        self.id(above);
        self.heap.extend([0; 5 * 8 + 4 + 4]);
        self.heap.extend((references.len() as u16).to_be_bytes());
        for name in references {
            self.id(*name);
            self.heap.push(2);
        }
    }

    fn node(&mut self, id: u64, first: u64, second: u64) {
        self.heap.push(0x21);
        self.id(id);
        self.heap.extend([0; 4]);
        self.id(NODE_CLASS);
        self.heap.extend(16_u32.to_be_bytes());
        self.id(first);
        self.id(second);
    }

    fn array(&mut self, id: u64, elements: &[u64]) {
        self.heap.push(0x22);
        self.id(id);
        self.heap.extend([0; 4]);
        self.heap.extend((elements.len() as u32).to_be_bytes());
        self.id(ARRAY_CLASS);
        elements.iter().for_each(|element| self.id(*element));
    }

    fn root(&mut self, id: u64) {
        self.heap.push(0xFF);
        self.id(id);
    }

    fn finish(self) -> Source {
        let mut bytes = b"JAVA PROFILE 1.0.2\0\0\0\0\x08\0\0\0\0\0\0\0\0".to_vec();
        for (tag, body) in [(0x1C, self.heap), (0x2C, Vec::new())] {
            bytes.push(tag);
            bytes.extend([0; 4]);
            bytes.extend((body.len() as u32).to_be_bytes());
            bytes.extend(body);
        }
        Source::of("bench.hprof", bytes, Kind::HeapDump)
    }
}

const BASE: u64 = 0x10_0000;

/// An array of nodes with a leaf each.
fn table(count: u64) -> Source {
    let mut writer = Writer::new();
    let node = |at: u64| BASE + 48 * at;
    for at in 0..count {
        writer.node(node(at), node(at) + 24, 0);
        writer.node(node(at) + 24, 0, 0);
    }
    writer.array(0x2000, &(0..count).map(node).collect::<Vec<_>>());
    writer.root(0x2000);
    writer.finish()
}

/// A linked list whose elements are also in an array.
fn list(count: u64) -> Source {
    let mut writer = Writer::new();
    let node = |at: u64| BASE + 48 * at;
    for at in 0..count {
        let next = if at + 1 < count { node(at + 1) } else { 0 };
        writer.node(node(at), node(at) + 24, next);
        writer.node(node(at) + 24, 0, 0);
    }
    writer.array(
        0x2000,
        &(0..count).map(|at| node(at) + 24).collect::<Vec<_>>(),
    );
    writer.root(0x2000);
    writer.root(BASE);
    writer.finish()
}

fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("heap");
    group.sample_size(10);
    for count in [50_000, 200_000] {
        group.throughput(Throughput::Elements(2 * count));
        for (name, source) in [("table", table(count)), ("list beside array", list(count))] {
            group.bench_with_input(
                BenchmarkId::new(name, 2 * count),
                &source,
                |bencher, source| {
                    bencher.iter(|| heap::analyse(source, &Options::default(), &Silent));
                },
            );
        }
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
