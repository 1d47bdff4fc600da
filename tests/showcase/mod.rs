//! A document with every kind of block and chart, as long and as hostile as evidence gets.

use diag::document::*;
use diag::finding::{Confidence, Evidence, Finding, Locator, Severity};
use diag::time::{Instant, Moment, SECOND};

/// 2026-11-22T01:00:00Z.
const START: i64 = 1_795_309_200 * SECOND;
const MINUTE: i64 = 60 * SECOND;
/// What no renderer may pass through.
pub(crate) const HOSTILE: &str = "<script>alert(1)</script> & \"quotes\" 'n' \x1b[31mred\x07 | `tick` \u{202e}evil ]]> --> {{x}}";

/// The documents.
pub(crate) fn documents() -> Vec<Document> {
    vec![incident(), hostile()]
}

fn incident() -> Document {
    Document {
        title: "Incident shop-7c9f8d6b5d-x2k9p".to_owned(),
        verdict: Verdict {
            severity: Severity::Critical,
            headline: Words::from("A static cache filled the heap; Full GCs took ")
                .and(Words::strong("93.4 % of the time"))
                .and(", probes timed out, and the kubelet killed the JVM twice."),
            explanation: vec![
                Words::from("Root cause, likely: ")
                    .and(Words::code("com.acme.shop.cache.ProductCache.ENTRIES"))
                    .and(" holds 412.7 MiB (86.2 % of the live heap) and nothing removes entries."),
                "Not the memory limit of the container: the kernel log has no OOM kill, and RSS stayed 310 MiB below.".into(),
            ],
        },
        blocks: vec![
            Section::main("What happened", vec![
                Block::Steps(vec![
                    "01:02 The cache grows by 4.1 MiB a minute; every collection leaves more behind.".into(),
                    "01:31 Occupancy after a Full GC passes 90 %; Full GCs follow each other.".into(),
                    Words::from("01:38 Requests wait up to 14.2 s; ").and(Words::code("GET /actuator/health")).and(" fails three times."),
                    "01:40 The kubelet sends SIGTERM, 30 s later SIGKILL (exit code 137).".into(),
                ]),
                Block::Facts(vec![
                    ("JVM".to_owned(), "17.0.20+8, G1, -Xmx512m".into()),
                    ("Lives".to_owned(), "3, of which 2 killed by a probe".into()),
                    ("Unavailable".to_owned(), "6 min 12 s".into()),
                    ("Failed requests".to_owned(), "1,204 of 48,310 (2.5 %)".into()),
                    ("p99 before / during".to_owned(), "212 ms / 14.2 s".into()),
                ]),
            ]),
            Section::main("On one clock", vec![Block::Chart(lives()), Block::Chart(Chart::Timeline(timeline()))]),
            Section::main("Findings", vec![
                Block::Finding(Box::new(spiral())),
                Block::Finding(Box::new(Finding {
                    severity: Severity::Medium,
                    confidence: Confidence::Possible,
                    title: "11 of 200 request threads wait for one lock in the connection pool".to_owned(),
                    ..spiral()
                })),
                Block::Finding(Box::new(Finding {
                    severity: Severity::Info,
                    confidence: Confidence::RuledOut,
                    title: "Kernel OOM kill".to_owned(),
                    summary: "No kernel log line names this process, and the container status says Error, not OOMKilled.".to_owned(),
                    evidence: Vec::new(),
                    advice: Vec::new(),
                    when: None,
                    ..spiral()
                })),
            ]),
            Section::main("Who holds the memory", vec![
                Block::Chart(bars()),
                Block::Table(retainers()),
                Block::Chart(flame()),
                Block::Tree(tree()),
            ]),
            Section::main("Who waits for whom", vec![Block::Graph(waits()), Block::Graph(crowd())]),
            Section::main("Latency", vec![Block::Chart(heat_map()), Block::Chart(curve())]),
            Section::detail("Stack of the blocked thread", vec![Block::Code(
                "\"http-nio-8080-exec-7\" #41 daemon prio=5 waiting for monitor entry\n\tat com.acme.shop.Inventory.reserve(Inventory.java:88)\n\t- waiting to lock <0x00000000f0a1b2c3> (a com.acme.shop.Inventory)\n".to_owned(),
            )]),
            Section::detail("All routes", vec![Block::Table(routes(400))]),
        ],
    }
}

fn hostile() -> Document {
    let mut table = Table::new(&[HOSTILE, "#n"]);
    table.row([
        Words::from(HOSTILE).and(Words::code(HOSTILE)),
        HOSTILE.into(),
    ]);
    table.row(["سلام دنیا שלום".into(), "1".into()]);
    table.row([
        "한국어 클래스 이름이 아주 길게 이어지는 경우에도 표가 무너지지 않는다".into(),
        "22".into(),
    ]);
    table.more = 12_345;
    let mut chart = timeline();
    for lane in &mut chart.lanes {
        lane.title = HOSTILE.to_owned();
        lane.series
            .iter_mut()
            .for_each(|series| series.name = HOSTILE.to_owned());
    }
    for marker in &mut chart.markers {
        marker.label = HOSTILE.to_owned();
    }
    Document {
        title: HOSTILE.to_owned(),
        verdict: Verdict {
            severity: Severity::Low,
            headline: Words::from(HOSTILE)
                .and(Words::code(HOSTILE))
                .and(Words::strong(HOSTILE)),
            explanation: vec![HOSTILE.into()],
        },
        blocks: vec![
            Section::main(
                HOSTILE,
                vec![
                    Block::Paragraph(HOSTILE.into()),
                    Block::List(vec![HOSTILE.into(), Words::code(HOSTILE)]),
                    Block::Steps(vec![HOSTILE.into()]),
                    Block::Facts(vec![(HOSTILE.to_owned(), HOSTILE.into())]),
                    Block::Table(table),
                    Block::Code(HOSTILE.to_owned()),
                    Block::Tree(vec![Branch {
                        label: HOSTILE.into(),
                        children: vec![Branch {
                            label: Words::code(HOSTILE),
                            children: Vec::new(),
                        }],
                    }]),
                    Block::Graph(Graph {
                        title: HOSTILE.to_owned(),
                        nodes: vec![Node {
                            label: HOSTILE.to_owned(),
                            note: HOSTILE.to_owned(),
                            emphasised: true,
                        }],
                        edges: vec![
                            Edge {
                                from: 0,
                                to: 0,
                                label: HOSTILE.to_owned(),
                            },
                            Edge {
                                from: 0,
                                to: 9,
                                label: String::new(),
                            },
                        ],
                    }),
                    Block::Chart(Chart::Timeline(chart)),
                    Block::Chart(Chart::Bars(Bars {
                        title: HOSTILE.to_owned(),
                        unit: Unit::Count,
                        bars: vec![Bar {
                            label: HOSTILE.to_owned(),
                            parts: vec![(HOSTILE.to_owned(), f64::NAN), ("x".to_owned(), 3.0)],
                        }],
                    })),
                    Block::Chart(Chart::Flame(Flame {
                        title: HOSTILE.to_owned(),
                        unit: Unit::Count,
                        name: HOSTILE.to_owned(),
                        value: 1.0,
                        children: Vec::new(),
                    })),
                    Block::Finding(Box::new(Finding {
                        rule: HOSTILE.to_owned(),
                        title: HOSTILE.to_owned(),
                        severity: Severity::High,
                        confidence: Confidence::Likely,
                        when: None,
                        summary: HOSTILE.to_owned(),
                        evidence: vec![Evidence::new(HOSTILE, Locator::line(HOSTILE, 1))],
                        advice: vec![HOSTILE.to_owned()],
                    })),
                ],
            ),
            Section::detail(
                "Nothing in it",
                vec![
                    Block::Chart(Chart::Timeline(Timeline {
                        title: "Empty".to_owned(),
                        axis: Axis::Uptime,
                        from: 0,
                        to: 0,
                        lanes: Vec::new(),
                        markers: Vec::new(),
                        bands: Vec::new(),
                    })),
                    Block::Chart(Chart::Timeline(Timeline {
                        title: "All of time".to_owned(),
                        axis: Axis::Wall,
                        from: i64::MIN,
                        to: i64::MAX,
                        lanes: vec![Lane {
                            title: "x".to_owned(),
                            unit: Unit::Count,
                            series: vec![Series {
                                name: "x".to_owned(),
                                mark: Mark::Area,
                                points: vec![
                                    (i64::MIN, f64::NAN),
                                    (0, f64::INFINITY),
                                    (i64::MAX, -1.0),
                                ],
                            }],
                        }],
                        markers: vec![Marker {
                            at: Moment {
                                lo: Instant(i64::MIN),
                                hi: Instant(i64::MAX),
                            },
                            label: "always".to_owned(),
                            severity: Severity::Low,
                        }],
                        bands: vec![Band {
                            from: i64::MAX,
                            to: i64::MIN,
                            label: "backwards".to_owned(),
                            severity: Severity::Low,
                        }],
                    })),
                    Block::Chart(Chart::Bars(Bars {
                        title: "No bars".to_owned(),
                        unit: Unit::Bytes,
                        bars: Vec::new(),
                    })),
                    Block::Chart(Chart::Curve(Curve {
                        title: "No curve".to_owned(),
                        x: ("x".to_owned(), Unit::Micros, true),
                        y: ("y".to_owned(), Unit::Share),
                        lines: vec![("none".to_owned(), Vec::new())],
                    })),
                    Block::Chart(Chart::HeatMap(HeatMap {
                        title: "No requests".to_owned(),
                        axis: None,
                        from: 0,
                        column: 0,
                        rows: Vec::new(),
                        cells: vec![(u32::MAX / 4096, 7, 1, 1)],
                    })),
                    Block::Chart(Chart::Spans(Spans {
                        title: "No lives".to_owned(),
                        axis: Axis::Wall,
                        from: 5,
                        to: 1,
                        rows: Vec::new(),
                        markers: Vec::new(),
                    })),
                    Block::Graph(Graph {
                        title: "No nodes".to_owned(),
                        nodes: Vec::new(),
                        edges: Vec::new(),
                    }),
                    Block::Table(Table::new(&[])),
                    Block::Tree(Vec::new()),
                    Block::Paragraph("".into()),
                ],
            ),
        ],
    }
}

fn spiral() -> Finding {
    Finding {
        rule: "gc/death-spiral".to_owned(),
        title: "31 Full GCs in 8 min 40 s freed 2.1 % of the heap each".to_owned(),
        severity: Severity::Critical,
        confidence: Confidence::Confirmed,
        when: Some((Moment::exact(Instant(START + 31 * MINUTE)), Moment::truncated(Instant(START + 40 * MINUTE), SECOND))),
        summary: "The collector ran almost without a break and found nothing to free. The application got 6.6 % of the time, too little to answer a probe within its second.".to_owned(),
        evidence: vec![
            Evidence::new("Full GC 498M->487M(512M) took 4,213 ms", Locator::line("pod/gc.log", 18_211)),
            Evidence::new("31 Full GCs between 01:31:02 and 01:39:42", Locator::lines("pod/gc.log", 17_902, 18_390)),
            Evidence::new("OutOfMemoryError: GC overhead limit exceeded", Locator::line("pod/stdout.log", 90_412)),
            Evidence::new("ProductCache.ENTRIES retains 412.7 MiB", Locator::object("pod/java_pid1.hprof", 0xf0a1_b2c3)),
        ],
        advice: vec![
            "Bound ProductCache: Caffeine.newBuilder().maximumSize(10_000), because its entries are never removed.".to_owned(),
            "Until then -Xmx1g doubles the time to failure to about 70 min; it does not cure.".to_owned(),
        ],
    }
}

fn wave(at: i64) -> f64 {
    // A fixed pseudo-random wobble, the same on every machine.
    let mixed = (at as u64 ^ (at as u64 >> 17)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40;
    mixed as f64 / f64::from(1 << 24)
}

fn markers() -> Vec<Marker> {
    let at = |minute: i64, width: i64| Moment {
        lo: Instant(START + minute * MINUTE),
        hi: Instant(START + minute * MINUTE + width),
    };
    let marker = |minute, width, label: &str, severity| Marker {
        at: at(minute, width),
        label: label.to_owned(),
        severity,
    };
    vec![
        marker(2, 0, "JVM started", Severity::Info),
        marker(31, 0, "first Full GC without effect", Severity::High),
        marker(
            38,
            45 * SECOND,
            "liveness probe failed (3 times)",
            Severity::High,
        ),
        marker(40, 0, "SIGTERM by the kubelet", Severity::Critical),
        marker(41, 0, "SIGKILL, exit code 137", Severity::Critical),
        marker(42, 0, "JVM started", Severity::Info),
        marker(43, 0, "heap dump written", Severity::Low),
        marker(58, 0, "end of the log", Severity::Info),
    ]
}

fn timeline() -> Timeline {
    let second = |index: i64| START + index * SECOND;
    let saw: Vec<(i64, f64)> = (0..10_000)
        .map(|index| {
            let at = START + index * 360_000;
            let minute = (index as f64) * 0.006;
            let live = (180.0 + minute * 8.0).min(487.0);
            (at, (live + wave(at) * (512.0 - live)) * 1_048_576.0)
        })
        .collect();
    let live: Vec<(i64, f64)> = saw
        .iter()
        .step_by(40)
        .map(|(at, _)| {
            let minute = (at - START) as f64 / 60e6;
            (*at, (180.0 + minute * 8.0).min(487.0) * 1_048_576.0)
        })
        .collect();
    let pauses = (0..900)
        .map(|index| {
            let at = second(index * 4);
            let spiral = (1860..2400).contains(&(index * 4));
            (
                at,
                if spiral {
                    3.2e6 + wave(at) * 1e6
                } else {
                    12e3 + wave(at) * 60e3
                },
            )
        })
        .collect();
    let rate = (0..3600)
        .map(|index| {
            let at = second(index);
            let stalled = (1860..2520).contains(&index);
            (
                at,
                if (2460..2520).contains(&index) {
                    f64::NAN
                } else if stalled {
                    wave(at) * 3.0
                } else {
                    12.0 + wave(at) * 6.0
                },
            )
        })
        .collect();
    let errors = (1900..2500)
        .step_by(20)
        .map(|index| (second(index), 2.0 + wave(index) * 4.0))
        .collect();
    let series = |name: &str, mark, points| Series {
        name: name.to_owned(),
        mark,
        points,
    };
    Timeline {
        title: "Heap, pauses and requests".to_owned(),
        axis: Axis::Wall,
        from: START,
        to: START + 60 * MINUTE,
        lanes: vec![
            Lane {
                title: "Heap".to_owned(),
                unit: Unit::Bytes,
                series: vec![
                    series("in use", Mark::Area, saw),
                    series("after collection", Mark::Line, live),
                    series("maximum", Mark::Steps, vec![(START, 512.0 * 1_048_576.0)]),
                ],
            },
            Lane {
                title: "Pauses".to_owned(),
                unit: Unit::Micros,
                series: vec![series("Pauses", Mark::Sticks, pauses)],
            },
            Lane {
                title: "Requests per second".to_owned(),
                unit: Unit::PerSecond,
                series: vec![
                    series("all", Mark::Line, rate),
                    series("failed", Mark::Dots, errors),
                ],
            },
        ],
        markers: markers(),
        bands: vec![Band {
            from: START + 31 * MINUTE,
            to: START + 40 * MINUTE,
            label: "Full GCs without effect".to_owned(),
            severity: Severity::Critical,
        }],
    }
}

fn lives() -> Chart {
    let band = |from: i64, to: i64, label: &str, severity| Band {
        from: START + from * MINUTE,
        to: START + to * MINUTE,
        label: label.to_owned(),
        severity,
    };
    Chart::Spans(Spans {
        title: "Lives of the JVM and what the files cover".to_owned(),
        axis: Axis::Wall,
        from: START,
        to: START + 60 * MINUTE,
        rows: vec![
            SpanRow {
                label: "JVM".to_owned(),
                bands: vec![
                    band(
                        2,
                        41,
                        "life 1, killed by the liveness probe",
                        Severity::Critical,
                    ),
                    band(42, 60, "life 2, alive at the end", Severity::Info),
                ],
            },
            SpanRow {
                label: "gc.log".to_owned(),
                bands: vec![band(2, 41, "covered", Severity::Low)],
            },
            SpanRow {
                label: "access.log".to_owned(),
                bands: vec![band(0, 58, "covered", Severity::Low)],
            },
        ],
        markers: Vec::new(),
    })
}

fn bars() -> Chart {
    let bar = |label: &str, own: f64, rest: f64| Bar {
        label: label.to_owned(),
        parts: vec![
            ("own".to_owned(), own * 1048576.0),
            ("held through it".to_owned(), rest * 1048576.0),
        ],
    };
    Chart::Bars(Bars {
        title: "Retained size of the largest objects".to_owned(),
        unit: Unit::Bytes,
        bars: vec![
            bar("com.acme.shop.cache.ProductCache.ENTRIES", 24.0, 388.7),
            bar(
                "org.apache.tomcat.util.threads.TaskThread http-nio-8080-exec-7",
                1.0,
                22.1,
            ),
            bar("byte[16777216]", 16.0, 0.0),
            bar("java.util.zip.ZipFile$Source", 0.1, 3.2),
            bar("한국어.패키지.상품목록캐시", 0.5, 1.0),
        ],
    })
}

fn retainers() -> Table {
    let mut table = Table::new(&["Object", "#Retained", "#Share", "Held by"]);
    table.row([
        Words::code("com.acme.shop.cache.ProductCache.ENTRIES"),
        "412.7 MiB".into(),
        "86.2 %".into(),
        Words::code("class com.acme.shop.cache.ProductCache"),
    ]);
    table.row([
        Words::code("org.apache.tomcat.util.threads.TaskThread"),
        "23.1 MiB".into(),
        "4.8 %".into(),
        "a running thread".into(),
    ]);
    table.row([
        Words::code("byte[16777216]"),
        "16.0 MiB".into(),
        "3.3 %".into(),
        "JNI global".into(),
    ]);
    table.more = 1_204;
    table
}

fn routes(count: u64) -> Table {
    let mut table = Table::new(&["Route", "#Requests", "#p50", "#p95", "#p99", "#Failed"]);
    for index in 0..count {
        let ms = |factor: u64| Words::from(format!("{}.{} ms", index * factor % 1000, index % 10));
        table.row([
            Words::code(format!("GET /api/v1/resource-{index}/{{id}}/items")),
            diag::text::count(index * 977).into(),
            ms(3),
            ms(7),
            ms(13),
            diag::text::count(index % 17).into(),
        ]);
    }
    table
}

fn flame() -> Chart {
    let node = |name: &str, value: f64, children| Flame {
        title: String::new(),
        unit: Unit::Bytes,
        name: name.to_owned(),
        value: value * 1048576.0,
        children,
    };
    Chart::Flame(Flame {
        title: "Dominators".to_owned(),
        ..node(
            "heap",
            478.0,
            vec![
                node(
                    "class com.acme.shop.cache.ProductCache",
                    412.7,
                    vec![node(
                        "java.util.concurrent.ConcurrentHashMap ENTRIES",
                        412.6,
                        vec![node(
                            "java.util.concurrent.ConcurrentHashMap$Node[1048576]",
                            412.5,
                            (0..60)
                                .map(|index| {
                                    node(
                                        "com.acme.shop.Product",
                                        6.5 - f64::from(index) * 0.01,
                                        vec![node("byte[]", 5.0, Vec::new())],
                                    )
                                })
                                .collect(),
                        )],
                    )],
                ),
                node(
                    "org.apache.tomcat.util.threads.TaskThread",
                    23.1,
                    vec![node("byte[]", 20.0, Vec::new())],
                ),
                node("byte[16777216]", 16.0, Vec::new()),
            ],
        )
    })
}

fn tree() -> Vec<Branch> {
    vec![Branch {
        label: Words::code("class com.acme.shop.cache.ProductCache").and(" (system class loader)"),
        children: vec![
            Branch {
                label: Words::from("static ")
                    .and(Words::code("ENTRIES"))
                    .and(" 412.7 MiB"),
                children: vec![Branch {
                    label: Words::code("java.util.concurrent.ConcurrentHashMap$Node[1048576]"),
                    children: Vec::new(),
                }],
            },
            Branch {
                label: Words::from("static ").and(Words::code("LOG")),
                children: Vec::new(),
            },
        ],
    }]
}

fn waits() -> Graph {
    let node = |label: &str, note: &str, emphasised| Node {
        label: label.to_owned(),
        note: note.to_owned(),
        emphasised,
    };
    let edge = |from, to, label: &str| Edge {
        from,
        to,
        label: label.to_owned(),
    };
    Graph {
        title: "Deadlock".to_owned(),
        nodes: vec![
            node("exec-7", "holds Inventory@f0a1", true),
            node("exec-9", "holds Ledger@f0b2", true),
            node("exec-12", "waits", false),
            node("exec-13", "waits", false),
            node("scheduler-1", "waits", false),
        ],
        edges: vec![
            edge(0, 1, "Ledger@f0b2"),
            edge(1, 0, "Inventory@f0a1"),
            edge(2, 0, ""),
            edge(3, 0, ""),
            edge(4, 2, ""),
        ],
    }
}

fn crowd() -> Graph {
    let mut nodes = vec![Node {
        label: "pool-maintainer".to_owned(),
        note: "holds HikariPool".to_owned(),
        emphasised: true,
    }];
    nodes.extend((1..=17).map(|index| Node {
        label: format!("http-nio-8080-exec-{index}"),
        note: String::new(),
        emphasised: false,
    }));
    Graph {
        title: "Seventeen threads behind one lock".to_owned(),
        edges: (1..=17)
            .map(|from| Edge {
                from,
                to: 0,
                label: String::new(),
            })
            .collect(),
        nodes,
    }
}

fn heat_map() -> Chart {
    let rows: Vec<i64> = (0..28)
        .map(|row| (1_000.0 * 1.42_f64.powi(row)) as i64)
        .collect();
    let mut cells = Vec::new();
    for column in 0..360_u32 {
        let slow = (186..250).contains(&column);
        for row in 0..28_u32 {
            let centre = if slow {
                24.0
            } else {
                8.0 + wave(i64::from(column)) * 3.0
            };
            let weight = (-((f64::from(row) - centre).powi(2)) / 9.0).exp() * 400.0;
            let requests = (weight * wave(i64::from(column * 31 + row))) as u64;
            if requests > 0 {
                cells.push((
                    column,
                    row,
                    requests,
                    if slow && row > 23 { requests / 2 } else { 0 },
                ));
            }
        }
    }
    Chart::HeatMap(HeatMap {
        title: "Response-time map".to_owned(),
        axis: None,
        from: START,
        column: 10 * SECOND,
        rows,
        cells,
    })
}

fn curve() -> Chart {
    let line = |factor: f64| {
        (0..120)
            .map(|index| {
                let x = 1e3 * 10_f64.powf(f64::from(index) / 20.0);
                (x, (1.0 - factor * 1e6 / (x + 1e6)).max(0.0))
            })
            .collect()
    };
    Chart::Curve(Curve {
        title: "Minimum mutator utilisation".to_owned(),
        x: ("window".to_owned(), Unit::Micros, true),
        y: ("share left for the application".to_owned(), Unit::Share),
        lines: vec![
            ("whole log".to_owned(), line(0.97)),
            ("before 01:31".to_owned(), line(0.3)),
        ],
    })
}

/// A heavy report: what rendering must do within 100 ms.
pub(crate) fn largest() -> Vec<Document> {
    let mut document = incident();
    for index in 0..8 {
        document.blocks.push(Section::main(
            format!("Part {index}"),
            vec![
                Block::Chart(Chart::Timeline(timeline())),
                Block::Table(routes(1_000)),
                Block::Chart(heat_map()),
            ],
        ));
    }
    vec![document]
}
