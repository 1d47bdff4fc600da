//! Classes that are generated again and again.

use std::collections::{BTreeMap, BTreeSet};

use super::Model;
use crate::finding::{Confidence, Evidence, Finding, Rule, RuleMeta, Severity};
use crate::heap::hprof::names;
use crate::heap::paths;
use crate::t;
use crate::text;

/// Fewest classes of one family.
const CLASSES: usize = 500;
/// Smallest share of all classes.
const SHARE: f64 = 0.1;

/// What is in the name of a generated class: what stands before belongs to the family, what follows is a number.
const MARKS: [&str; 9] = [
    "$$EnhancerBy",
    "$$FastClassBy",
    "$$KeyFactoryBy",
    "_$$_jvst",
    "$HibernateProxy$",
    "$ByteBuddy$",
    "GeneratedConstructorAccessor",
    "GeneratedSerializationConstructorAccessor",
    "jdk.nashorn.internal.scripts.Script$",
];

pub(super) struct GeneratedClasses;

const META: RuleMeta = RuleMeta {
    id: "heap/generated-classes",
    title: "The same kind of class is generated again and again",
    severity: Severity::Medium,
    means: "Proxies, scripts, lambdas and serializers are classes made at run time. A program that makes a new one for each request instead of keeping it fills Metaspace, and the heap with class objects, until OutOfMemoryError: Metaspace.",
    detected: "At least 500 classes, and 10 % of all, of one generated family: dynamic proxies, CGLIB, Javassist, Byte Buddy and Hibernate proxies of one class, lambdas of one class, reflection accessors, Nashorn scripts.",
    advice: "Keep and reuse the generated class: one class loader for proxies, a static ObjectMapper, JAXBContext or ScriptEngine, a cache of compiled scripts. Bound Metaspace with -XX:MaxMetaspaceSize so that a leak shows early.",
    false_positives: "A very large application with that many different beans behind proxies.",
    sources: &["JVMS 5.3 Creation and Loading", "java.lang.reflect.Proxy"],
};

impl Rule<Model<'_>> for GeneratedClasses {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model<'_>) -> Vec<Finding> {
        let heap = model.heap;
        let mut families: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for (number, class) in heap.classes.iter() {
            let object = heap.ids.index(class.id).filter(|_| !class.made_up);
            if let Some(family) = family(&class.name)
                && object.is_some_and(|object| heap.tree.position(object).is_some())
            {
                families.entry(family).or_default().push(number);
            }
        }
        let least = CLASSES.max((SHARE * model.report.class_count as f64) as usize);
        let large = families
            .iter()
            .filter(|(_, classes)| classes.len() >= least);
        large
            .filter_map(|(family, classes)| finding(model, family, classes))
            .collect()
    }
}

/// What classes that were generated for the same purpose have in common.
fn family(name: &str) -> Option<String> {
    if name.contains("$Proxy") {
        return Some("$Proxy".to_owned());
    }
    let marked = MARKS
        .iter()
        .find_map(|mark| Some(name.find(mark)? + mark.len()));
    let stable = names::stable_class_name(name);
    match marked {
        Some(end) => Some(name[..end].to_owned()),
        None if stable.len() < name.len() => Some(stable),
        None => None,
    }
}

fn finding(model: &Model<'_>, family: &str, classes: &[u32]) -> Option<Finding> {
    let heap = model.heap;
    let loaders: BTreeSet<u64> = classes
        .iter()
        .map(|number| heap.classes.get(*number).loader)
        .collect();
    let objects: Vec<u32> = classes
        .iter()
        .filter_map(|number| heap.ids.index(heap.classes.get(*number).id))
        .collect();
    let count = text::count(classes.len() as u64);
    let mut finding = Finding::new(
        &META,
        t!(
            "{count} classes of the kind {family} were generated",
            count,
            family
        ),
    );
    finding.confidence = Confidence::Likely;
    finding.summary = t!(
        "They are {share} of all classes, come from {loaders} class loaders, and take {bytes} of the heap, and more in Metaspace.",
        share = text::percent(classes.len() as f64, model.report.class_count as f64),
        loaders = text::count(loaders.len() as u64),
        bytes = text::bytes(model.retained_together(&objects))
    );
    let last = objects.last().copied()?;
    let holder = paths::holder(heap, last);
    let statement = t!(
        "{class}, held by {holder}",
        class = heap.name_of(last),
        holder
    );
    finding
        .evidence
        .push(Evidence::new(statement, model.object(last)));
    finding.advice = vec![
        t!(
            "Find the code that makes {family} classes and let it keep what it made.",
            family
        ),
        t!(
            "Set -XX:MaxMetaspaceSize, and watch the number of loaded classes (jcmd PID VM.classloader_stats)."
        ),
    ];
    Some(finding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_leave_out_what_differs() {
        assert_eq!(family("jdk.proxy7.$Proxy12").as_deref(), Some("$Proxy"));
        assert_eq!(
            family("a.B$$EnhancerBySpringCGLIB$$5f2c").as_deref(),
            Some("a.B$$EnhancerBy")
        );
        assert_eq!(
            family("a.B$$Lambda$14/0x00c0").as_deref(),
            Some("a.B$$Lambda")
        );
        assert_eq!(family("a.B"), None);
    }
}
