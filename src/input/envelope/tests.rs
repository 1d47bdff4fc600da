use super::*;
use proptest::prelude::*;

fn found(text: &str) -> Option<&'static str> {
    detect(&Sample::new("x", text.as_bytes())).map(|format| format.name)
}

fn unwrapped(text: &str) -> Vec<(Option<String>, String)> {
    let format = detect(&Sample::new("x", text.as_bytes())).unwrap();
    unwrap(format, text.as_bytes())
        .into_iter()
        .map(|stream| (stream.name, String::from_utf8(stream.text).unwrap()))
        .collect()
}

fn times(text: &str) -> Vec<i64> {
    let format = detect(&Sample::new("x", text.as_bytes())).unwrap();
    unwrap(format, text.as_bytes())[0].envelope.times.to_vec()
}

#[test]
fn cri_lines_are_joined_on_the_line_of_their_last_part() {
    let text = "\
2026-11-22T01:02:03.100000000Z stdout F [0.1s][info][gc] Using G1
2026-11-22T01:02:03.200000000Z stdout P begin \n\
2026-11-22T01:02:03.300000000Z stderr F error
2026-11-22T01:02:03.400000000+01:00 stdout F end
2026-11-22T01:02:03.500000000Z stdout F \n\
2026-11-22T01:02:03.600000000Z stdout F\n";
    assert_eq!(found(text), Some("CRI"));
    let expected = "[0.1s][info][gc] Using G1\n\nerror\nbegin end\n\n\n";
    assert_eq!(unwrapped(text), [(None, expected.to_owned())]);
    let times = times(text);
    assert_eq!(times[1] - times[0], 100_000);
    assert_eq!(times[3] - times[2], 100_000 - 3_600_000_000);
}

#[test]
fn a_log_that_ends_inside_a_line_keeps_its_beginning() {
    let text = "\
2026-11-22T01:02:03.1Z stdout F whole
2026-11-22T01:02:03.2Z stdout P begun, \n\
2026-11-22T01:02:03.3Z stdout P not ended";
    assert_eq!(unwrapped(text)[0].1, "whole\n\nbegun, not ended\n");
}

#[test]
fn docker_json_is_unescaped_and_joined() {
    let text = r#"{"log":"a \"b\"\tc\r\n","stream":"stdout","time":"2026-11-22T01:02:03.123456789Z"}
{"log":"long ","stream":"stdout","time":"2026-11-22T01:02:04.123456789Z"}
{"log":"line\n","stream":"stdout","attrs":{"tag":"x"},"time":"2026-11-22T01:02:04.223456789Z"}
"#;
    assert_eq!(found(text), Some("Docker JSON"));
    assert_eq!(unwrapped(text)[0].1, "a \"b\"\tc\n\nlong line\n");
    assert_eq!(times(text)[0], 1_795_309_323_123_456);
}

#[test]
fn pods_of_one_file_are_streams_on_their_own_lines() {
    let text = "\
[pod/shop-0/app] one
[pod/shop-1/app] two
[pod/shop-0/app] three
";
    let streams = unwrapped(text);
    assert_eq!(
        streams,
        [
            (Some("shop-0/app".to_owned()), "one\n\nthree\n".to_owned()),
            (Some("shop-1/app".to_owned()), "\ntwo\n".to_owned()),
        ]
    );
}

#[test]
fn kubectl_timestamps_need_nine_digits() {
    let text = "2026-11-22T01:02:03.123456789Z one\n2026-11-22T01:02:04.123456789Z\n";
    assert_eq!(found(text), Some("kubectl --timestamps"));
    assert_eq!(unwrapped(text)[0].1, "one\n\n");
    assert_eq!(
        found("2026-11-22T01:02:03.123Z INFO  - Starting container\n"),
        None
    );
}

#[test]
fn system_logs_fall_into_programs_and_the_machine_is_left_out() {
    let text = "\
Nov 22 01:02:03 host kernel: [12.5] java invoked oom-killer
Nov 22 01:02:03 host java[77]: [0.1s][info][gc] Using G1
Nov 22 01:02:04 host systemd[1]: shop.service: Main process exited
<13>Nov 22 01:02:05 host java[77]: [0.2s][info][gc] GC(0)
";
    assert_eq!(found(text), Some("syslog"));
    let java = "\n[0.1s][info][gc] Using G1\n\n[0.2s][info][gc] GC(0)\n";
    assert_eq!(
        unwrapped(text),
        [(Some("java".to_owned()), java.to_owned())]
    );
    let iso = "2026-11-22T01:02:03+0000 host java[77]: text: with colons\n";
    assert_eq!(found(iso), Some("journal"));
    assert_eq!(unwrapped(iso)[0].1, "text: with colons\n");
    assert_eq!(times(iso), [1_795_309_323_000_000]);
    let modern = "<165>1 2026-11-22T01:02:03.003Z host java 8710 - [a@1 k=\"v\\]]\"][b] text\n";
    assert_eq!(found(modern), Some("syslog"));
    assert_eq!(unwrapped(modern)[0].1, "text\n");
}

#[test]
fn journal_json_gives_text_bytes_and_times() {
    let text = r#"{"__REALTIME_TIMESTAMP":"1795309323000001","MESSAGE":"first\nsecond","SYSLOG_IDENTIFIER":"java"}
{"MESSAGE":[104,105,255],"__REALTIME_TIMESTAMP":"1795309323000002","_COMM":"java"}
{"MESSAGE":null,"__REALTIME_TIMESTAMP":"1795309323000003","_COMM":"java"}
"#;
    assert_eq!(found(text), Some("journal JSON"));
    let format = detect(&Sample::new("x", text.as_bytes())).unwrap();
    let streams = unwrap(format, text.as_bytes());
    assert_eq!(streams[0].text, b"first second\nhi\xff\n\n");
    assert_eq!(streams[0].envelope.times[2], 1_795_309_323_000_003);
}

#[test]
fn plain_logs_have_no_envelope() {
    for text in [
        "",
        "\n\n",
        "[2026-11-22T01:02:03.123+0000][info][gc] Using G1\n",
        "2026-11-22 01:02:03,456 INFO [main] c.a.Shop - started\n",
        "2026-11-22T01:02:03.123+09:00  INFO 1 --- [main] com.acme.Shop : Started\n",
        "10.0.0.1 - - [22/Nov/2026:01:02:03 +0000] \"GET / HTTP/1.1\" 200 5\n",
        "2026-11-22T01:02:03.123Z INFO com.acme.Shop: Started\n",
        "{\"time\":\"2026-11-22T01:02:03Z\",\"status\":200}\n",
    ] {
        assert_eq!(found(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn every_stream_has_the_lines_of_the_original(
        lines in prop::collection::vec("(\\[pod/[ab]/c\\] |2026-11-22T01:02:03.1Z std(out|err) [FP] |)[a ]{0,5}", 0..40)
    ) {
        let text = lines.join("\n");
        for format in FORMATS {
            for stream in unwrap(format, text.as_bytes()) {
                let count = Lines::new(&stream.text).count();
                prop_assert!(count <= lines.len(), "{} {count}", format.name);
                // The beginning of a line that never ends stands on the last line.
                if text.contains(" P ") {
                    continue;
                }
                for line in Lines::new(&stream.text).filter(|line| !line.text.is_empty()) {
                    let original = lines[line.number as usize - 1].as_bytes();
                    let tail = line.text.len().min(1);
                    prop_assert!(original.ends_with(&line.text[line.text.len() - tail..]));
                }
            }
        }
    }

    #[test]
    fn no_line_breaks_a_parser(line in prop::collection::vec(any::<u8>(), 0..80)) {
        for format in FORMATS {
            let _ = (format.parse)(&line);
        }
    }

    #[test]
    fn no_cut_breaks_a_parser(cut in 0_usize..100) {
        for line in [
            &b"2026-11-22T01:02:03.123456789Z stdout F text"[..],
            b"<165>1 2026-11-22T01:02:03.003Z host java 8710 - [a@1 k=\"v\\]]\"][b] text",
            b"<13>Nov 22 01:02:03 host java[7]: text",
            b"2026-11-22T01:02:03+0000 host java[7]: text",
            b"[pod/shop-0/app] text",
        ] {
            for format in FORMATS {
                let _ = (format.parse)(&line[..cut.min(line.len())]);
            }
        }
    }
}
