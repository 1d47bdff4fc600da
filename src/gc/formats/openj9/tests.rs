//! Verbose GC as OpenJ9 writes it.

use super::*;
use crate::gc::formats::Reader as _;
use crate::input::Lines;

#[test]
fn a_pause_is_the_exclusive_access_around_a_collection() {
    let log = r#"<?xml version="1.0" ?>
<verbosegc xmlns="http://www.ibm.com/j9/verbosegc" version="1">
<initialized id="1" timestamp="2020-01-02T03:04:05.000">
  <attribute name="gcPolicy" value="-Xgcpolicy:gencon" />
  <attribute name="maxHeapSize" value="0x20000000" />
</initialized>
<exclusive-start id="2" timestamp="2020-01-02T03:04:07.500" intervalms="2500.1">
</exclusive-start>
<af-start id="3" totalBytesRequested="24" timestamp="2020-01-02T03:04:07.500" intervalms="1" />
<gc-start id="5" type="scavenge" contextid="4" timestamp="2020-01-02T03:04:07.501">
  <mem-info id="6" free="100" total="1000" percent="10">
    <mem type="tenure" free="80" total="600" percent="13" />
  </mem-info>
</gc-start>
<gc-end id="8" type="scavenge" contextid="4" durationms="5.200" usertimems="9.000" systemtimems="1.000" timestamp="2020-01-02T03:04:07.506">
  <mem-info id="9" free="700" total="1000" percent="70">
    <mem type="tenure" free="70" total="600" percent="11" />
  </mem-info>
</gc-end>
<exclusive-end id="13" timestamp="2020-01-02T03:04:07.506" durationms="6.125" />
"#;
    let mut reader = Reader::new();
    for line in Lines::new(log.as_bytes()) {
        assert_ne!(reader.line(&line), Outcome::Unknown, "{}", line.number);
    }
    let runs = reader.finish();
    let event = &runs[0].events[0];
    assert_eq!((event.kind, event.nanos), (PauseKind::Young, 6_125_000));
    assert_eq!((event.heap.before, event.heap.after), (900, 300));
    assert_eq!((event.old.before, event.old.after), (520, 530));
    assert_eq!(event.cpu.map(|cpu| cpu.user), Some(9000));
    assert_eq!(runs[0].heap_max, Some(0x2000_0000));
}

/// The only run in a log; every line must be understood.
fn read(log: &str) -> Run {
    let mut reader = Reader::new();
    for line in Lines::new(log.as_bytes()) {
        assert_ne!(reader.line(&line), Outcome::Unknown, "{}", line.number);
    }
    let mut runs = reader.finish();
    assert_eq!(runs.len(), 1);
    runs.remove(0)
}

/// A global cycle of gencon stops the world to start and to finish; only a collection from scratch is full.
#[test]
fn a_concurrent_cycle_is_no_full_collection() {
    let run = read(
        r#"<concurrent-kickoff id="1" timestamp="2020-01-02T03:04:05.000">
  <kickoff reason="threshold reached" targetBytes="100" thresholdFreeBytes="10" remainingFree="9" tenureFreeBytes="5" nurseryFreeBytes="4" />
</concurrent-kickoff>
<exclusive-start id="2" timestamp="2020-01-02T03:04:05.010" intervalms="900.000">
  <response-info timems="0.100" idlems="0.050" threads="3" lastid="0000000000AB0000" lastname="worker-1" />
</exclusive-start>
<cycle-start id="3" type="global" contextid="0" timestamp="2020-01-02T03:04:05.010" intervalms="9000.000" />
<exclusive-end id="4" timestamp="2020-01-02T03:04:05.010" durationms="0.048" />

<exclusive-start id="5" timestamp="2020-01-02T03:04:05.600" intervalms="590.000">
</exclusive-start>
<concurrent-global-final id="6" timestamp="2020-01-02T03:04:05.600" intervalms="9100.000" >
  <concurrent-trace-info reason="card cleaning threshold reached" tracedByMutators="80" tracedByHelpers="20" cardsCleaned="4" workStackOverflowCount="0" />
</concurrent-global-final>
<gc-start id="7" type="global" contextid="3" timestamp="2020-01-02T03:04:05.600">
  <mem-info id="8" free="200" total="1000" percent="20">
    <mem type="nursery" free="150" total="400" percent="37">
      <mem type="allocate" free="150" total="350" percent="42" />
    </mem>
    <mem type="tenure" free="50" total="600" percent="8">
      <mem type="soa" free="50" total="570" percent="8" />
    </mem>
    <remembered-set count="12" />
  </mem-info>
</gc-start>
<allocation-stats totalBytes="500" >
  <allocated-bytes non-tlh="100" tlh="400" />
  <largest-consumer threadName="worker-1" threadId="0000000000AB0000" bytes="300" />
</allocation-stats>
<gc-op id="9" type="rs-scan" timems="1.000" contextid="3" timestamp="2020-01-02T03:04:05.601">
  <scan objectcount="10" />
</gc-op>
<gc-op id="10" type="mark" timems="30.000" contextid="3" timestamp="2020-01-02T03:04:05.630">
  <trace-info objectcount="100" scancount="90" scanbytes="800" />
  <ownableSynchronizers candidates="2" cleared="1" />
  <references type="soft" candidates="3" cleared="0" enqueued="0" dynamicThreshold="32" maxThreshold="32" />
  <object-monitors candidates="1" cleared="0"  />
</gc-op>
<gc-end id="11" type="global" contextid="3" durationms="40.000" usertimems="75.000" systemtimems="1.000" stalltimems="2.000" timestamp="2020-01-02T03:04:05.640" activeThreads="2">
  <mem-info id="12" free="700" total="1000" percent="70">
    <mem type="nursery" free="300" total="400" percent="75" />
    <mem type="tenure" free="400" total="600" percent="66" macro-fragmented="0" />
    <pending-finalizers system="1" default="0" reference="2" classloader="0" />
  </mem-info>
</gc-end>
<cycle-end id="13" type="global" contextid="3" timestamp="2020-01-02T03:04:05.640" />
<exclusive-end id="14" timestamp="2020-01-02T03:04:05.640" durationms="41.500" />
"#,
    );
    let kinds: Vec<PauseKind> = run.events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [PauseKind::InitialMark, PauseKind::Remark]);
    assert_eq!(run.cause(&run.events[1]), "Concurrent Final");
    let last = &run.events[1];
    assert_eq!((last.heap.before, last.heap.after), (800, 300));
    assert_eq!((last.young.before, last.young.after), (250, 100));
    assert_eq!((last.old.before, last.old.after), (550, 200));
}

#[test]
fn balanced_marks_in_steps_and_collects_everything_only_in_need() {
    let pause = |start: &str, kind: &str| {
        format!(
            r#"<exclusive-start id="1" timestamp="2020-01-02T03:04:05.000" intervalms="9.0">
</exclusive-start>
{start}
<gc-start id="3" type="{kind}" contextid="2" timestamp="2020-01-02T03:04:05.000">
  <mem-info id="4" free="100" total="1000" percent="10">
    <mem type="eden" free="0" total="500" percent="0" />
    <arraylet-primitive objects="1" leaves="4" largest="4" />
    <remembered-set count="9" freebytes="9" totalbytes="9" percent="93" regionsoverflowed="1" regionsstable="12" regionsrebuilding="0"/>
  </mem-info>
</gc-start>
<gc-op id="5" type="copy forward" timems="4.0" contextid="2" timestamp="2020-01-02T03:04:05.004">
  <memory-copied type="eden" objects="4" bytes="100" bytesdiscarded="1" />
  <memory-traced type="eden" objects="4" bytes="100" />
  <memory-cardclean objects="1" bytes="6" />
  <regions eden="5" other="2" />
  <remembered-set-cleared processed="7" cleared="2" durationms="0.6" />
  <cardclean-info objects="3" bytes="100" />
  <heap-resize type="expand" space="default" amount="0" count="1" timems="0.0" reason="continue current collection" />
  <warning details="operation aborted due to insufficient free space" />
</gc-op>
<gc-end id="6" type="{kind}" contextid="2" durationms="5.0" usertimems="9.0" systemtimems="1.0" timestamp="2020-01-02T03:04:05.005" activeThreads="2">
  <mem-info id="7" free="600" total="1000" percent="60">
    <mem type="eden" free="500" total="500" percent="100" />
  </mem-info>
</gc-end>
<exclusive-end id="8" timestamp="2020-01-02T03:04:05.006" durationms="6.0" />
"#
        )
    };
    let taxed = r#"<allocation-taxation id="2" taxation-threshold="500" timestamp="2020-01-02T03:04:05.000" intervalms="9.0" />"#;
    let failed = r#"<af-start id="2" threadId="00" totalBytesRequested="24" timestamp="2020-01-02T03:04:05.000" intervalms="12.7" />
<cycle-continue id="9" oldtype="global mark phase" newtype="global garbage collect" contextid="2" timestamp="2020-01-02T03:04:05.000" />"#;
    let log = [
        pause(taxed, "partial gc"),
        pause(taxed, "global mark phase"),
        pause(failed, "global garbage collect"),
    ];
    let run = read(&log.concat());
    let kinds: Vec<PauseKind> = run.events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [PauseKind::Mixed, PauseKind::Other, PauseKind::Full]);
    assert_eq!(run.cause(&run.events[0]), "Allocation Taxation");
    assert_eq!(run.cause(&run.events[2]), "Allocation Failure");
}

#[test]
fn the_head_names_version_threads_processors_and_memory() {
    let run = read(
        r#"<?xml version="1.0" ?>
<verbosegc xmlns="http://www.ibm.com/j9/verbosegc" version="R28_Java8_X">
<initialized id="1" timestamp="2020-01-02T03:04:05.000">
  <attribute name="maxHeapSize" value="0x20000000" />
  <attribute name="gcthreads" value="16" />
  <attribute name="numaNodes" value="0" />
  <system>
    <attribute name="physicalMemory" value="17179869184" />
    <attribute name="numCPUs" value="8" />
  </system>
  <vmargs>
    <vmarg name="-Xmx512m" />
  </vmargs>
</initialized>
"#,
    );
    let facts: Vec<(&str, &str)> = run
        .facts
        .iter()
        .map(|fact| (fact.name, fact.value.as_str()))
        .collect();
    let expected = [
        ("maxHeapSize", "0x20000000"),
        ("Parallel Workers", "16"),
        ("Memory", "17179869184"),
        ("CPUs", "8"),
    ];
    assert_eq!(facts, expected);
    assert_eq!(run.version.as_deref(), Some("R28_Java8_X"));
}
