//! A closer look as a person reads it.

use super::report::{
    ClassView, FieldRow, Inspection, ObjectRow, ObjectView, Page, PathsView, Subject,
};
use crate::document::{Block, Branch, Document, Section, Table, Verdict, Words};
use crate::finding::Severity;
use crate::heap::document::parts::{classes, tree};
use crate::t;
use crate::text;

impl Inspection {
    /// The look as blocks.
    pub fn document(&self) -> Document {
        let (title, headline, explanation, blocks) = match &self.subject {
            Subject::Object(view) => (
                t!(
                    "Object {id} of {source}",
                    id = view.object.object_id,
                    source = self.source
                ),
                self.headline(&view.object),
                held(view),
                self.object(view),
            ),
            Subject::Class(view) => (
                t!(
                    "Class {class} of {source}",
                    class = view.class,
                    source = self.source
                ),
                self.of_class(view),
                Vec::new(),
                self.class(view),
            ),
            Subject::Paths(view) => (
                t!(
                    "Ways to {id} of {source}",
                    id = view.object.object_id,
                    source = self.source
                ),
                self.headline(&view.object),
                ways(view),
                vec![self.list(&view.paths, |paths| {
                    let trees = paths.iter().flat_map(|path| tree(path));
                    Block::Tree(trees.collect::<Vec<Branch>>())
                })],
            ),
        };
        Document {
            title,
            verdict: Verdict {
                severity: Severity::Info,
                headline: Words::strong(headline),
                explanation,
            },
            blocks,
        }
    }

    fn headline(&self, object: &ObjectRow) -> String {
        t!(
            "{class} of {own} that retains {retained}, {share} of the heap",
            class = object.class,
            own = text::bytes(object.shallow_bytes),
            retained = text::bytes(object.retained_bytes),
            share = text::percent(object.retained_bytes as f64, self.reachable_bytes as f64)
        )
    }

    fn of_class(&self, view: &ClassView) -> String {
        let instances: u64 = view.versions.iter().map(|version| version.instances).sum();
        t!(
            "{count} instances of {class} retain {retained}, {share} of the heap",
            count = text::count(instances),
            class = view.class,
            retained = text::bytes(view.retained_bytes),
            share = text::percent(view.retained_bytes as f64, self.reachable_bytes as f64)
        )
    }

    fn object(&self, view: &ObjectView) -> Vec<Block> {
        let mut facts: Vec<(String, Words)> = Vec::new();
        let mut fact = |name: String, value: String| facts.push((name, value.into()));
        fact(t!("Retained objects"), text::count(view.retained_objects));
        if let Some(length) = view.length {
            fact(t!("Length"), text::count(length));
        }
        if let Some((count, class)) = &view.elements {
            let class = class.as_deref().unwrap_or("");
            fact(t!("Elements"), format!("{} {class}", text::count(*count)));
        }
        if let Some(value) = &view.text {
            fact(t!("Text"), value.clone());
        }
        if let Some(loader) = &view.loader {
            fact(
                t!("Class loader"),
                format!("{} {}", loader.class, loader.object_id),
            );
        }
        let mut blocks = vec![Block::Facts(facts)];
        if !view.path.is_empty() {
            let title = t!("How it is reached");
            blocks.push(Section::main(title, vec![Block::Tree(tree(&view.path))]));
        }
        let mut section =
            |title: String, block: Block| blocks.push(Section::main(title, vec![block]));
        if view.fields.total > 0 {
            section(t!("What it holds"), self.list(&view.fields, fields));
        }
        if view.referrers.total > 0 {
            let rows = self.list(&view.referrers, |rows| {
                let rows = rows.iter().map(|row| (row.by.as_str(), &row.object));
                objects(Some(t!("By")), rows)
            });
            section(t!("Who refers to it"), rows);
        }
        if view.dominated.total > 0 {
            let rows = self.list(&view.dominated, |rows| {
                objects(None, rows.iter().map(|row| ("", row)))
            });
            section(t!("What it keeps alive at first hand"), rows);
            let rows = self.list(&view.retained_classes, classes);
            section(t!("All that it keeps alive"), rows);
        }
        blocks
    }

    fn class(&self, view: &ClassView) -> Vec<Block> {
        let mut versions = Table::new(&[
            &t!("Class object"),
            &t!("Class loader"),
            &t!("#Instances"),
            &t!("#Own bytes"),
            &t!("#Unreachable"),
        ]);
        for version in &view.versions {
            versions.row([
                Words::code(version.object_id.clone()),
                version
                    .loader
                    .clone()
                    .unwrap_or_else(|| t!("(boot loader)"))
                    .into(),
                text::count(version.instances).into(),
                text::bytes(version.shallow_bytes).into(),
                text::count(version.unreachable).into(),
            ]);
        }
        let mut blocks = vec![Block::Table(versions)];
        if !view.superclasses.is_empty() {
            let above = view.superclasses.join(" → ");
            blocks.push(Block::Paragraph(t!("Superclasses: {above}", above).into()));
        }
        let mut section =
            |title: String, block: Block| blocks.push(Section::main(title, vec![block]));
        if view.instances.total > 0 {
            let rows = self.list(&view.instances, |rows| {
                objects(None, rows.iter().map(|row| ("", row)))
            });
            section(t!("Instances"), rows);
            let rows = self.list(&view.holders, |rows| {
                let mut table = Table::new(&[&t!("Kept alive by"), &t!("#Instances")]);
                for (class, count) in rows {
                    table.row([Words::code(class.clone()), text::count(*count).into()]);
                }
                Block::Table(table)
            });
            section(t!("Who keeps them alive"), rows);
            let rows = self.list(&view.retained_classes, classes);
            section(t!("All that they keep alive"), rows);
        }
        if view.statics.total > 0 {
            section(t!("Static fields"), self.list(&view.statics, fields));
        }
        blocks
    }

    /// A page of a list; says in words where it ends.
    fn list<T>(&self, page: &Page<T>, block: impl Fn(&[T]) -> Block) -> Block {
        if page.rows.is_empty() {
            let text = match page.total > self.offset {
                true => t!(
                    "{total} values, shown with --show-strings",
                    total = text::count(page.total)
                ),
                false => t!(
                    "no more rows: the list has {total}",
                    total = text::count(page.total)
                ),
            };
            return Block::Paragraph(text.into());
        }
        let mut block = block(&page.rows);
        let shown = self.offset + page.rows.len() as u64;
        if let Block::Table(table) = &mut block {
            table.more = page.total.saturating_sub(shown);
        }
        block
    }
}

fn held(view: &ObjectView) -> Vec<Words> {
    let mut sentences: Vec<Words> = Vec::new();
    if !view.reachable {
        sentences.push(t!("No root reaches it: it is garbage that was not yet collected.").into());
    }
    if !view.roots.is_empty() {
        sentences.push(
            t!(
                "It is itself a root: {kinds}.",
                kinds = view.roots.join(", ")
            )
            .into(),
        );
    }
    match &view.dominator {
        Some(above) => sentences.push(
            t!(
                "{class} {id} alone keeps it alive.",
                class = above.class,
                id = above.object_id
            )
            .into(),
        ),
        None if view.reachable && view.roots.is_empty() => {
            sentences.push(t!("No single object keeps it alive: several ways lead to it.").into());
        }
        None => {}
    }
    sentences
}

fn ways(view: &PathsView) -> Vec<Words> {
    let mut sentences: Vec<Words> = Vec::new();
    if view.paths.total == 0 {
        sentences.push(t!("No root reaches it.").into());
    } else {
        let count = text::count(view.paths.total);
        sentences.push(t!("{count} objects or roots hold it from outside; the shortest way through each follows.", count).into());
    }
    if view.inside > 0 {
        let count = text::count(view.inside);
        sentences.push(
            t!(
                "{count} more refer to it, but weakly, or live only as long as it does.",
                count
            )
            .into(),
        );
    }
    sentences
}

fn fields(rows: &[FieldRow]) -> Block {
    let mut table = Table::new(&[
        &t!("Name"),
        &t!("Type"),
        &t!("Value"),
        &t!("#Own bytes"),
        &t!("#Retained"),
    ]);
    for row in rows {
        let name = match &row.declared_in {
            Some(class) => t!("{name} (of {class})", name = row.name, class),
            None => row.name.clone(),
        };
        let object = row.object.as_ref();
        let value = match (object, &row.value) {
            (Some(object), Some(value)) => format!("\"{value}\" {}", object.object_id),
            (Some(object), None) => format!("{} {}", object.class, object.object_id),
            (None, value) => value.clone().unwrap_or_default(),
        };
        table.row([
            Words::code(name),
            row.kind.clone().into(),
            Words::code(value),
            object
                .map_or_else(String::new, |row| text::bytes(row.shallow_bytes))
                .into(),
            object
                .map_or_else(String::new, |row| text::bytes(row.retained_bytes))
                .into(),
        ]);
    }
    Block::Table(table)
}

fn objects<'r>(by: Option<String>, rows: impl Iterator<Item = (&'r str, &'r ObjectRow)>) -> Block {
    let (object, own, retained) = (t!("Object"), t!("#Own bytes"), t!("#Retained"));
    let mut table = match &by {
        Some(by) => Table::new(&[&object, by, &own, &retained]),
        None => Table::new(&[&object, &own, &retained]),
    };
    for (how, row) in rows {
        let object = Words::code(format!("{} {}", row.class, row.object_id));
        let own = text::bytes(row.shallow_bytes).into();
        let retained = text::bytes(row.retained_bytes).into();
        match by {
            Some(_) => table.row([object, Words::code(how.to_owned()), own, retained]),
            None => table.row([object, own, retained]),
        }
    }
    Block::Table(table)
}
