//! The report as a person reads it: what fills the heap, who holds it, why it stays.

mod idle;
pub(super) mod parts;
mod pictures;

use super::report::{Consumer, HeapReport};
use crate::document::{Block, Document, Section, Table, Verdict, Words};
use crate::finding::Severity;
use crate::t;
use crate::text;
use parts::{classes, detail, grown, held_by, oom, stack, tree, upper_first, what};

/// Suspects with their path shown to everybody; the rest is in the table.
const SHOWN: usize = 2;
/// Rows of the short tables.
const ROWS: usize = 10;
/// Steps of a path shown at its beginning and at its end.
const STEPS: usize = 8;
/// Frames of a stack in the short view.
const FRAMES: usize = 12;

/// A suspect of this share alone explains a full heap.
const LARGE: f64 = 0.3;
/// A suspect of a smaller share is no headline.
const NOTABLE: f64 = 0.1;

impl HeapReport {
    /// The report as blocks.
    pub fn document(&self) -> Document {
        let mut blocks = vec![Block::Facts(self.facts())];
        if !self.suspects.is_empty() {
            blocks.push(Section::main(
                t!("What fills the heap"),
                self.suspect_blocks(),
            ));
        }
        blocks.extend(self.pictures());
        if let Some(comparison) = &self.comparison {
            let title = t!("What grew since {old}", old = comparison.old_source);
            blocks.push(Section::main(title, grown(comparison)));
        }
        let findings = self.findings.iter().cloned();
        let findings: Vec<Block> = findings.map(|f| Block::Finding(Box::new(f))).collect();
        if !findings.is_empty() {
            blocks.push(Section::main(t!("Findings"), findings));
        }
        if let Some(thread) = &self.oom_thread {
            let title = t!("The thread that could not allocate");
            blocks.push(Section::main(title, vec![oom(thread)]));
        }
        if !self.histogram.is_empty() {
            let rows = &self.histogram[..self.histogram.len().min(ROWS)];
            let title = t!("Largest classes");
            blocks.push(Section::main(title, vec![classes(rows)]));
        }
        blocks.extend(self.details());
        Document {
            title: t!("Heap dump {source}", source = self.source),
            verdict: self.verdict(),
            blocks,
        }
    }

    fn verdict(&self) -> Verdict {
        if self.object_count == 0 {
            let issue = self.coverage.iter().flat_map(|c| &c.issues).next();
            return Verdict {
                severity: Severity::Medium,
                headline: t!("The heap dump could not be read").into(),
                explanation: issue
                    .map(|issue| Words::from(issue.problem.clone()))
                    .into_iter()
                    .collect(),
            };
        }
        if let Some(left_out) = &self.left_out {
            return Verdict {
                severity: Severity::Medium,
                headline: t!("Too little memory to say who holds the heap").into(),
                explanation: vec![format!("{left_out}.").into()],
            };
        }
        let largest = self.suspects.first();
        let headline = match largest {
            Some(suspect) if suspect.share >= NOTABLE => upper_first(&suspect.title),
            Some(suspect) => t!(
                "Nothing stands out: the largest holder, {holder}, keeps {share} of the heap",
                holder = held_by(suspect),
                share = text::percent(suspect.share, 1.0)
            ),
            None => t!("Nothing stands out: no single holder keeps 3 % of the heap"),
        };
        let mut explanation: Vec<Words> = Vec::new();
        let notable = largest.filter(|suspect| suspect.share >= NOTABLE);
        explanation.extend(notable.map(|suspect| suspect.reason.clone().into()));
        if let Some(thread) = &self.oom_thread {
            let name = &thread.name;
            explanation.push(
                t!(
                    "An OutOfMemoryError hit thread \"{name}\"; it is the victim, not necessarily the cause.",
                    name
                )
                .into(),
            );
        }
        if let Some(problem) = &self.truncated {
            explanation.push(t!("The dump is incomplete: {problem}.", problem).into());
        }
        if self
            .roots
            .iter()
            .any(|root| root.kind.starts_with("stand-in"))
        {
            explanation.push(
                t!("It has no roots, so classes and threads stand in for them and retained sizes are approximate.")
                    .into(),
            );
        }
        let share = largest.map_or(0.0, |suspect| suspect.share);
        Verdict {
            severity: match (&self.oom_thread, share) {
                (Some(_), _) => Severity::Critical,
                (None, LARGE..) => Severity::High,
                (None, _) => Severity::Info,
            },
            headline: Words::strong(headline),
            explanation,
        }
    }

    fn facts(&self) -> Vec<(String, Words)> {
        let mut facts: Vec<(String, Words)> = Vec::new();
        let mut fact = |name: String, value: String| facts.push((name, value.into()));
        if let Some(taken) = self.taken {
            fact(t!("Taken"), taken.display());
        }
        if let Some(jvm) = &self.jvm {
            let version = jvm.java_version.as_deref().unwrap_or("?");
            let vm = jvm.vm.as_deref().unwrap_or("");
            fact(t!("JVM"), t!("Java {version} ({vm})", version, vm));
            if let Some(command) = &jvm.command {
                fact(t!("Command"), command.clone());
            }
        }
        if self.left_out.is_some() {
            fact(t!("Objects"), text::count(self.object_count));
            fact(t!("Sizes"), self.layout.clone());
            return facts;
        }
        let mut live = t!(
            "{bytes} in {count} objects",
            bytes = text::bytes(self.reachable_bytes),
            count = text::count(self.reachable_objects)
        );
        if let Some(max) = self.max_heap {
            live += &t!(
                ", {share} of the largest heap, {max}",
                share = text::percent(self.reachable_bytes as f64, max as f64),
                max = text::bytes(max)
            );
        }
        fact(t!("Reachable"), live);
        let garbage = t!(
            "{bytes} in {count} objects, not yet collected",
            bytes = text::bytes(self.unreachable_bytes),
            count = text::count(self.unreachable_objects)
        );
        fact(t!("Unreachable"), garbage);
        if let Some(waste) = self.notable_waste() {
            fact(t!("Without use"), waste);
        }
        if let Some(direct) = &self.direct_memory
            && direct.reserved > 0
        {
            let limit = direct.limit.map_or("?".to_owned(), text::bytes);
            let value = t!(
                "{reserved} outside the heap in {count} buffers, limit {limit}",
                reserved = text::bytes(direct.reserved),
                count = text::count(direct.count),
                limit
            );
            fact(t!("Direct buffers"), value);
        }
        fact(t!("Sizes"), self.layout.clone());
        facts
    }

    fn suspect_blocks(&self) -> Vec<Block> {
        let mut table = Table::new(&[
            &t!("#Share"),
            &t!("#Retained"),
            &t!("Held by"),
            &t!("What it is"),
        ]);
        for suspect in &self.suspects {
            table.row([
                text::percent(suspect.share, 1.0).into(),
                text::bytes(suspect.retained_bytes).into(),
                Words::code(held_by(suspect)),
                what(suspect).into(),
            ]);
        }
        let mut blocks = vec![Block::Table(table)];
        for suspect in self.suspects.iter().take(SHOWN) {
            let title = t!("How {holder} is reached", holder = held_by(suspect));
            blocks.push(Block::Paragraph(title.into()));
            blocks.push(Block::Tree(tree(&suspect.path)));
        }
        blocks
    }

    fn details(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let suspects = self.suspects.iter().enumerate();
        for (number, suspect) in suspects {
            blocks.push(detail(number, suspect));
        }
        if !self.threads.is_empty() {
            blocks.push(Section::detail(t!("Threads"), self.thread_blocks()));
        }
        for (title, consumers) in [
            (t!("Static fields"), &self.consumers.statics),
            (t!("Classes by what they retain"), &self.consumers.classes),
            (t!("Packages"), &self.consumers.packages),
            (t!("Class loaders"), &self.consumers.loaders),
        ] {
            if !consumers.is_empty() {
                blocks.push(Section::detail(title, vec![self.consumer_table(consumers)]));
            }
        }
        blocks.extend(self.idle());
        if !self.locks.is_empty() {
            blocks.push(Section::detail(t!("Locks"), vec![self.lock_table()]));
        }
        if self.histogram.len() > ROWS {
            let title = t!("Classes by their own bytes");
            blocks.push(Section::detail(title, vec![classes(&self.histogram)]));
        }
        blocks.push(Section::detail(t!("What was read"), self.coverage_blocks()));
        blocks
    }

    fn thread_blocks(&self) -> Vec<Block> {
        let mut table = Table::new(&[
            &t!("Thread"),
            &t!("#Retained"),
            &t!("Heaviest local"),
            &t!("Innermost frame"),
        ]);
        for thread in &self.threads {
            let local = thread.locals.first().map_or(String::new(), |local| {
                let size = text::bytes(local.retained_bytes);
                match &local.elements {
                    Some((count, element)) => t!(
                        "{class}, {count} of {element}, {size}",
                        class = local.class,
                        count = text::count(*count),
                        element,
                        size
                    ),
                    None => t!("{class}, {size}", class = local.class, size),
                }
            });
            let name = match thread.alike {
                0 | 1 => thread.name.clone(),
                alike => t!(
                    "{count} threads of class {class} with this stack",
                    count = text::count(alike),
                    class = thread.class
                ),
            };
            table.row([
                Words::code(name),
                text::bytes(thread.retained_bytes).into(),
                local.into(),
                Words::code(thread.frames.first().cloned().unwrap_or_default()),
            ]);
        }
        let listed: u64 = self.threads.iter().map(|thread| thread.alike).sum();
        table.more = self.thread_count.saturating_sub(listed);
        let mut blocks = vec![Block::Table(table)];
        for thread in self.threads.iter().take(3) {
            if !thread.frames.is_empty() {
                blocks.push(Block::Code(stack(thread, usize::MAX)));
            }
        }
        blocks
    }

    fn consumer_table(&self, consumers: &[Consumer]) -> Block {
        let mut table = Table::new(&[
            &t!("Name"),
            &t!("#Objects"),
            &t!("#Retained"),
            &t!("#Share"),
        ]);
        for consumer in consumers {
            table.row([
                Words::code(consumer.name.clone()),
                text::count(consumer.count).into(),
                text::bytes(consumer.retained_bytes).into(),
                text::percent(consumer.retained_bytes as f64, self.reachable_bytes as f64).into(),
            ]);
        }
        Block::Table(table)
    }

    fn lock_table(&self) -> Block {
        let mut table = Table::new(&[&t!("Lock"), &t!("Owner"), &t!("#Waiting"), &t!("Waiters")]);
        for lock in &self.locks {
            table.row([
                Words::code(format!("{} {}", lock.class, lock.object_id)),
                lock.owner.clone().unwrap_or_default().into(),
                text::count(lock.waiters.len() as u64).into(),
                lock.waiters.join(", ").into(),
            ]);
        }
        Block::Table(table)
    }

    fn coverage_blocks(&self) -> Vec<Block> {
        let mut facts: Vec<(String, Words)> = Vec::new();
        for coverage in &self.coverage {
            facts.push((t!("Format"), coverage.format.clone().into()));
            facts.push((t!("Bytes"), text::count(coverage.bytes).into()));
            facts.push((t!("Objects"), text::count(coverage.records).into()));
            facts.push((
                t!("Bytes not understood"),
                text::count(coverage.not_understood).into(),
            ));
            for issue in &coverage.issues {
                facts.push((t!("Note"), issue.to_string().into()));
            }
        }
        let mut roots = Table::new(&[&t!("Kind of root"), &t!("#Roots")]);
        for root in &self.roots {
            roots.row([root.kind.clone().into(), text::count(root.count).into()]);
        }
        vec![Block::Facts(facts), Block::Table(roots)]
    }
}
