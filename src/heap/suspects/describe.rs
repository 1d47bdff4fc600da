//! A suspect in words: who holds it, what it is made of, why it stays.

use std::collections::BTreeSet;

use super::{Place, What};
use crate::heap::containers::Container;
use crate::heap::histogram;
use crate::heap::hprof::names;
use crate::heap::model::Heap;
use crate::heap::paths::{self, Hop};
use crate::heap::report::{OwnerKind, Suspect};
use crate::heap::threads;
use crate::t;
use crate::text;

/// Classes listed of what a suspect retains.
const CLASSES: usize = 10;
/// Steps at the end of a path among which the cache is that a map belongs to.
const CACHE: usize = 3;
/// Most field names that follow a static field or a local in a name.
const FIELDS: usize = 4;

/// How an object is held.
struct Holder {
    kind: OwnerKind,
    /// `com.acme.PriceCache.CACHE`, a thread's name.
    field: Option<String>,
    /// The same for a signature, without what changes from run to run.
    stable: String,
}

pub(super) fn suspect(heap: &Heap<'_>, place: &Place) -> Suspect {
    let tree = &heap.tree;
    let path = paths::to(heap, place.end);
    let holder = holder(heap, &path);
    let index = tree.object(place.head);
    let end = tree.object(place.end);
    let class = heap.name_of(end);
    let retained = tree.retained(place.head);
    let (element_class, element_count, inside) = parts(heap, place, &class);
    let share = retained as f64 / heap.total().max(1) as f64;
    let amount = amount(retained, share);
    let title = match heap.class_objects.contains_key(&end) {
        true => t!(
            "the static fields of {field} retain {amount}",
            field = holder.field.as_deref().unwrap_or("?"),
            amount
        ),
        false => title(holder.kind, holder.field.as_deref(), &inside, &amount),
    };
    let stable_class = names::stable_class_name(&class);
    let stable_element = element_class.as_deref().map(names::stable_class_name);
    let signature = signature(&[
        &format!("{:?}", holder.kind),
        &holder.stable,
        &stable_class,
        stable_element.as_deref().unwrap_or(""),
    ]);
    Suspect {
        title,
        reason: reason(heap, &holder, place, &path),
        owner_kind: holder.kind,
        class,
        field: holder.field,
        object_id: heap.hex(index),
        retained_bytes: retained,
        share,
        retained_objects: u64::from(tree.retained_objects(place.head)),
        element_class,
        element_count,
        accumulation: (place.end != place.head)
            .then(|| paths::steps(heap, &path[path.len() - 1..]).pop())
            .flatten(),
        path: paths::steps(heap, &path),
        retained_classes: histogram::of_subtree(heap, place.head, CLASSES),
        signature,
    }
}

fn title(kind: OwnerKind, field: Option<&str>, inside: &str, amount: &str) -> String {
    let Some(field) = field else {
        return t!("{inside} retains {amount}", inside, amount);
    };
    let name = field;
    match kind {
        OwnerKind::StaticField => t!(
            "static {field} ({inside}) retains {amount}",
            field,
            inside,
            amount
        ),
        OwnerKind::Thread => t!(
            "thread \"{name}\" ({inside}) retains {amount}",
            name,
            inside,
            amount
        ),
        OwnerKind::ThreadLocalVariable => t!(
            "a local variable of thread \"{name}\" ({inside}) retains {amount}",
            name,
            inside,
            amount
        ),
        OwnerKind::ThreadLocal => t!(
            "a ThreadLocal value of thread \"{name}\" ({inside}) retains {amount}",
            name,
            inside,
            amount
        ),
        _ => t!("{field} ({inside}) retains {amount}", field, inside, amount),
    }
}

fn amount(retained: u64, share: f64) -> String {
    t!(
        "{size}, {share} of the heap",
        size = text::bytes(retained),
        share = text::percent(share, 1.0)
    )
}

/// Several suspects that differ in nothing but their object, as one; the largest stands for all.
pub(super) fn together(mut alike: Vec<Suspect>) -> Option<Suspect> {
    alike.sort_by(|left, right| {
        let most = right.retained_bytes.cmp(&left.retained_bytes);
        most.then_with(|| left.object_id.cmp(&right.object_id))
    });
    let count = alike.len() as u64;
    let mut all = alike.into_iter();
    let mut first = all.next()?;
    if count == 1 {
        return Some(first);
    }
    let names: BTreeSet<Option<&String>> =
        all.as_slice().iter().map(|o| o.field.as_ref()).collect();
    let more = names
        .iter()
        .filter(|name| **name != first.field.as_ref())
        .count();
    if more > 0 {
        let name = first.field.as_deref().unwrap_or("?");
        first.field = Some(t!("{name}, {more} more like it", name, more));
    }
    for other in all {
        first.retained_bytes += other.retained_bytes;
        first.retained_objects += other.retained_objects;
        first.share += other.share;
    }
    let inside = t!(
        "{count} {class}",
        count = text::count(count),
        class = names::simple(&first.class)
    );
    let amount = amount(first.retained_bytes, first.share);
    first.title = title(first.owner_kind, first.field.as_deref(), &inside, &amount);
    first.element_class = Some(first.class.clone());
    first.element_count = Some(count);
    Some(first)
}

/// Class and number of the parts, and all of it in words: `HashMap, 473,551 entries of ProductEntry`.
fn parts(heap: &Heap<'_>, place: &Place, class: &str) -> (Option<String>, Option<u64>, String) {
    let short = names::simple(class);
    match &place.what {
        What::Container(container) => {
            let main = container.main_class(heap);
            let count = text::count(container.count);
            let words = match (container.element_words(heap), container.is_map) {
                (Some(element), true) => t!(
                    "{short}, {count} entries of {element}",
                    short,
                    count,
                    element
                ),
                (Some(element), false) => t!(
                    "{short}, {count} elements of {element}",
                    short,
                    count,
                    element
                ),
                (None, _) => t!("{short}, {count} entries", short, count),
            };
            (main.map(|(name, _)| name), Some(container.count), words)
        }
        What::Chain { length } => {
            let count = text::count(*length);
            let words = t!("chain of {count} {short} objects", count, short);
            (Some(class.to_owned()), Some(*length), words)
        }
        What::Object => (None, None, short.to_owned()),
    }
}

fn holder(heap: &Heap<'_>, path: &[Hop]) -> Holder {
    let object = |hop: &Hop| heap.tree.object(hop.1);
    // The last class on the path: below it everything hangs on one static field.
    let class_at = path
        .iter()
        .rposition(|hop| heap.class_objects.contains_key(&object(hop)));
    if let Some(at) = class_at {
        let number = heap.class_objects.get(&object(&path[at])).copied();
        let class = number.map_or(String::new(), |number| {
            heap.classes.get(number).name.clone()
        });
        let field = match path.get(at + 1) {
            Some((by, _)) => {
                let name = by.strip_prefix("static ").unwrap_or(by);
                format!("{class}.{name}{}", fields(heap, &path[at + 1..]))
            }
            None => class,
        };
        let stable = names::stable_class_name(&field);
        return Holder {
            kind: OwnerKind::StaticField,
            field: Some(field),
            stable,
        };
    }
    let thread_at = path.iter().rposition(|hop| {
        let number = heap.class_number(object(hop));
        heap.classes.is_a(number, "java.lang.Thread")
    });
    if let Some(at) = thread_at {
        let name = threads::name(heap, object(&path[at])).unwrap_or_default();
        let next = path.get(at + 1).map_or("", |(by, _)| by.as_str());
        let kind = match next {
            "" => OwnerKind::Thread,
            ".threadLocals" | ".inheritableThreadLocals" | ".threadLocalMap" => {
                OwnerKind::ThreadLocal
            }
            local if local.starts_with('<') => OwnerKind::ThreadLocalVariable,
            _ => OwnerKind::Thread,
        };
        // Pool threads differ by a number.
        let stable = name
            .trim_end_matches(|c: char| c.is_ascii_digit())
            .to_owned();
        return Holder {
            kind,
            field: Some(name),
            stable,
        };
    }
    let loader = path.iter().any(|hop| {
        let number = heap.class_number(object(hop));
        heap.classes.is_a(number, "java.lang.ClassLoader")
    });
    let above = path.len().checked_sub(2).map(|at| &path[at]);
    let named = above.zip(path.last()).map(|(above, last)| {
        let class = heap.name_of(heap.tree.object(above.1));
        format!("{class}{}", last.0)
    });
    Holder {
        kind: match (loader, &named) {
            (true, _) => OwnerKind::ClassLoader,
            (false, Some(_)) => OwnerKind::Field,
            (false, None) => OwnerKind::Root,
        },
        stable: named
            .as_deref()
            .map(names::stable_class_name)
            .unwrap_or_default(),
        field: named,
    }
}

/// The fields after the first of `hops`, one after another; the inside of collections and arrays is `[…]`. Of many the
/// first and the last are named: where it begins, and what it is.
fn fields(heap: &Heap<'_>, hops: &[Hop]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for pair in hops.windows(2) {
        let inside = heap.name_of(heap.tree.object(pair[0].1));
        let by = match pair[1].0.starts_with('[') || inside.starts_with("java.util.") {
            true => "[…]",
            false => pair[1].0.as_str(),
        };
        if names.last() != Some(&by) {
            names.push(by);
        }
    }
    if names.len() > FIELDS {
        names.splice(FIELDS / 2..names.len() - FIELDS / 2, ["…"]);
    }
    names.concat()
}

/// Whether anything limits a container, in words.
fn bound(heap: &Heap<'_>, container: &Container, path: &[Hop]) -> String {
    let last = path.len().saturating_sub(CACHE);
    let of_cache = path[last..].iter().find_map(|(_, position)| {
        let index = heap.tree.object(*position);
        let caches = [
            (
                "com.github.benmanes.caffeine.cache.BoundedLocalCache",
                "maximum",
            ),
            ("com.google.common.cache.LocalCache", "maxWeight"),
        ];
        let number = heap.class_number(index);
        let mut caches = caches.iter();
        let field = caches
            .find(|(class, _)| heap.classes.is_a(number, class))?
            .1;
        heap.int(index, field).filter(|bound| *bound >= 0)
    });
    let of_cache = of_cache.map(|bound| bound as u64);
    if let Some(bound) = container.bound.or(of_cache) {
        return t!(
            " It is bounded, at {bound} elements.",
            bound = text::count(bound)
        );
    }
    let Some((_, position)) = path.last() else {
        return String::new();
    };
    let number = heap.class_number(heap.tree.object(*position));
    let name = &heap.classes.get(number).name;
    if name.starts_with("java.util.") {
        t!(" Nothing bounds it.")
    } else if heap.classes.is_a(number, "java.util.LinkedHashMap") {
        t!(" Its class may bound it, in removeEldestEntry.")
    } else {
        String::new()
    }
}

fn reason(heap: &Heap<'_>, holder: &Holder, place: &Place, path: &[Hop]) -> String {
    let bound = match &place.what {
        What::Container(container) => bound(heap, container, path),
        _ => String::new(),
    };
    let why = match holder.kind {
        OwnerKind::StaticField => {
            t!("A static field is never emptied by the collector as long as its class is loaded.")
        }
        OwnerKind::ThreadLocalVariable => {
            t!("A running method refers to it: it stays until that method returns.")
        }
        OwnerKind::ThreadLocal => {
            t!("A ThreadLocal value stays as long as its thread lives, unless remove() is called.")
        }
        OwnerKind::Thread => t!("It stays as long as the thread lives."),
        OwnerKind::ClassLoader => t!("It stays as long as the class loader is in use."),
        OwnerKind::Field => t!("It stays as long as the object that refers to it."),
        OwnerKind::Root | OwnerKind::Group => t!("The VM itself refers to it."),
    };
    why + &bound
}

/// FNV-1a over the parts: short, stable, good enough to tell a few hundred leaks apart.
pub(super) fn signature(parts: &[&str]) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for byte in part.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}
