//! Soft, weak, phantom and final references: how many there are, and what nothing but they keep.

use super::histogram;
use super::model::{Content, Heap};
use super::report::{ClassRow, ReferenceRow};
use crate::key;

/// Classes listed of what one kind of reference keeps.
const CLASSES: usize = 10;

/// The kinds in the order in which the collector treats them: what is softly reachable is not weakly reachable.
const KINDS: [(&str, &str); 4] = [
    (key!("soft"), "java.lang.ref.SoftReference"),
    (key!("weak"), "java.lang.ref.WeakReference"),
    (key!("final"), "java.lang.ref.FinalReference"),
    (key!("phantom"), "java.lang.ref.PhantomReference"),
];

/// One row for each kind that occurs.
pub(super) fn count(heap: &Heap<'_>) -> Vec<ReferenceRow> {
    let all = heap.reachable_of(&heap.classes.all_that_are(&KINDS.map(|(_, class)| class)));
    let mut seen = vec![false; heap.len() as usize];
    let rows = KINDS.iter().map(|(kind, class)| {
        let is = heap.classes.all_that_are(&[class]);
        let of_kind = all.iter().copied();
        let of_kind = of_kind.filter(|index| is[heap.class_number(*index) as usize]);
        row(heap, kind, of_kind, &mut seen)
    });
    rows.filter(|row| row.references > 0).collect()
}

fn row(
    heap: &Heap<'_>,
    kind: &str,
    references: impl Iterator<Item = u32>,
    seen: &mut [bool],
) -> ReferenceRow {
    let mut row = ReferenceRow {
        kind: kind.to_owned(),
        ..ReferenceRow::default()
    };
    let mut only: Vec<u32> = Vec::new();
    for index in references {
        let number = heap.class_number(index);
        let (Some((referent, _)), Content::Instance(bytes)) =
            (heap.classes.get(number).weak, heap.content(index))
        else {
            continue;
        };
        row.references += 1;
        match heap.ids.index(heap.id_in(bytes, referent as usize)) {
            None => row.cleared += 1,
            Some(referent) if heap.tree.position(referent).is_some() => row.strong += 1,
            Some(referent) => only.push(referent),
        }
    }
    only.sort_unstable();
    only.dedup();
    row.only = only.len() as u64;
    // What hangs below them is kept by them as well.
    let mut kept = Vec::new();
    let mut todo = only;
    while let Some(index) = todo.pop() {
        if std::mem::replace(&mut seen[index as usize], true) {
            continue;
        }
        kept.push(index);
        heap.references(index, |_, target| {
            if heap.tree.position(target).is_none() && !seen[target as usize] {
                todo.push(target);
            }
        });
    }
    row.objects = kept.len() as u64;
    row.bytes = kept.iter().map(|index| heap.shallow(*index)).sum();
    row.classes = histogram::of_list(heap, kept.into_iter(), CLASSES);
    row
}

/// The classes of what waits in the queue of the finalizer thread, most objects first.
pub(super) fn finalizer_queue(heap: &Heap<'_>, queue: u32) -> Vec<ClassRow> {
    let mut waiting = Vec::new();
    let mut at = heap.reference(queue, "head");
    for _ in 0..heap.len() {
        let Some(finalizer) = at else { break };
        waiting.extend(heap.reference(finalizer, "referent"));
        // The last one refers to itself.
        at = heap
            .reference(finalizer, "next")
            .filter(|next| *next != finalizer);
    }
    let mut rows = histogram::of_list(heap, waiting.into_iter(), CLASSES);
    rows.sort_by_key(|row| std::cmp::Reverse(row.instances));
    rows
}
