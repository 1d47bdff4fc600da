//! Benches of the gc room.

use criterion::{Criterion, criterion_group, criterion_main};

fn bench(_criterion: &mut Criterion) {}

criterion_group!(benches, bench);
criterion_main!(benches);
