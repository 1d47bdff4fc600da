//! The collections that are known: which class keeps its elements how.

use crate::heap::classes::Classes;

/// How a class keeps its elements. Checked in order, for the class and its superclasses from the class upwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::heap) enum Form {
    HashTable {
        table: &'static str,
        count: &'static str,
    },
    ConcurrentHashMap,
    TreeMap,
    /// Keys and values in turn in one array.
    Alternating {
        table: &'static str,
        count: &'static str,
    },
    ArrayList {
        array: &'static str,
        count: &'static str,
    },
    Ring,
    WholeArray {
        array: &'static str,
    },
    /// As many elements as the array has places, and no more.
    Bounded {
        array: &'static str,
        count: &'static str,
    },
    Linked {
        first: &'static str,
        item: &'static str,
        bound: Option<&'static str>,
    },
    /// A view or wrapper: look at what this field refers to.
    Inside(&'static str),
    GuavaCache,
}

const FORMS: [(&str, Form); 37] = [
    (
        "java.util.HashMap",
        Form::HashTable {
            table: "table",
            count: "size",
        },
    ),
    (
        "java.util.Hashtable",
        Form::HashTable {
            table: "table",
            count: "count",
        },
    ),
    (
        "java.util.WeakHashMap",
        Form::HashTable {
            table: "table",
            count: "size",
        },
    ),
    (
        "java.lang.ThreadLocal$ThreadLocalMap",
        Form::HashTable {
            table: "table",
            count: "size",
        },
    ),
    (
        "java.util.concurrent.ConcurrentHashMap",
        Form::ConcurrentHashMap,
    ),
    (
        "java.util.concurrent.ConcurrentHashMap$Segment",
        Form::HashTable {
            table: "table",
            count: "count",
        },
    ),
    ("java.util.TreeMap", Form::TreeMap),
    (
        "java.util.IdentityHashMap",
        Form::Alternating {
            table: "table",
            count: "size",
        },
    ),
    (
        "java.util.ImmutableCollections$MapN",
        Form::Alternating {
            table: "table",
            count: "size",
        },
    ),
    (
        "java.util.ArrayList",
        Form::ArrayList {
            array: "elementData",
            count: "size",
        },
    ),
    (
        "java.util.Vector",
        Form::ArrayList {
            array: "elementData",
            count: "elementCount",
        },
    ),
    (
        "java.util.PriorityQueue",
        Form::ArrayList {
            array: "queue",
            count: "size",
        },
    ),
    (
        "java.util.concurrent.PriorityBlockingQueue",
        Form::ArrayList {
            array: "queue",
            count: "size",
        },
    ),
    (
        "java.util.concurrent.ScheduledThreadPoolExecutor$DelayedWorkQueue",
        Form::ArrayList {
            array: "queue",
            count: "size",
        },
    ),
    ("java.util.ArrayDeque", Form::Ring),
    (
        "java.util.concurrent.CopyOnWriteArrayList",
        Form::WholeArray { array: "array" },
    ),
    (
        "java.util.Arrays$ArrayList",
        Form::WholeArray { array: "a" },
    ),
    (
        "java.util.ImmutableCollections$ListN",
        Form::WholeArray { array: "elements" },
    ),
    (
        "java.util.ImmutableCollections$SetN",
        Form::WholeArray { array: "elements" },
    ),
    (
        "java.util.concurrent.ArrayBlockingQueue",
        Form::Bounded {
            array: "items",
            count: "count",
        },
    ),
    (
        "java.util.LinkedList",
        Form::Linked {
            first: "first",
            item: "item",
            bound: None,
        },
    ),
    (
        "java.util.concurrent.LinkedBlockingQueue",
        Form::Linked {
            first: "head",
            item: "item",
            bound: Some("capacity"),
        },
    ),
    (
        "java.util.concurrent.LinkedBlockingDeque",
        Form::Linked {
            first: "first",
            item: "item",
            bound: Some("capacity"),
        },
    ),
    (
        "java.util.concurrent.ConcurrentLinkedQueue",
        Form::Linked {
            first: "head",
            item: "item",
            bound: None,
        },
    ),
    (
        "java.util.concurrent.ConcurrentLinkedDeque",
        Form::Linked {
            first: "head",
            item: "item",
            bound: None,
        },
    ),
    ("java.util.HashSet", Form::Inside("map")),
    ("java.util.TreeSet", Form::Inside("m")),
    ("java.util.Collections$SetFromMap", Form::Inside("m")),
    ("java.util.Collections$SynchronizedMap", Form::Inside("m")),
    ("java.util.Collections$UnmodifiableMap", Form::Inside("m")),
    (
        "java.util.Collections$SynchronizedCollection",
        Form::Inside("c"),
    ),
    (
        "java.util.Collections$UnmodifiableCollection",
        Form::Inside("c"),
    ),
    (
        "java.util.concurrent.CopyOnWriteArraySet",
        Form::Inside("al"),
    ),
    ("com.google.common.cache.LocalCache", Form::GuavaCache),
    (
        "com.github.benmanes.caffeine.cache.BoundedLocalCache",
        Form::Inside("data"),
    ),
    (
        "com.github.benmanes.caffeine.cache.UnboundedLocalCache",
        Form::Inside("data"),
    ),
    // A ConcurrentHashMap of JDK 7 with a limit.
    (
        "org.hibernate.internal.util.collections.BoundedConcurrentHashMap",
        Form::ConcurrentHashMap,
    ),
];

/// How a class, or its nearest superclass that is known, keeps its elements.
pub(in crate::heap) fn form_of(classes: &Classes, number: u32) -> Option<Form> {
    classes.ancestry(number).find_map(|number| {
        let name = classes.get(number).name.as_str();
        // Only these packages have known implementations: most classes are dismissed without a search.
        const PACKAGES: [&str; 4] = ["java.", "com.google.", "com.github.", "org.hibernate."];
        if !PACKAGES.iter().any(|package| name.starts_with(package)) {
            return None;
        }
        let known = FORMS.iter().find(|(class, _)| *class == name);
        known.map(|(_, form)| *form)
    })
}
