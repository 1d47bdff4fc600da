//! Memory without use: against a naive oracle on made-up dumps, and against a real JVM that planted known waste.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::root;
use diag::heap::{self, HeapReport, Options, Waste};
use diag::input::{Bundle, Kind, Silent, Source};
use proptest::prelude::*;

fn report_of(path: &str) -> HeapReport {
    let bundle = Bundle::open(&[root().join(path)], &diag::cli::sniffers());
    heap::analyse(
        bundle.holding(Kind::HeapDump)[0],
        &Options::default(),
        &Silent,
    )
}

fn kind<'r>(report: &'r HeapReport, kind: &str) -> &'r Waste {
    report
        .waste
        .iter()
        .find(|waste| waste.kind == kind)
        .unwrap()
}

fn owned(waste: &Waste, owner: &str) -> u64 {
    let found = waste.owners.iter().find(|(name, _)| name == owner);
    found
        .unwrap_or_else(|| panic!("{owner} is not in {waste:?}"))
        .1
}

/// fixtures/lab/heap/twins/Waste.java, JDK 17: references of 4 bytes, headers of 12, arrays of 16.
#[test]
fn planted_waste_is_found_to_the_byte() {
    let report = report_of("fixtures/lab/heap/captured/waste.hprof.xz");
    let strings = kind(&report, "duplicate strings");
    // 2,000 strings of 24 bytes with arrays of 24; the literal that each was made from is the one that is kept.
    assert_eq!(owned(strings, "Waste$Order.currency"), 2000 * 48);
    let boxed = kind(&report, "boxed numbers");
    assert_eq!(owned(boxed, "Waste$Order.amount"), 2000 * 24);
    let empty = kind(&report, "empty collections");
    // A map of 48 bytes and a table of 64 places.
    assert_eq!(owned(empty, "Waste$Basket.items"), 300 * (48 + 16 + 64 * 4));
    // All empty lists share one array.
    assert_eq!(owned(empty, "Waste$Basket.notes"), 300 * 24);
    let tables = kind(&report, "sparse hash tables");
    // 1,024 places for one entry, where two are enough.
    assert_eq!(owned(tables, "Waste$Index.names"), 50 * (1024 - 2) * 4);
    let lists = kind(&report, "oversized arrays of collections");
    assert_eq!(owned(lists, "Waste$Index.words"), 50 * (16 + 500 * 4 - 24));
    let arrays = kind(&report, "arrays of references that are mostly null");
    assert_eq!(
        owned(arrays, "Waste$Index.slots"),
        50 * (16 + 1000 * 4 - 24)
    );
    let zero = kind(&report, "zero-filled primitive arrays");
    assert_eq!(owned(zero, "Waste$Buffer.bytes"), 20 * (16 + 4096));
    let same = kind(&report, "duplicate primitive arrays");
    assert_eq!(owned(same, "Waste$Buffer.table"), 19 * (16 + 400));
    let classes = kind(&report, "classes loaded several times");
    assert_eq!(classes.objects, 2);
    assert_eq!(classes.classes[0].class, "Plugin");
}

/// Writes a dump with strings, their arrays, arrays of their own, and one array that holds them all.
struct Writer {
    records: Vec<u8>,
    heap: Vec<u8>,
    next: u64,
}

const OBJECT: u64 = 0x1000;
const CLASS: u64 = 0x1100;
const STRING: u64 = 0x1200;
const OBJECTS: u64 = 0x1300;

impl Writer {
    fn new() -> Self {
        let mut writer = Self {
            records: b"JAVA PROFILE 1.0.2\0\0\0\0\x08\0\0\0\0\0\0\0\0".to_vec(),
            heap: Vec::new(),
            next: 0x8_0000,
        };
        let names = [
            (1, "java/lang/Object"),
            (2, "java/lang/Class"),
            (3, "java/lang/String"),
            (4, "[Ljava/lang/Object;"),
            (5, "value"),
            (6, "hash"),
            (7, "coder"),
        ];
        for (id, name) in names {
            let mut body = u64::to_be_bytes(id).to_vec();
            body.extend(name.as_bytes());
            writer.record(1, &body);
        }
        for (serial, (id, name)) in [(OBJECT, 1_u64), (CLASS, 2), (STRING, 3), (OBJECTS, 4)]
            .into_iter()
            .enumerate()
        {
            let mut body = (serial as u32 + 1).to_be_bytes().to_vec();
            body.extend(id.to_be_bytes());
            body.extend(0_u32.to_be_bytes());
            body.extend(name.to_be_bytes());
            writer.record(2, &body);
        }
        writer.class(OBJECT, 0, &[]);
        writer.class(CLASS, OBJECT, &[]);
        writer.class(STRING, OBJECT, &[(5, 2), (6, 10), (7, 8)]);
        writer.class(OBJECTS, OBJECT, &[]);
        writer
    }

    fn record(&mut self, tag: u8, body: &[u8]) {
        self.records.push(tag);
        self.records.extend([0; 4]);
        self.records.extend((body.len() as u32).to_be_bytes());
        self.records.extend(body);
    }

    fn class(&mut self, id: u64, above: u64, fields: &[(u64, u8)]) {
        self.heap.push(0x20);
        self.heap.extend(id.to_be_bytes());
        self.heap.extend([0; 4]);
        self.heap.extend(above.to_be_bytes());
        self.heap.extend([0; 40 + 4 + 2 + 2]);
        self.heap.extend((fields.len() as u16).to_be_bytes());
        for (name, kind) in fields {
            self.heap.extend(name.to_be_bytes());
            self.heap.push(*kind);
        }
    }

    /// Objects stand close together, so that their sizes can be proven by the addresses.
    fn place(&mut self, size: u64) -> u64 {
        let id = self.next;
        self.next += size.next_multiple_of(8);
        id
    }

    fn bytes(&mut self, content: &[u8]) -> u64 {
        let id = self.place(16 + content.len() as u64);
        self.heap.push(0x23);
        self.heap.extend(id.to_be_bytes());
        self.heap.extend([0; 4]);
        self.heap.extend((content.len() as u32).to_be_bytes());
        self.heap.push(8);
        self.heap.extend(content);
        id
    }

    fn string(&mut self, array: u64, coder: u8) -> u64 {
        let id = self.place(24);
        self.heap.push(0x21);
        self.heap.extend(id.to_be_bytes());
        self.heap.extend([0; 4]);
        self.heap.extend(STRING.to_be_bytes());
        self.heap.extend(13_u32.to_be_bytes());
        self.heap.extend(array.to_be_bytes());
        self.heap.extend([0; 4]);
        self.heap.push(coder);
        id
    }

    fn finish(mut self, all: &[u64]) -> Vec<u8> {
        let id = self.place(16 + 4 * all.len() as u64);
        self.heap.push(0x22);
        self.heap.extend(id.to_be_bytes());
        self.heap.extend([0; 4]);
        self.heap.extend((all.len() as u32).to_be_bytes());
        self.heap.extend(OBJECTS.to_be_bytes());
        all.iter()
            .for_each(|element| self.heap.extend(element.to_be_bytes()));
        self.heap.push(0x01);
        self.heap.extend(id.to_be_bytes());
        self.heap.extend([0; 8]);
        let heap = std::mem::take(&mut self.heap);
        self.record(0x1C, &heap);
        self.record(0x2C, &[]);
        self.records
    }
}

/// A string: its text, how it is written, and whether it takes the array of an equal string before it.
type Text = (Vec<u8>, u8, bool);

fn array_size(length: usize) -> u64 {
    (16 + length as u64).next_multiple_of(8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn copies_are_those_that_a_naive_comparison_finds(
        texts in proptest::collection::vec((proptest::collection::vec(0_u8..2, 0..4), 0_u8..2, any::<bool>()), 0..40),
        arrays in proptest::collection::vec(proptest::collection::vec(0_u8..2, 0..4), 0..40),
    ) {
        let mut writer = Writer::new();
        let mut all = Vec::new();
        // By text: the arrays that hold it.
        let mut held: BTreeMap<(&[u8], u8), BTreeSet<u64>> = BTreeMap::new();
        let mut lost = (0_u64, 0_u64);
        for (text, coder, shared) in &texts as &[Text] {
            let known = held.entry((text, *coder)).or_default();
            let old = known.first().copied().filter(|_| *shared);
            if !known.is_empty() {
                lost.0 += 1;
                lost.1 += 24 + if old.is_some() { 0 } else { array_size(text.len()) };
            }
            let array = old.unwrap_or_else(|| writer.bytes(text));
            known.insert(array);
            all.push(writer.string(array, *coder));
        }
        let mut zero = (0_u64, 0_u64);
        let mut same = (0_u64, 0_u64);
        let mut seen: BTreeSet<&[u8]> = BTreeSet::new();
        for content in &arrays {
            all.push(writer.bytes(content));
            let sum = match content.iter().all(|byte| *byte == 0) && !content.is_empty() {
                true => &mut zero,
                false if seen.insert(content) => continue,
                false => &mut same,
            };
            sum.0 += 1;
            sum.1 += array_size(content.len());
        }
        let source = Source::of("made.hprof", writer.finish(&all), Kind::HeapDump);
        let report = heap::analyse(&source, &Options::default(), &Silent);
        for (name, expected) in [
            ("duplicate strings", lost),
            ("zero-filled primitive arrays", zero),
            ("duplicate primitive arrays", same),
        ] {
            let found = report.waste.iter().find(|waste| waste.kind == name);
            prop_assert_eq!(found.map_or((0, 0), |waste| (waste.objects, waste.bytes)), expected, "{}", name);
        }
    }
}
