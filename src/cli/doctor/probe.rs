//! One question to a running server. By hand, because an image without a shell has nothing else to ask with.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use crate::cli::Failure;

const PATIENCE: Duration = Duration::from_secs(5);
/// More than the answer of `/readyz` ever has.
const LONGEST: u64 = 64 * 1024;

/// Asks `/readyz` and gives its answer when that says ready.
pub(super) fn ready(url: &str) -> Result<String, Failure> {
    let host = host_of(url)?;
    let answer =
        ask(host).map_err(|error| Failure::Failed(format!("http://{host}/readyz: {error}")))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.lines().next().unwrap_or_default();
    let is_ready = status.split_whitespace().nth(1) == Some("200");
    let said = body.lines().find(|line| line.starts_with('{')).unwrap_or(status).to_owned();
    if is_ready { Ok(said) } else { Err(Failure::Failed(format!("http://{host}/readyz: {said}"))) }
}

fn host_of(url: &str) -> Result<&str, Failure> {
    let rest = url.strip_prefix("http://");
    let host = rest.and_then(|rest| rest.split('/').next()).filter(|host| host.contains(':'));
    host.ok_or_else(|| {
        Failure::Failed(format!("--probe {url}: http://HOST:PORT is expected, without TLS"))
    })
}

fn ask(host: &str) -> std::io::Result<String> {
    let mut last = std::io::Error::other("the name has no address");
    for address in host.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => return exchange(stream, host),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn exchange(mut stream: TcpStream, host: &str) -> std::io::Result<String> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request = format!("GET /readyz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(LONGEST).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_without_a_port_or_with_tls_is_refused() {
        assert_eq!(host_of("http://127.0.0.1:8080/readyz").ok(), Some("127.0.0.1:8080"));
        assert_eq!(host_of("http://[::1]:8080").ok(), Some("[::1]:8080"));
        for url in ["https://huiyi:8080", "http://huiyi", "127.0.0.1:8080", ""] {
            assert!(host_of(url).is_err(), "{url}");
        }
    }
}
