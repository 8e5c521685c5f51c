//! Traces go to a collector (OPS-2), and nothing personal goes with them (S15).

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use serde_json::json;

use super::program::{Folder, Running, eventually, read_answer};

const PHONE: &str = "13912348765";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// Takes OTLP over HTTP and keeps what it gets.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<Vec<u8>>>>);

impl Collector {
    fn start() -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let collector = Self::default();
        let kept = Arc::clone(&collector.0);
        thread::spawn(move || {
            for connection in listener.incoming() {
                let kept = Arc::clone(&kept);
                thread::spawn(move || while Self::take(&kept, connection.as_ref().unwrap()) {});
            }
        });
        (collector, url)
    }

    /// One request; whether there was one.
    fn take(kept: &Mutex<Vec<Vec<u8>>>, connection: &TcpStream) -> bool {
        let mut lines = BufReader::new(connection);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if lines.read_line(&mut head).unwrap_or_default() == 0 {
                return false;
            }
        }
        let head = head.to_lowercase();
        assert!(head.starts_with("post /v1/traces "), "{head}");
        assert!(head.contains("content-type: application/x-protobuf"), "{head}");
        let length = head.split("content-length: ").nth(1).unwrap();
        let mut body = vec![0; length.split('\r').next().unwrap().parse().unwrap()];
        lines.read_exact(&mut body).unwrap();
        kept.lock().unwrap().push(body);
        let mut connection = connection;
        connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").is_ok()
    }

    fn spans(&self) -> Vec<Span> {
        let kept = self.0.lock().unwrap();
        let exports = kept.iter().map(|body| ExportTraceServiceRequest::decode(&body[..]).unwrap());
        let resources = exports.flat_map(|export| export.resource_spans);
        resources.flat_map(|resource| resource.scope_spans).flat_map(|scope| scope.spans).collect()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_request_continues_its_callers_trace_down_to_its_transactions() {
    let (collector, url) = Collector::start();
    let folder = Folder::new();
    let made = folder.run(&["partner", "create", "till", "--scope", "points:write"]);
    let key = made.out.split_whitespace().find(|word| word.starts_with("hyk_")).unwrap().to_owned();
    let mut serve = folder.huiyi(&["serve"]);
    serve.env("HUIYI__TRACES__OTLP_ENDPOINT", &url).env("HUIYI__TRACES__SAMPLE_RATIO", "1");
    let mut server = Running::start(&mut serve);
    let body = json!({"receipt_no": "T-1", "member": {"phone": PHONE}, "points": 5}).to_string();
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let request = format!(
        "POST /v1/open/points/earn?phone={PHONE} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
         traceparent: 00-{TRACE}-00f067aa0ba902b7-00\r\ncontent-type: application/json\r\n\
         authorization: Bearer {key}\r\nidempotency-key: T-1\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let (status, answer) = read_answer(&mut stream);
    assert_eq!(status, 404, "nobody has this phone: {answer}");
    server.signal("TERM");
    assert_eq!(server.wait(), 0);

    // A program that ends has sent what it had.
    eventually("a trace", || collector.spans().iter().any(|span| hex(&span.trace_id) == TRACE));
    let spans = collector.spans();
    let of_caller: Vec<_> = spans.iter().filter(|span| hex(&span.trace_id) == TRACE).collect();
    let request = of_caller.iter().find(|span| hex(&span.parent_span_id) == "00f067aa0ba902b7");
    let request = request.expect("a span below the caller's");
    assert_eq!(request.name, "POST /v1/open/points/earn");
    let below = of_caller.iter().filter(|span| span.parent_span_id == request.span_id);
    assert!(below.clone().any(|span| span.name == "transaction"), "{of_caller:#?}");
    let text = format!("{spans:?}");
    assert!(!text.contains(PHONE) && !text.contains(&key), "{text}");
    assert!(text.contains("\"/v1/open/points/earn\""), "{text}");
}

#[test]
fn a_collector_that_is_not_there_holds_up_nobody() {
    let folder = Folder::new();
    let mut serve = folder.huiyi(&["serve"]);
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    serve.env("HUIYI__TRACES__OTLP_ENDPOINT", format!("http://{gone}"));
    let mut server = Running::start(serve.env("HUIYI__TRACES__SAMPLE_RATIO", "1"));
    assert_eq!(server.get("/readyz").0, 200);
    server.signal("TERM");
    assert_eq!(server.wait(), 0);
}

#[test]
fn settings_that_are_none_are_refused_by_name() {
    let folder = Folder::new();
    for (key, value, named) in [
        ("HUIYI__TRACES__SAMPLE_RATIO", "2", "sample_ratio"),
        ("HUIYI__TRACES__OTLP_ENDPOINT", "collector", "otlp_endpoint"),
    ] {
        let output = folder.huiyi(&["serve"]).env(key, value).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(named), "{key}: {said}");
    }
}
