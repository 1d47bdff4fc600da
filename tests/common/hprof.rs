//! Writes heap dumps in memory.

pub(crate) const OBJECT: u64 = 0x1000;
pub(crate) const NODE: u64 = 0x1100;
pub(crate) const ARRAY: u64 = 0x1200;
pub(crate) const SEGMENT: u8 = 0x1C;
pub(crate) const WHOLE: u8 = 0x0C;
pub(crate) const END: u8 = 0x2C;

/// Writes sub-records or records of a dump.
#[derive(Clone)]
pub(crate) struct Writer {
    pub(crate) bytes: Vec<u8>,
    pub(crate) id_size: usize,
    /// Where records begin, and the end.
    pub(crate) bounds: Vec<usize>,
}

impl Writer {
    pub(crate) fn new(id_size: usize) -> Self {
        Self {
            bytes: Vec::new(),
            id_size,
            bounds: vec![0],
        }
    }

    pub(crate) fn id(&mut self, id: u64) {
        self.bytes.extend(&id.to_be_bytes()[8 - self.id_size..]);
    }

    pub(crate) fn number(&mut self, number: u32) {
        self.bytes.extend(number.to_be_bytes());
    }

    pub(crate) fn done(&mut self) {
        self.bounds.push(self.bytes.len());
    }

    /// A class whose instances have so many references.
    pub(crate) fn class(&mut self, id: u64, above: u64, fields: u16) {
        self.bytes.push(0x20);
        self.id(id);
        self.number(0);
        self.id(above);
        (0..5).for_each(|_| self.id(0));
        self.bytes.extend([0; 8]);
        self.bytes.extend(fields.to_be_bytes());
        for name in 0..fields {
            self.id(u64::from(name) + 1);
            self.bytes.push(2);
        }
        self.done();
    }

    pub(crate) fn node(&mut self, id: u64, first: u64, second: u64) {
        self.instance(id, NODE, &[first, second]);
    }

    pub(crate) fn instance(&mut self, id: u64, class: u64, fields: &[u64]) {
        self.bytes.push(0x21);
        self.id(id);
        self.number(0);
        self.id(class);
        self.number((fields.len() * self.id_size) as u32);
        fields.iter().for_each(|field| self.id(*field));
        self.done();
    }

    pub(crate) fn array(&mut self, id: u64, elements: &[u64]) {
        self.bytes.push(0x22);
        self.id(id);
        self.number(0);
        self.number(elements.len() as u32);
        self.id(ARRAY);
        elements.iter().for_each(|element| self.id(*element));
        self.done();
    }

    /// The head of an array of primitives; its elements are for the caller to write.
    pub(crate) fn primitives(&mut self, tag: u8, id: u64, length: u32, kind: u8) {
        self.bytes.push(tag);
        self.id(id);
        self.number(0);
        self.number(length);
        self.bytes.push(kind);
    }

    pub(crate) fn root(&mut self, tag: u8, id: u64, rest: usize) {
        self.bytes.push(tag);
        self.id(id);
        self.bytes.extend(vec![0; rest]);
        self.done();
    }

    pub(crate) fn record(&mut self, tag: u8, body: &[u8]) {
        self.bytes.push(tag);
        self.number(0);
        self.number(body.len() as u32);
        self.bytes.extend(body);
        self.done();
    }

    /// The header, and the names of the classes.
    pub(crate) fn file(id_size: usize, version: &str) -> Self {
        let mut file = Self::new(id_size);
        file.bytes.extend(b"JAVA PROFILE ");
        file.bytes.extend(version.as_bytes());
        file.bytes.push(0);
        file.number(id_size as u32);
        file.bytes.extend(1_700_000_000_000_u64.to_be_bytes());
        file.done();
        for (class, name) in [
            (OBJECT, "java/lang/Object"),
            (NODE, "Node"),
            (ARRAY, "[LNode;"),
        ] {
            let mut text = Self::new(id_size);
            text.id(class + 1);
            text.bytes.extend(name.as_bytes());
            file.record(0x01, &text.bytes);
            let mut loaded = Self::new(id_size);
            loaded.number(1);
            loaded.id(class);
            loaded.number(0);
            loaded.id(class + 1);
            file.record(0x02, &loaded.bytes);
        }
        file
    }
}

pub(crate) const FIRST: u64 = 0x10_0000;

pub(crate) fn address(at: u64) -> u64 {
    FIRST + 24 * at
}

/// The classes.
pub(crate) fn classes(id_size: usize) -> Writer {
    let mut heap = Writer::new(id_size);
    heap.class(OBJECT, 0, 0);
    heap.class(NODE, OBJECT, 2);
    heap.class(ARRAY, OBJECT, 0);
    heap
}

/// Ten nodes in a row, each holding the next.
pub(crate) fn nodes(heap: &mut Writer) {
    for at in 0..10 {
        heap.node(address(at), if at < 9 { address(at + 1) } else { 0 }, 0);
    }
}

/// Classes, ten nodes, and the first as a root.
pub(crate) fn chain(id_size: usize) -> Writer {
    let mut heap = classes(id_size);
    nodes(&mut heap);
    heap.root(0xFF, FIRST, 0);
    heap
}

pub(crate) fn dump(id_size: usize, heap: &Writer) -> Writer {
    let mut file = Writer::file(id_size, "1.0.2");
    file.record(SEGMENT, &heap.bytes);
    file.record(END, &[]);
    file
}
