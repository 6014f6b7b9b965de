//! Bytes a second of a finished export over loopback, against nginx sending the very same file.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::{
    Bench,
    process::{Running, alternate},
    report::{Goal, Pick, Row, Unit},
    server::Server,
};

/// Downloads of each side.
const ROUNDS: usize = 15;

/// Bytes that the client takes at once.
const TAKE_BYTES: usize = 256 * 1024;

/// The file of the name `.gz`.
pub async fn as_stored(bench: &Bench) -> Row {
    download(bench, "download", ".gz").await
}

/// The file of the plain name, which the browser decompresses.
pub async fn encoded(bench: &Bench) -> Row {
    download(bench, "download_encoded", "").await
}

async fn download(bench: &Bench, name: &'static str, ending: &str) -> Row {
    let data = bench.data.base();
    let server = Server::start(bench, &data).await;
    let id = server.submit(false).await;
    server.complete(&id).await;
    let link = format!("{}{ending}", server.mint(&id).await);
    let stored = fs::read_dir(data.join("exports")).unwrap().map(|entry| entry.unwrap().path());
    let of_job = |path: &Path| path.file_name().unwrap().to_string_lossy().starts_with(id.as_str());
    let file = stored.into_iter().find(|path| of_job(path)).expect("a completed export has a file");
    let bytes = file.metadata().unwrap().len();
    let nginx = Nginx::start(bench, &file);

    // This blocks the runtime, which has nothing else to do.
    let (ours, theirs) = alternate(ROUNDS, || fetch(&server.addr, &link, bytes), || fetch(&nginx.addr, "/file", bytes));
    Row {
        name,
        unit: Unit::MegabytesPerSecond,
        pick: Pick::Median,
        ours,
        theirs,
        goal: Some(Goal::AtLeast(0.7)),
        ceiling: None,
    }
}

/// Downloads `bytes` bytes and forgets them: MB a second from the moment in which the answer's head is there. It is done by
/// hand, so that the client is as little of it as possible.
fn fetch(addr: &str, path: &str, bytes: u64) -> f64 {
    let mut buffer = vec![0; TAKE_BYTES];
    let mut stream = TcpStream::connect(addr).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {addr}\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut head = Vec::new();
    let after_head = loop {
        let taken = stream.read(&mut buffer).unwrap();
        assert!(taken > 0, "{path}: there is no answer");
        head.extend_from_slice(&buffer[..taken]);
        if let Some(end) = head.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            break head.len() - end - 4;
        }
    };
    let started = Instant::now();
    assert!(head.starts_with(b"HTTP/1.1 200 "), "{path}: {}", String::from_utf8_lossy(&head));
    let mut body = after_head as u64;
    loop {
        match stream.read(&mut buffer).unwrap() {
            0 => break,
            taken => body += taken as u64,
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    assert_eq!(body, bytes, "{path}");
    bytes as f64 / 1e6 / seconds
}

/// nginx with sendfile, as its packages set it up, serving one file.
struct Nginx {
    addr: String,
    _process: Running,
}

impl Nginx {
    fn start(bench: &Bench, file: &Path) -> Self {
        let dir = bench.scratch.join("nginx");
        let html = dir.join("html");
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&html).unwrap();
        // The same pages of the system's cache.
        fs::hard_link(file, html.join("file")).unwrap();
        // Free now, and nobody else is given it so soon.
        let addr = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let temporary =
            ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|kind| format!("{kind}_temp_path tmp;"));
        // One process, which needs no other user to run as.
        let config = format!(
            "daemon off; master_process off; pid nginx.pid; error_log stderr error;\n\
             events {{}}\n\
             http {{ {} access_log off; sendfile on; tcp_nopush on; server {{ listen {addr}; root html; }} }}\n",
            temporary.join(" ")
        );
        fs::write(dir.join("nginx.conf"), config).unwrap();
        let mut command = Command::new("nginx");
        command.args(["-c", "nginx.conf", "-e", "stderr", "-p"]).arg(&dir).stdin(Stdio::null());
        let process = Running(command.spawn().expect("nginx has to be installed"));
        while TcpStream::connect(&addr).is_err() {
            std::thread::sleep(Duration::from_millis(10));
        }
        Self { addr, _process: process }
    }
}
