//! Opening the store that the settings name.

use std::time::Duration;

use crate::server::{
    clock::Clock,
    config::{Secret, Settings},
    store::{KeySource, PostgresOptions, Store},
};

use super::CliError;

/// How far this machine's clock may be from the database's, in milliseconds: links live for a minute, and codes for half of one, whichever
/// process made them.
const MOST_SKEW_MILLIS: i64 = 10_000;

/// Opens the PostgreSQL database of the settings, or SQLite in the data directory.
pub async fn open_store(settings: &Settings) -> Result<Store, CliError> {
    let key = match (&settings.secrets_key, &settings.secrets_key_file) {
        (Some(key), _) => KeySource::Given(key.expose().to_owned()),
        (None, Some(file)) => KeySource::File(file.clone()),
        (None, None) => KeySource::MadeIn(settings.data_dir.join("secrets.key")),
    };
    let store = match &settings.database_url {
        None => Store::open_with(&settings.data_dir, &key).await?,
        Some(url) => {
            let store = Store::connect(&options(settings, url), &settings.data_dir, &key).await?;
            check_clock(&store).await?;
            store
        }
    };
    Ok(store.with_search_patience(Duration::from_secs(settings.search_seconds.into())))
}

fn options(settings: &Settings, url: &Secret) -> PostgresOptions {
    let seconds = |seconds: u32| Duration::from_secs(seconds.into());
    PostgresOptions {
        url: url.expose().to_owned(),
        pool_size: settings.database_pool_size,
        acquire_timeout: seconds(settings.database_acquire_seconds),
        statement_timeout: seconds(settings.database_statement_seconds),
        idle_timeout: seconds(settings.database_idle_seconds),
        max_lifetime: seconds(settings.database_lifetime_seconds),
    }
}

/// Refuses a clock that is far from the one that all processes have in common.
async fn check_clock(store: &Store) -> Result<(), CliError> {
    let before = Clock::System.now();
    let Some(shared) = store.shared_time().await? else { return Ok(()) };
    let after = Clock::System.now();
    let skew = before.millis_since(shared).max(shared.millis_since(after));
    if skew <= MOST_SKEW_MILLIS {
        return Ok(());
    }
    Err(CliError::Message(format!(
        "this machine's clock and the database's are {} seconds apart: set them right, as by NTP",
        skew / 1_000
    )))
}
