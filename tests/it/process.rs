//! The program as a process of its own, to be killed and listened to.

use std::{
    io::{Read, Write},
    path::Path,
    process::{Child, Command, Stdio},
};

use crate::{
    cli::muster,
    support::{Client, PASSWORD, eventually},
};

/// A server of its own process.
pub struct Process {
    pub child: Child,
    pub client: Client,
}

impl Process {
    /// Serves and signs in as [`add_admin`]'s member.
    pub async fn start(dir: &Path) -> Self {
        Self::start_with(dir, |_| {}).await
    }

    /// The same, with something else about the process.
    pub async fn start_with(dir: &Path, change: impl FnOnce(&mut Command)) -> Self {
        let mut command = muster(dir, &["serve", "--addr", "127.0.0.1:0"]);
        change(&mut command);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let line = next_line(&mut child);
        let url = line.trim().rsplit(' ').next().unwrap().to_owned();
        let http =
            reqwest::Client::builder().cookie_store(true).redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let client = Client { http, url };
        let form = [("email", "ann@acme.test"), ("password", PASSWORD)];
        eventually(async || {
            let request = client.post("/rpc/sign_in").header("accept", "application/json").form(&form);
            request.send().await.ok().filter(|response| response.status().is_success())
        })
        .await;
        Self { child, client }
    }

    /// The next line that it prints.
    pub fn next_line(&mut self) -> String {
        next_line(&mut self.child)
    }

    /// SIGTERM: it ends in good order.
    pub fn terminate(&self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    }

    /// SIGKILL: nothing in the process gets to clean up.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Byte by byte, so that nothing of the lines behind it is taken.
fn next_line(child: &mut Child) -> String {
    let stdout = child.stdout.as_mut().unwrap();
    let next = || {
        let mut byte = [0];
        (stdout.read(&mut byte).unwrap() == 1 && byte[0] != b'\n').then_some(byte[0])
    };
    String::from_utf8(std::iter::from_fn(next).collect()).unwrap()
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command that has to succeed.
pub fn succeed(dir: &Path, args: &[&str], stdin: Stdio) {
    succeed_with(dir, args, stdin, |_| {});
}

/// The same, with something else about the process.
pub fn succeed_with(dir: &Path, args: &[&str], stdin: Stdio, change: impl FnOnce(&mut Command)) {
    let mut command = muster(dir, args);
    change(&mut command);
    let mut child = command.stdin(stdin).stdout(Stdio::null()).spawn().unwrap();
    assert!(child.wait().unwrap().success(), "{args:?}");
}

/// Adds so many made-up users to a connection of their own.
pub fn add_users(dir: &Path, users: u64) {
    add_users_with(dir, users, |_| {});
}

/// The same, with something else about the processes.
pub fn add_users_with(dir: &Path, users: u64, change: impl Fn(&mut Command)) {
    succeed_with(dir, &["connection", "add", "Db"], Stdio::null(), &change);
    let mut generate = muster(dir, &["generate", "--users", &users.to_string(), "--seed", "1"]);
    let mut generated = generate.stdout(Stdio::piped()).spawn().unwrap();
    let lines = Stdio::from(generated.stdout.take().unwrap());
    succeed_with(dir, &["import", "--connection", "Db", "--restore", "-"], lines, &change);
    generated.wait().unwrap();
}

/// Adds `ann@acme.test`, an Admin.
pub fn add_admin(dir: &Path) {
    add_admin_with(dir, |_| {});
}

/// The same, with something else about the process.
pub fn add_admin_with(dir: &Path, change: impl FnOnce(&mut Command)) {
    let mut command = muster(dir, &["member", "add", "ann@acme.test", "--role", "admin"]);
    change(&mut command);
    let mut member = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    member.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
    assert!(member.wait().unwrap().success());
}
