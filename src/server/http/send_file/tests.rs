use std::{
    io::{Seek, Write},
    net::SocketAddr,
    time::Duration,
};

use axum::{
    Extension, Router,
    body::{Body, to_bytes},
    extract::{Path, State},
    response::Response,
    routing::get,
};
use hyper::rt::Write as _;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::*;
use crate::server::http::serve::{Limits, serve};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(30);

/// A file of no two equal parts, longer than some placeholders.
const FILE_BYTES: usize = 3 * SLAB_BYTES + 7;

fn bytes() -> Vec<u8> {
    (0..FILE_BYTES as u32 / 4 + 1).flat_map(u32::to_le_bytes).take(FILE_BYTES).collect()
}

struct Server {
    addr: SocketAddr,
    file: Arc<File>,
    _task: AbortOnDropHandle<()>,
}

/// `/file/{len}` sends so much of the file, `/text` a text.
async fn file(
    State(file): State<Arc<File>>,
    Path(len): Path<u64>,
    Extension(stand_ins): Extension<StandIns>,
) -> Response {
    let body = whole(file.try_clone().unwrap(), len, stand_ins);
    Response::builder().header("content-length", len).body(body).unwrap()
}

fn router(file_: &Arc<File>) -> Router {
    Router::new()
        .route("/file/{len}", get(file))
        .route("/text", get(|| async { "a text" }))
        .with_state(Arc::clone(file_))
}

async fn start(layered: impl FnOnce(Router) -> Router, connections: usize) -> Server {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&bytes()).unwrap();
    let file = Arc::new(file);
    let router = layered(router(&file));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let limits = Limits { connections, ..Limits::default() };
    let task = tokio::spawn(async move {
        serve(listener, router, limits, CancellationToken::new(), Duration::ZERO).await.unwrap();
    });
    Server { addr, file, _task: AbortOnDropHandle::new(task) }
}

impl Server {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.addr).await.unwrap()
    }

    /// All that a connection answers to this until it ends.
    async fn converse(&self, requests: &str) -> Vec<u8> {
        let mut stream = self.connect().await;
        stream.write_all(requests.as_bytes()).await.unwrap();
        let mut answers = Vec::new();
        // How a connection ends that is broken off is not the point.
        let _ = tokio::time::timeout(LONG, stream.read_to_end(&mut answers)).await.expect("the connection ends");
        answers
    }
}

fn request(method: &str, path: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: here\r\n\r\n")
}

const LAST: &str = "GET /text HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n";

/// One answer: its head, and its body, which is as long as the head says.
async fn answer(stream: &mut TcpStream, has_body: bool) -> (String, Vec<u8>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let len = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
    let mut body = vec![0; if has_body { len } else { 0 }];
    tokio::time::timeout(LONG, stream.read_exact(&mut body)).await.unwrap().unwrap();
    (head, body)
}

const LENGTHS: [usize; 8] = [0, 1, 1_000, SLAB_BYTES - 1, SLAB_BYTES, SLAB_BYTES + 1, 2 * SLAB_BYTES, FILE_BYTES];

#[tokio::test]
async fn every_length_on_one_connection() {
    let (server, bytes) = (start(|router| router, 1).await, bytes());
    let mut stream = server.connect().await;
    for len in LENGTHS {
        for (method, path) in
            [("GET", format!("/file/{len}")), ("HEAD", format!("/file/{len}")), ("GET", "/text".to_owned())]
        {
            stream.write_all(request(method, &path).as_bytes()).await.unwrap();
            let (head, body) = answer(&mut stream, method == "GET").await;
            assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{path}: {head}");
            let expected = if path == "/text" { b"a text" } else { &bytes[..len] };
            assert!(body == if method == "GET" { expected } else { b"" }, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn requests_that_come_all_at_once() {
    let (server, bytes) = (start(|router| router, 1).await, bytes());
    let mut requests = String::new();
    for len in LENGTHS {
        requests += &request("GET", &format!("/file/{len}"));
        requests += &request("GET", "/text");
    }
    let mut stream = server.connect().await;
    stream.write_all(requests.as_bytes()).await.unwrap();
    for len in LENGTHS {
        assert!(answer(&mut stream, true).await.1 == bytes[..len], "{len}");
        assert_eq!(answer(&mut stream, true).await.1, b"a text");
    }
}

#[tokio::test]
async fn a_file_that_has_to_come_from_the_disk() {
    let (server, bytes) = (start(|router| router, 1).await, bytes());
    let mut stream = server.connect().await;
    for _ in 0..3 {
        // The system forgets what is on the disk; a file system in memory can't, and is none the worse for it.
        server.file.sync_all().unwrap();
        rustix::fs::fadvise(&server.file, 0, None, rustix::fs::Advice::DontNeed).unwrap();
        stream.write_all(request("GET", &format!("/file/{FILE_BYTES}")).as_bytes()).await.unwrap();
        assert!(answer(&mut stream, true).await.1 == bytes);
    }
}

#[tokio::test]
async fn a_client_that_takes_little_at_a_time() {
    let (server, bytes) = (start(|router| router, 1).await, bytes());
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut stream = socket.connect(server.addr).await.unwrap();
    stream.write_all(request("GET", &format!("/file/{FILE_BYTES}")).as_bytes()).await.unwrap();
    // The server has to wait for room.
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(answer(&mut stream, true).await.1 == bytes);
    stream.write_all(LAST.as_bytes()).await.unwrap();
    assert_eq!(answer(&mut stream, true).await.1, b"a text");
}

#[tokio::test]
async fn a_client_that_goes_away() {
    let server = start(|router| router, 1).await;
    let mut stream = server.connect().await;
    stream.write_all(request("GET", &format!("/file/{FILE_BYTES}")).as_bytes()).await.unwrap();
    stream.read_exact(&mut [0; 10_000]).await.unwrap();
    drop(stream);
    // There is place for one connection only, so that other one has ended.
    assert!(server.converse(LAST).await.ends_with(b"a text"));
}

#[tokio::test]
async fn a_file_that_shrinks_meanwhile() {
    /// More than the buffers between server and client take.
    const LEN: u64 = 64 * 1024 * 1024;
    let server = start(|router| router, 1).await;
    server.file.set_len(LEN).unwrap();
    let mut stream = server.connect().await;
    stream.write_all(request("GET", &format!("/file/{LEN}")).as_bytes()).await.unwrap();
    let mut answer = vec![0; 10_000];
    stream.read_exact(&mut answer).await.unwrap();
    server.file.set_len(FILE_BYTES as u64).unwrap();
    let _ = tokio::time::timeout(LONG, stream.read_to_end(&mut answer)).await.expect("the connection ends");
    assert!((answer.len() as u64) < LEN, "{} bytes", answer.len());
}

#[tokio::test]
async fn placeholders_that_are_copied_reach_nobody() {
    async fn copy(response: Response) -> Response {
        let (head, body) = response.into_parts();
        Response::from_parts(head, to_bytes(body, usize::MAX).await.unwrap().to_vec().into())
    }
    let server = start(|router| router.layer(axum::middleware::map_response(copy)), 1).await;
    for len in [1, 1_000, FILE_BYTES] {
        let answers = server.converse(&(request("GET", &format!("/file/{len}")) + LAST)).await;
        assert!(answers.is_empty(), "{len}: {} bytes", answers.len());
    }
    assert!(server.converse(LAST).await.ends_with(b"a text"));
}

#[tokio::test]
async fn placeholders_that_are_lost_or_late_reach_nobody() {
    /// Asks for the body's first bytes, and sends something else.
    async fn lose(response: Response) -> Response {
        let (head, body) = response.into_parts();
        let mut body = body.into_data_stream();
        let first = futures_util::StreamExt::next(&mut body).await;
        let text = if first.is_some() { "another text" } else { "" };
        let mut response = Response::from_parts(head, Body::from(text));
        response.headers_mut().remove("content-length");
        response
    }
    let server = start(|router| router.layer(axum::middleware::map_response(lose)), 1).await;
    let answers = server.converse(&(request("GET", "/file/1000") + LAST)).await;
    assert!(answers.is_empty(), "{}", String::from_utf8_lossy(&answers));
}

/// A connection's two ends.
async fn connection(stand_ins: &StandIns) -> (FileIo, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (FileIo::new(listener.accept().await.unwrap().0, stand_ins.clone()), client)
}

async fn write(io: &mut FileIo, slices: &[&[u8]]) -> Result<usize> {
    let slices: Vec<_> = slices.iter().map(|slice| IoSlice::new(slice)).collect();
    std::future::poll_fn(|cx| std::pin::Pin::new(&mut *io).poll_write_vectored(cx, &slices)).await
}

#[tokio::test]
async fn what_is_written_must_be_what_is_expected() {
    let file = Arc::new(tempfile::tempfile().unwrap());
    file.write_all_at(b"0123456789", 0).unwrap();
    let stand_ins = StandIns::default();
    let (mut io, mut client) = connection(&stand_ins).await;
    assert_eq!(write(&mut io, &[b"a", b"", b"b"]).await.unwrap(), 2);

    let (first, second) = (stand_ins.placeholder(&file, 2, 3), stand_ins.placeholder(&file, 0, 2));
    let copied = [&first, &second].map(|placeholder| Bytes::copy_from_slice(placeholder));
    // Missing, copied, in another order, too short, one too many.
    for wrong in [
        &[b"head".as_slice()][..],
        &[b"head", &first],
        &[b"head", &copied[0], &copied[1]],
        &[b"head", &second, &first],
        &[b"head", &first[..2], &second],
        &[b"head", &first, &second, &second],
    ] {
        assert!(write(&mut io, wrong).await.is_err(), "{wrong:?}");
    }
    assert_eq!(write(&mut io, &[b"head", b"", &first, b"-", &second]).await.unwrap(), 4);
    assert_eq!(write(&mut io, &[b"", &first, b"-", &second]).await.unwrap(), 3);
    assert_eq!(write(&mut io, &[b"-", &second]).await.unwrap(), 1);
    assert_eq!(write(&mut io, &[&second]).await.unwrap(), 2);
    // There is none any more.
    assert!(write(&mut io, &[&second]).await.is_err());
    drop(io);
    let mut sent = String::new();
    client.read_to_string(&mut sent).await.unwrap();
    assert_eq!(sent, "abhead234-01");
}

#[tokio::test]
async fn a_file_system_from_which_the_kernel_can_not_send() {
    let (mut file, bytes) = (tempfile::tempfile().unwrap(), bytes());
    file.write_all(&bytes).unwrap();
    file.rewind().unwrap();
    let part = Part { file: Arc::new(file), at: 5, len: COPY_BYTES + 1 };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (socket, _) = listener.accept().await.unwrap();
    socket.writable().await.unwrap();
    let sent = part.copy(&socket).unwrap();
    drop(socket);
    let mut received = Vec::new();
    client.read_to_end(&mut received).await.unwrap();
    assert!((1..=COPY_BYTES).contains(&sent));
    assert!(received == bytes[5..5 + sent]);
}
