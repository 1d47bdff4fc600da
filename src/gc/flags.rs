//! What the JVM was told on its command line, as far as the log shows it, and what is wrong with it.

use super::report::{Fact, GcLife};
use crate::finding::{Evidence, Locator};
use crate::t;
use crate::text;

/// Names of the facts that hold flags: the arguments of the user (unified logging, `arguments`), and all flags that are
/// set, also by the JVM itself (`-XX:+PrintCommandLineFlags`, always in logs of JDK 8).
const SOURCES: [&str; 2] = ["jvm_args", "CommandLine flags"];

/// Flags that a release no longer has: beginning of the name, the release, and its source. A JVM ignores them with a
/// warning for one release and then refuses to start.
const REMOVED: [(&str, u32, &str); 8] = [
    ("PermSize", 8, "JEP 122"),
    ("MaxPermSize", 8, "JEP 122"),
    ("UseParNewGC", 10, "JDK-8151084"),
    ("AggressiveOpts", 12, "JDK-8199777"),
    ("UseConcMarkSweepGC", 14, "JEP 363"),
    ("UseParallelOldGC", 15, "JEP 366"),
    ("UseBiasedLocking", 18, "JEP 374"),
    ("ZGenerational", 24, "JEP 490"),
];

/// Flags that choose a collector.
const COLLECTORS: [&str; 7] = [
    "UseSerialGC",
    "UseParallelGC",
    "UseConcMarkSweepGC",
    "UseG1GC",
    "UseZGC",
    "UseShenandoahGC",
    "UseEpsilonGC",
];

/// One flag.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Flag<'a> {
    /// Canonical name: `MaxHeapSize` for `-Xmx`.
    name: &'a str,
    /// `+`, `-`, or what stands behind `=` (or `-Xmx`).
    value: &'a str,
    /// As written.
    text: &'a str,
}

/// All flags of a fact, in order.
#[derive(Debug)]
struct Flags<'a> {
    flags: Vec<Flag<'a>>,
    fact: &'a Fact,
}

impl<'a> Flags<'a> {
    fn of(life: &'a GcLife) -> Option<Self> {
        let fact = SOURCES
            .iter()
            .find_map(|name| life.facts.iter().find(|fact| fact.name == *name))?;
        let flags = fact.value.split_ascii_whitespace().filter_map(flag);
        Some(Self {
            flags: flags.collect(),
            fact,
        })
    }

    /// The value that counts: the last.
    fn value(&self, name: &str) -> Option<&'a str> {
        let last = self.flags.iter().rev().find(|flag| flag.name == name)?;
        Some(last.value)
    }

    fn is_on(&self, name: &str) -> bool {
        self.value(name) == Some("+")
    }
}

fn flag(text: &str) -> Option<Flag<'_>> {
    for (prefix, name) in [
        ("-Xmx", "MaxHeapSize"),
        ("-Xms", "InitialHeapSize"),
        ("-Xmn", "NewSize"),
        ("-Xss", "ThreadStackSize"),
    ] {
        if let Some(value) = text.strip_prefix(prefix) {
            return Some(Flag { name, value, text });
        }
    }
    let option = text.strip_prefix("-XX:")?;
    let (name, value) = match (option.split_at_checked(1)?, option.split_once('=')) {
        (("+", name), _) => (name, "+"),
        (("-", name), _) => (name, "-"),
        (_, Some((name, value))) => (name, value),
        _ => return None,
    };
    Some(Flag { name, value, text })
}

/// Everything that is wrong with the flags, a sentence each.
pub(super) fn complaints(life: &GcLife) -> Vec<Evidence> {
    let mut complaints = warnings(life);
    if let Some(flags) = Flags::of(life) {
        let locator = &flags.fact.locator;
        complaints.extend(repeated(&flags, locator));
        complaints.extend(contradictions(&flags, locator));
        complaints.extend(removed(&flags, life.release(), locator));
    }
    complaints
}

/// What the JVM itself said about its flags.
fn warnings(life: &GcLife) -> Vec<Evidence> {
    let warnings = life.facts.iter().filter(|fact| fact.name == "JVM warning");
    warnings
        .map(|fact| {
            let statement = t!("the JVM warns: {warning}", warning = fact.value);
            Evidence::new(statement, fact.locator.clone())
        })
        .collect()
}

fn repeated(flags: &Flags<'_>, locator: &Locator) -> Vec<Evidence> {
    let mut found = Vec::new();
    for (index, flag) in flags.flags.iter().enumerate() {
        let same = |other: &&Flag<'_>| other.name == flag.name;
        let is_first = !flags.flags[..index].iter().any(|other| same(&other));
        let last = flags.flags[index..].iter().rfind(same);
        if let Some(last) = last
            && is_first
            && last.value != flag.value
        {
            let statement = t!(
                "{first} is overruled by {last}: the last one counts",
                first = flag.text,
                last = last.text
            );
            found.push(Evidence::new(statement, locator.clone()));
        }
    }
    found
}

fn contradictions(flags: &Flags<'_>, locator: &Locator) -> Vec<Evidence> {
    let mut found = Vec::new();
    let mut say = |statement: String| found.push(Evidence::new(statement, locator.clone()));
    let collectors: Vec<&str> = COLLECTORS
        .into_iter()
        .filter(|name| flags.is_on(name))
        .collect();
    if collectors.len() > 1 {
        let names = collectors.join(", ");
        say(t!("more than one collector is chosen: {names}", names));
    }
    if flags.is_on("DisableExplicitGC") {
        for dead in [
            "ExplicitGCInvokesConcurrent",
            "ExplicitGCInvokesConcurrentAndUnloadsClasses",
        ] {
            if flags.is_on(dead) {
                say(t!(
                    "-XX:+{dead} does nothing beside -XX:+DisableExplicitGC",
                    dead
                ));
            }
        }
    }
    let young_is_fixed = flags.value("NewSize").is_some()
        && (flags.value("MaxNewSize") == flags.value("NewSize")
            || flags.flags.iter().any(|flag| flag.text.starts_with("-Xmn")));
    if flags.is_on("UseG1GC") && (young_is_fixed || flags.value("NewRatio").is_some()) {
        say(t!(
            "G1 cannot keep its pause goal with a young generation of fixed size (-Xmn, NewSize with MaxNewSize, NewRatio)"
        ));
    }
    if flags.is_on("UseConcMarkSweepGC")
        && flags.value("CMSInitiatingOccupancyFraction").is_some()
        && !flags.is_on("UseCMSInitiatingOccupancyOnly")
    {
        say(t!(
            "CMSInitiatingOccupancyFraction holds for the first cycle only without -XX:+UseCMSInitiatingOccupancyOnly"
        ));
    }
    found
}

fn removed(flags: &Flags<'_>, release: Option<u32>, locator: &Locator) -> Vec<Evidence> {
    let Some(release) = release else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (name, since, source) in REMOVED {
        if release >= since && flags.value(name).is_some() {
            let statement = t!(
                "{name} does nothing: JDK {since} removed it ({source})",
                name,
                since,
                source
            );
            found.push(Evidence::new(statement, locator.clone()));
        }
    }
    found
}

/// A heap that starts at half of its limit or less and was resized while it ran.
pub(super) fn resizing(life: &GcLife) -> Option<Evidence> {
    let (initial, fact) = life.size("Heap Initial Capacity")?;
    let max = life.heap_max?;
    let mut capacities = life.points.iter().filter_map(|point| point.capacity);
    let first = capacities.next()?;
    let resized = capacities.filter(|capacity| *capacity != first).count();
    (initial.saturating_mul(2) <= max && resized > 0).then(|| {
        let initial = text::bytes(initial);
        let max = text::bytes(max);
        let statement = t!(
            "the heap starts at {initial} and may grow to {max}: it was resized while it ran",
            initial,
            max
        );
        Evidence::new(statement, fact.locator.clone())
    })
}

impl GcLife {
    /// The feature release of the JVM: 17 for `17.0.15+6`, 8 for `1.8.0_102-b14`.
    pub fn release(&self) -> Option<u32> {
        let version = self.jvm_version.as_deref()?;
        let mut numbers = version
            .split(|c: char| !c.is_ascii_digit())
            .map(str::parse::<u32>);
        match numbers.next()?.ok()? {
            1 => numbers.next()?.ok(),
            release => Some(release),
        }
    }

    /// A fact of the header that is a size in bytes.
    pub(super) fn size(&self, name: &str) -> Option<(u64, &Fact)> {
        let fact = self.facts.iter().find(|fact| fact.name == name)?;
        let (bytes, _) = super::formats::number::size(fact.value.as_bytes())?;
        Some((bytes, fact))
    }

    /// The memory that the JVM sees, the container's limit if it has one: `Memory: 24105M`, in JDK 8
    /// `Memory: 4k page, physical 8165364k(…)`.
    pub(super) fn memory(&self) -> Option<(u64, &Fact)> {
        let (bytes, fact) = self.size("Memory")?;
        let Some((_, physical)) = fact.value.split_once("physical ") else {
            return Some((bytes, fact));
        };
        let (bytes, _) = super::formats::number::size(physical.as_bytes())?;
        Some((bytes, fact))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_have_canonical_names() {
        let all: Vec<(&str, &str)> =
            "-Xmx96m -XX:+UseG1GC -XX:-UseX -XX:NewSize=10m -Dx=y Main -XX: -XX:odd"
                .split(' ')
                .filter_map(flag)
                .map(|flag| (flag.name, flag.value))
                .collect();
        assert_eq!(
            all,
            [
                ("MaxHeapSize", "96m"),
                ("UseG1GC", "+"),
                ("UseX", "-"),
                ("NewSize", "10m")
            ]
        );
    }
}
