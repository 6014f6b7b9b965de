//! What a client may take of the server.

use std::time::Duration;

use muster::server::http::Limits;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{
    databases::on_every_database,
    support::{Server, World},
};

on_every_database! {
    a_request_that_does_not_come_ends_the_connection,
    connections_beyond_the_limit_wait,
    a_body_that_is_too_large_is_refused,
}

const REQUEST: &[u8] = b"GET /favicon.svg HTTP/1.1\r\nHost: muster\r\n\r\n";

async fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(server.url.strip_prefix("http://").unwrap()).await.unwrap()
}

/// The first line of an answer.
async fn status(stream: &mut TcpStream) -> String {
    let mut line = String::new();
    while !line.ends_with('\n') {
        line.push(char::from(stream.read_u8().await.unwrap()));
    }
    line
}

async fn a_request_that_does_not_come_ends_the_connection(world: World) {
    let server = world.serve_within(Limits { head: Duration::from_millis(50), ..Limits::default() }).await;
    for head in [&b""[..], b"GET / HTTP/1.1\r\nHost: muster\r\nX-Slow: ", REQUEST] {
        let mut stream = connect(&server).await;
        stream.write_all(head).await.unwrap();
        let mut rest = Vec::new();
        // The server ends it; a client that waited for that in vain would fail here.
        timeout(Duration::from_secs(20), stream.read_to_end(&mut rest)).await.unwrap().unwrap();
        assert_eq!(rest.is_empty(), head != REQUEST, "{}", String::from_utf8_lossy(&rest));
    }
    server.running.stop().await;
}

async fn connections_beyond_the_limit_wait(world: World) {
    let server = world.serve_within(Limits { connections: 1, ..Limits::default() }).await;
    let mut first = connect(&server).await;
    first.write_all(REQUEST).await.unwrap();
    assert!(status(&mut first).await.starts_with("HTTP/1.1 "));
    let mut second = connect(&server).await;
    second.write_all(REQUEST).await.unwrap();
    assert!(timeout(Duration::from_millis(100), second.read_u8()).await.is_err(), "the first is still there");
    drop(first);
    assert!(status(&mut second).await.starts_with("HTTP/1.1 "));
    server.running.stop().await;
}

async fn a_body_that_is_too_large_is_refused(world: World) {
    let server = world.serve().await;
    let client = server.anonymous();
    let password = "x".repeat(1024 * 1024);
    let response = client.rpc("sign_in", &[("email", "admin@acme.test"), ("password", &password)]).await;
    assert!(!response.status().is_success(), "{}", response.status());
    server.running.stop().await;
}
