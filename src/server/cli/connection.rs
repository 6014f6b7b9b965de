//! `muster connection`

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::domain::connection::ConnectionName;

use super::{CliError, DataFlags, open, print};

/// Add and list database connections.
#[derive(Debug, Args)]
pub struct Connection {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add a connection and print its id
    Add {
        /// Letters, digits, "-" or "_", such as Username-Password-Authentication
        name: ConnectionName,
        #[command(flatten)]
        data: DataFlags,
    },
    /// Print every connection: id, name, strategy
    List {
        #[command(flatten)]
        data: DataFlags,
    },
}

impl Connection {
    pub async fn run(self) -> Result<ExitCode, CliError> {
        match self.command {
            Command::Add { name, data } => {
                let (store, services) = open(&data).await?;
                print(format_args!("{}", services.operator_add_connection(name).await?.id))?;
                store.close().await;
            }
            Command::List { data } => {
                let (store, services) = open(&data).await?;
                for stored in services.operator_connections().await? {
                    let connection = stored.connection;
                    print(format_args!("{}\t{}\t{}", connection.id, connection.name.as_str(), connection.strategy))?;
                }
                store.close().await;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
