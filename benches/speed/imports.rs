//! A file of orders through the API and its job, against COPY of the same rows into the same tables (OP-4).

use std::fmt::Write;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::figures::{copy_rate, rows};
use crate::program::{Program, phone};
use crate::{Effort, figure};

/// Orders of a file, a line each.
const ORDERS: usize = 100_000;
/// Members who buy them.
const SHOPPERS: usize = 30_000;
/// How often the progress is read, as a console would, and the server's memory.
const LOOK: Duration = Duration::from_millis(250);

fn file(orders: usize) -> Vec<u8> {
    let mut text =
        "订单号,支付时间,手机号,商品编码,商品名称,品类,数量,吊牌金额,实付金额\r\n".to_owned();
    for n in 0..orders {
        let phone = phone(n % SHOPPERS);
        write!(text, "I-{n},2026-06-01 12:00,{phone},B1-RED-M,连衣裙,连衣裙,1,399.00,299.00\r\n")
            .unwrap();
    }
    text.into_bytes()
}

/// From the first byte sent until the last row is done; and what the server's memory grew by meanwhile.
pub fn import_rows(effort: Effort) {
    let orders = if effort.rounds < 4 { ORDERS / 5 } else { ORDERS };
    let program = Program::start("imports");
    let key = program.partner(&["orders:write"]);
    let file = file(orders);
    let (before, resting) = (rows(&program), program.memory_mib());
    let began = Instant::now();
    let sent = send(&program, &key, file);
    let id = sent["id"].as_str().unwrap().to_owned();
    let mut most = resting;
    loop {
        most = most.max(program.memory_mib());
        let run = read(&program, &key, &id);
        match run["state"].as_str().unwrap() {
            "done" => {
                assert_eq!(run["rows_created"].as_u64(), Some(orders as u64), "{run}");
                break;
            }
            "queued" | "running" => std::thread::sleep(LOOK),
            _ => panic!("{run}"),
        }
    }
    let took = began.elapsed().as_secs_f64();
    let written = rows(&program) - before;
    let copy = copy_rate(&program);
    figure("import_rows_vs_copy", written / took / copy, "ratio");
    figure("import_rows_vs_copy.import", written / took, "rows/s");
    figure("import_rows_vs_copy.copy", copy, "rows/s");
    figure("import_rows_vs_copy.orders", orders as f64 / took, "orders/s");
    figure("import_rows_vs_copy.memory_growth", most - resting, "MiB");
}

fn send(program: &Program, key: &str, file: Vec<u8>) -> Value {
    program.runtime.block_on(async {
        let request = program.http.post(format!("{}/v1/open/order-imports", program.url));
        let request = request.bearer_auth(key).header("idempotency-key", "bench").body(file);
        let answer = request.header("content-type", "text/csv").send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{status}: {text}");
        serde_json::from_str(&text).unwrap()
    })
}

fn read(program: &Program, key: &str, id: &str) -> Value {
    program.runtime.block_on(async {
        let url = format!("{}/v1/open/order-imports/{id}", program.url);
        let answer = program.http.get(url).bearer_auth(key).send().await.unwrap();
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    })
}
