//! The made-up users that are measured with: made once and kept, because importing millions takes minutes.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::process::seconds;

/// The name of the connection that has all users.
pub const CONNECTION: &str = "Bench";

/// Data directories of several sizes.
pub struct Data {
    dir: PathBuf,
    muster: PathBuf,
    users: u64,
}

impl Data {
    pub fn new(dir: PathBuf, muster: PathBuf, users: u64) -> Self {
        Self { dir: fs::canonicalize(dir).unwrap(), muster, users }
    }

    /// How many users [`Data::base`] has.
    pub fn users(&self) -> u64 {
        self.users
    }

    /// How many users [`Data::large`] has.
    pub fn large_users(&self) -> u64 {
        self.users * 4
    }

    /// The data directory of most rows.
    pub fn base(&self) -> PathBuf {
        self.of(self.users)
    }

    /// Four times as many users.
    pub fn large(&self) -> PathBuf {
        self.of(self.large_users())
    }

    /// A tenth as many users.
    pub fn small(&self) -> PathBuf {
        self.of(self.users / 10)
    }

    /// The users of [`Data::base`] as NDJSON.
    pub fn ndjson(&self) -> PathBuf {
        let file = self.dir.join(self.users.to_string()).join("users.ndjson");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        if !file.exists() {
            let partial = file.with_extension("partial");
            seconds(self.generate(self.users).stdout(File::create(&partial).unwrap()));
            fs::rename(partial, &file).unwrap();
        }
        file
    }

    /// `muster generate`, whose output the caller redirects.
    pub fn generate(&self, users: u64) -> Command {
        let mut command = self.muster();
        command.args(["generate", "--seed", "1", "--users", &users.to_string()]);
        command
    }

    /// An empty data directory with the connection.
    pub fn make_empty(&self, dir: &Path) {
        seconds(&mut self.add_connection(dir));
    }

    /// `muster connection add`.
    pub fn add_connection(&self, dir: &Path) -> Command {
        let mut command = self.muster();
        command.args(["connection", "add", CONNECTION, "--data-dir"]).arg(dir).stdout(Stdio::null());
        command
    }

    /// The program.
    pub fn muster(&self) -> Command {
        Command::new(&self.muster)
    }

    fn of(&self, users: u64) -> PathBuf {
        let dir = self.dir.join(users.to_string()).join("data");
        if dir.exists() && count(&dir) == users {
            return dir;
        }
        eprintln!("{users} users: making and importing them, once; a million takes a minute or two");
        let partial = dir.with_extension("partial");
        for left_over in [&dir, &partial] {
            let _ = fs::remove_dir_all(left_over);
        }
        fs::create_dir_all(partial.parent().unwrap()).unwrap();
        self.make_empty(&partial);
        let mut source = self.generate(users).stdout(Stdio::piped()).spawn().unwrap();
        let mut import = self.muster();
        import.args(["import", "-", "--restore", "--connection", CONNECTION, "--data-dir"]).arg(&partial);
        let imported = import.stdin(source.stdout.take().unwrap()).stdout(Stdio::null()).status().unwrap();
        assert!(imported.success() && source.wait().unwrap().success(), "the users could not be made");
        fs::rename(&partial, &dir).unwrap();
        dir
    }
}

/// The database of a data directory.
pub fn database(data: &Path) -> PathBuf {
    data.join("muster.db")
}

/// How many users a data directory has; 0 if it can't be read.
fn count(data: &Path) -> u64 {
    let count =
        || rusqlite::Connection::open(database(data))?.query_row("SELECT count(*) FROM users", [], |row| row.get(0));
    count().map_or(0, i64::unsigned_abs)
}
