//! Benches of the threads room: one huge dump, and many dumps in one file.

use std::fmt::Write;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use diag::input::{Kind, Silent, Source};
use diag::threads::{Options, analyse};

/// A dump as `jstack -l` writes it, with `threads` threads of `depth` frames in four shapes.
fn dump(threads: usize, depth: usize) -> String {
    let mut text = format!(
        "2026-11-22 01:02:03\nFull thread dump OpenJDK 64-Bit Server VM (17.0.15+6 mixed mode, sharing):\n\nThreads class SMR info:\n_java_thread_list=0x00007f0000000000, length={threads}, elements={{\n}}\n\n"
    );
    // Writing to a String cannot fail.
    for n in 0..threads {
        let pool = n % 50;
        let tid = 0x7f00_0000_0000_u64 + n as u64 * 0x1000;
        let (words, state, top) = match n % 4 {
            0 => ("waiting on condition", "TIMED_WAITING (sleeping)", "\tat java.lang.Thread.sleep(java.base@17.0.15/Native Method)\n".to_owned()),
            1 => ("waiting for monitor entry", "BLOCKED (on object monitor)", "\tat com.shop.Stock.take(Stock.java:11)\n\t- waiting to lock <0x00000000ffd2dcb8> (a com.shop.Stock)\n".to_owned()),
            2 => ("waiting on condition", "WAITING (parking)", format!("\tat jdk.internal.misc.Unsafe.park(java.base@17.0.15/Native Method)\n\t- parking to wait for  <0x{:016x}> (a java.util.concurrent.CountDownLatch$Sync)\n", 0xf000_0000_u64 + n as u64)),
            _ => ("runnable", "RUNNABLE", "\tat java.net.SocketInputStream.socketRead0(java.base@17.0.15/Native Method)\n".to_owned()),
        };
        let _ = write!(
            text,
            "\"worker-pool-{pool}-thread-{n}\" #{n} daemon prio=5 os_prio=0 cpu=1.25ms elapsed=61.02s tid=0x{tid:016x} nid=0x{n:x} {words}  [0x{tid:016x}]\n   java.lang.Thread.State: {state}\n{top}"
        );
        for frame in 0..depth {
            let _ = writeln!(
                text,
                "\tat com.shop.service.Handler{}.handle(Handler{}.java:{})",
                frame % 40,
                frame % 40,
                100 + frame
            );
        }
        let lock = if n == 0 {
            "\t- locked <0x00000000ffd2dcb8> (a com.shop.Stock)\n"
        } else {
            ""
        };
        let _ = write!(
            text,
            "{lock}\tat java.lang.Thread.run(java.base@17.0.15/Thread.java:840)\n\n   Locked ownable synchronizers:\n\t- None\n\n"
        );
    }
    text.push_str("\"VM Thread\" os_prio=0 cpu=2.00ms elapsed=61.10s tid=0x00007f01 nid=0x1 runnable  \n\nJNI global refs: 4, weak refs: 0\n\n");
    text
}

fn run(criterion: &mut Criterion, name: &str, text: String) {
    let mut group = criterion.benchmark_group("threads");
    group
        .sample_size(10)
        .throughput(Throughput::Bytes(text.len() as u64));
    let source = Source::of("jstack.txt", text, Kind::ThreadDump);
    group.bench_function(name, |bencher| {
        bencher.iter(|| analyse(&[&source], &Options::default(), &Silent));
    });
    group.finish();
}

fn bench(criterion: &mut Criterion) {
    run(criterion, "20,000 threads", dump(20_000, 24));
    run(
        criterion,
        "200 dumps of 77 threads",
        dump(77, 12).repeat(200),
    );
    run(
        criterion,
        "400 dumps of 77 threads",
        dump(77, 12).repeat(400),
    );
}

criterion_group!(benches, bench);
criterion_main!(benches);
