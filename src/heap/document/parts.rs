//! Tables, trees and phrases of the document.

use crate::document::{Block, Branch, Table, Words};
use crate::heap::hprof::names;
use crate::heap::report::{ClassRow, Comparison, HeapThread, OwnerKind, PathStep, Suspect};
use crate::t;
use crate::text;

use super::{FRAMES, ROWS, SHOWN, STEPS};

pub(super) fn upper_first(sentence: &str) -> String {
    let mut letters = sentence.chars();
    match letters.next() {
        // A class or field name at the beginning keeps its case.
        Some(first)
            if !sentence
                .split(' ')
                .next()
                .is_some_and(|word| word.contains('.')) =>
        {
            first.to_uppercase().chain(letters).collect()
        }
        _ => sentence.to_owned(),
    }
}

pub(super) fn held_by(suspect: &Suspect) -> String {
    let field = suspect.field.as_deref().unwrap_or(&suspect.class);
    match suspect.owner_kind {
        OwnerKind::StaticField => t!("static {field}", field),
        OwnerKind::Thread => t!("thread \"{field}\"", field),
        OwnerKind::ThreadLocalVariable => t!("local of thread \"{field}\"", field),
        OwnerKind::ThreadLocal => t!("ThreadLocal of thread \"{field}\"", field),
        OwnerKind::Group => t!("shared, mostly {field}", field),
        OwnerKind::Field | OwnerKind::ClassLoader | OwnerKind::Root => field.to_owned(),
    }
}

pub(super) fn what(suspect: &Suspect) -> String {
    let class = names::simple(&suspect.class);
    match (&suspect.element_class, suspect.element_count) {
        (Some(element), Some(count)) if *element != suspect.class => t!(
            "{class}, {count} of {element}",
            class,
            count = text::count(count),
            element = names::simple(element)
        ),
        (_, Some(count)) => t!("{count} {class}", count = text::count(count), class),
        _ => class.to_owned(),
    }
}

pub(super) fn detail(number: usize, suspect: &Suspect) -> Vec<Block> {
    let title = upper_first(&suspect.title);
    let mut blocks = vec![
        Block::Paragraph(Words::strong(title)),
        Block::Paragraph(suspect.reason.clone().into()),
    ];
    if number >= SHOWN {
        blocks.push(Block::Tree(tree(&folded(&suspect.path))));
    }
    blocks.push(classes(&suspect.retained_classes));
    let signature = t!(
        "Object {id}, {objects} objects retained, signature {signature}",
        id = suspect.object_id,
        objects = text::count(suspect.retained_objects),
        signature = suspect.signature
    );
    blocks.push(Block::Paragraph(signature.into()));
    blocks
}

/// A path without the insides of collections: the steps to what a map holds become one, `.table[2].val`.
pub(super) fn folded(path: &[PathStep]) -> Vec<PathStep> {
    let mut shown: Vec<PathStep> = Vec::new();
    let mut by = String::new();
    for (at, step) in path.iter().enumerate() {
        by += &step.by;
        let inside = step.class.starts_with("java.util.") && step.class.contains('$');
        let inside = inside || step.class.ends_with("[]");
        if inside && at > 0 && at + 1 < path.len() {
            continue;
        }
        shown.push(PathStep {
            by: std::mem::take(&mut by),
            ..step.clone()
        });
    }
    shown
}

/// A path as a tree of one branch; a long one without its middle.
pub(in crate::heap) fn tree(path: &[PathStep]) -> Vec<Branch> {
    let mut children = Vec::new();
    let skipped = path.len().saturating_sub(2 * STEPS);
    for (at, step) in path.iter().enumerate().rev() {
        if skipped > 0 && (STEPS..STEPS + skipped).contains(&at) {
            if at == STEPS {
                let label = t!("… {skipped} more", skipped).into();
                children = vec![Branch { label, children }];
            }
            continue;
        }
        let size = text::bytes(step.retained_bytes);
        let label = Words::code(format!("{} {}", step.by, step.class)).and(t!(
            ", retains {size}, {id}",
            size,
            id = step.object_id
        ));
        children = vec![Branch { label, children }];
    }
    children
}

pub(in crate::heap) fn classes(rows: &[ClassRow]) -> Block {
    let mut table = Table::new(&[
        &t!("Class"),
        &t!("#Objects"),
        &t!("#Own bytes"),
        &t!("#Retained"),
    ]);
    for row in rows {
        table.row([
            Words::code(row.class.clone()),
            text::count(row.instances).into(),
            text::bytes(row.shallow_bytes).into(),
            text::bytes(row.retained_bytes).into(),
        ]);
    }
    Block::Table(table)
}

pub(super) fn grown(comparison: &Comparison) -> Vec<Block> {
    let summary = t!(
        "The reachable heap changed by {bytes} in {objects} objects.",
        bytes = signed(comparison.reachable_bytes, text::bytes),
        objects = signed(comparison.reachable_objects, text::count)
    );
    let mut blocks = vec![Block::Paragraph(summary.into())];
    for (title, rows) in [
        (t!("Holder"), &comparison.suspects),
        (t!("Static field"), &comparison.statics),
        (t!("Class"), &comparison.classes),
    ] {
        if rows.is_empty() {
            continue;
        }
        let mut table = Table::new(&[
            &title,
            &t!("#Growth"),
            &t!("#Before"),
            &t!("#Now"),
            &t!("#Objects"),
        ]);
        for row in rows.iter().take(ROWS) {
            table.row([
                Words::code(row.name.clone()),
                signed(row.bytes, text::bytes).into(),
                text::bytes(row.old_bytes).into(),
                text::bytes(row.new_bytes).into(),
                signed(row.count, text::count).into(),
            ]);
        }
        table.more = rows.len().saturating_sub(ROWS) as u64;
        blocks.push(Block::Table(table));
    }
    blocks
}

pub(in crate::heap) fn signed(value: i64, words: fn(u64) -> String) -> String {
    let sign = if value < 0 { "-" } else { "+" };
    format!("{sign}{}", words(value.unsigned_abs()))
}

pub(super) fn oom(thread: &HeapThread) -> Block {
    Block::Code(stack(thread, FRAMES))
}

pub(super) fn stack(thread: &HeapThread, frames: usize) -> String {
    let mut out = format!("\"{}\" {}", thread.name, thread.id);
    for frame in thread.frames.iter().take(frames) {
        out += &format!("\n    at {frame}");
    }
    if thread.frames.len() > frames {
        let more = thread.frames.len() - frames;
        out += &t!("\n    … {more} more frames", more);
    }
    out
}
