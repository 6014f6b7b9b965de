//! Opening the place that the settings name for files.

use clap::Args;
use serde::Serialize;

use crate::server::{config::Settings, files::FileStore};

use super::CliError;

/// Flags of every command that keeps files.
#[derive(Debug, Default, Args, Serialize)]
pub struct FilesFlags {
    /// Keep export files and uploads in a bucket: s3://bucket/prefix?endpoint=https://host:port&region=REGION.
    ///
    /// Credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or what else AWS_* variables say.
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    files_url: Option<String>,
}

/// Opens the bucket of the settings, or the directories in the data directory, and makes sure that files can be kept there.
pub async fn open_files(settings: &Settings) -> Result<FileStore, CliError> {
    let failed = |error| match settings.files_url {
        None => CliError::Message(format!("{}: {error}", settings.data_dir.display())),
        Some(_) => CliError::Message(format!("files_url: {error}")),
    };
    let files = FileStore::open(&settings.data_dir, settings.files_url.as_ref()).map_err(failed)?;
    files.check().await.map_err(failed)?;
    Ok(files)
}
