//! What the system says of this process, under the names that every Prometheus client library uses (OPS-2).

use std::fmt;
use std::fs;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// Ticks a second in `/proc`, on every architecture that Linux runs on today.
const TICKS: f64 = 100.0;

/// Reads `/proc` at each scrape; on other systems there are no samples.
#[derive(Debug)]
pub struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        if let Some(bytes) = resident_bytes() {
            let metric = ConstGauge::new(bytes);
            let about = "Resident memory of the process in bytes";
            let name = "process_resident_memory_bytes";
            metric.encode(encoder.encode_descriptor(name, about, None, metric.metric_type())?)?;
        }
        if let Some(files) = open_files() {
            let metric = ConstGauge::new(files);
            let about = "Open files of the process";
            let name = "process_open_fds";
            metric.encode(encoder.encode_descriptor(name, about, None, metric.metric_type())?)?;
        }
        if let Some(seconds) = cpu_seconds() {
            let metric = ConstCounter::new(seconds);
            let about = "Processor time of the process in seconds";
            let name = "process_cpu_seconds";
            metric.encode(encoder.encode_descriptor(name, about, None, metric.metric_type())?)?;
        }
        Ok(())
    }
}

fn resident_bytes() -> Option<i64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: i64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

fn open_files() -> Option<i64> {
    i64::try_from(fs::read_dir("/proc/self/fd").ok()?.count()).ok()
}

/// The name of the program stands in brackets before the numbers and may hold anything, brackets too.
fn cpu_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let mut numbers = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let (user, system): (f64, f64) = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
    Some((user + system) / TICKS)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_system_tells_memory_files_and_time() {
        assert!(resident_bytes().unwrap() > 1024 * 1024);
        assert!(open_files().unwrap() >= 3);
        assert!(cpu_seconds().unwrap() >= 0.0);
    }
}
