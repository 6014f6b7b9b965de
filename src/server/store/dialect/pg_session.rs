//! A connection to PostgreSQL for work in bulk, which blocks.
//!
//! It lives on a thread with a runtime of its own. So whoever uses it may be on any thread, the socket wakes nobody but that thread,
//! and no connection that was left in the middle of a `COPY` gets back into the pool.

use std::{
    io,
    pin::{Pin, pin},
    sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    thread,
    time::Duration,
};

use futures_util::FutureExt;
use sqlx::{ConnectOptions, Connection, PgConnection, PgPool, postgres::PgConnectOptions};

/// How long an answer is waited for that is due at once, however busy the database is. Whoever hears nothing for so long has a connection
/// that was cut without a word: the system finds that out when it sends, and who waits sends nothing.
pub const SILENCE: Duration = Duration::from_secs(2 * 60);

/// The same where the database may have to look at everything first, or to wait for others.
pub const LONG_SILENCE: Duration = Duration::from_secs(30 * 60);

/// What is done with the connection, on its thread.
type Task = Box<dyn for<'c> FnOnce(&'c mut PgConnection) -> Pin<Box<dyn Future<Output = ()> + 'c>> + Send>;

/// The connection. Dropped, it is closed as soon as its thread has ended what it does, and a transaction is rolled back.
pub struct Session {
    tasks: Sender<Task>,
}

impl Session {
    /// Connects as the pool does, and executes `settings`.
    pub fn open(pool: &PgPool, settings: &'static str) -> Result<Self, sqlx::Error> {
        let options = PgConnectOptions::clone(&pool.connect_options()).disable_statement_logging();
        let (tasks, queue) = channel();
        let (opened, answer) = sync_channel(1);
        let serve = move || serve(&options, settings, &opened, &queue);
        thread::Builder::new().name("postgres".to_owned()).spawn(serve).map_err(sqlx::Error::Io)?;
        answer.recv().map_err(|_| sqlx::Error::WorkerCrashed)??;
        Ok(Self { tasks })
    }

    /// Does something and waits for it, until the database has said nothing for so long that it is out of reach.
    pub fn run<T: Send + 'static>(
        &self,
        silence: Duration,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error> + Send + 'static,
    ) -> Result<T, sqlx::Error> {
        let (done, answer) = sync_channel(1);
        // Who has gone does not want the answer any more.
        self.start(async move |connection: &mut PgConnection| _ = done.send(heard(silence, work(connection)).await))?;
        answer.recv().map_err(|_| sqlx::Error::WorkerCrashed)?
    }

    /// Does something and does not wait for it.
    pub fn start(&self, work: impl AsyncFnOnce(&mut PgConnection) + Send + 'static) -> Result<(), sqlx::Error> {
        let task: Task = Box::new(move |connection| Box::pin(work(connection)));
        self.tasks.send(task).map_err(|_| sqlx::Error::WorkerCrashed)
    }
}

/// What the database says, unless that takes longer than `silence`: then it is out of reach.
pub async fn heard<T>(
    silence: Duration,
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    let mut answer = pin!(answer);
    // Most of a long one has come already: only who has to wait needs an alarm.
    if let Some(answer) = answer.as_mut().now_or_never() {
        return answer;
    }
    let late = |_| {
        let words = format!("PostgreSQL has said nothing for {} seconds", silence.as_secs());
        sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, words))
    };
    tokio::time::timeout(silence, answer).await.map_err(late)?
}

/// The thread.
fn serve(
    options: &PgConnectOptions,
    settings: &'static str,
    opened: &SyncSender<Result<(), sqlx::Error>>,
    queue: &Receiver<Task>,
) {
    let open = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(sqlx::Error::Io)?;
        let connection = runtime.block_on(heard(SILENCE, async {
            let mut connection = PgConnection::connect_with(options).await?;
            sqlx::raw_sql(settings).execute(&mut connection).await?;
            Ok(connection)
        }))?;
        Ok((runtime, connection))
    };
    let (runtime, mut connection) = match open() {
        Ok(open) => open,
        Err(error) => {
            // Who has gone does not want the answer any more.
            _ = opened.send(Err(error));
            return;
        }
    };
    _ = opened.send(Ok(()));
    while let Ok(task) = queue.recv() {
        runtime.block_on(task(&mut connection));
    }
    // The server rolls back whatever is open, also if it does not hear this.
    _ = runtime.block_on(connection.close());
}
