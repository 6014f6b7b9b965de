//! `muster client`

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::domain::api_client::{ClientName, NewSecret, Scopes};

use super::{CliError, DataFlags, open, print};

/// Manage API clients: the programs that may use the Management API.
#[derive(Debug, Args)]
pub struct Client {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add a client, and print its id and its secret, which is shown only now
    Add {
        /// A name, for people
        name: ClientName,
        /// What it may do: read:users, create:users, read:connections
        #[arg(long, value_name = "SCOPE,...")]
        scope: Scopes,
        #[command(flatten)]
        data: DataFlags,
    },
    /// Print every client: id, name, scopes, and when it last got a token
    List {
        #[command(flatten)]
        data: DataFlags,
    },
    /// Give a client another secret, and print it; the one before gets no tokens any more
    Rotate(Target),
    /// Delete a client: its tokens and download links stop working at once
    Revoke(Target),
    /// Have another key sign the tokens of all clients; those that were signed before go on until they expire
    RotateKey {
        #[command(flatten)]
        data: DataFlags,
    },
}

/// Which client.
#[derive(Debug, Args)]
struct Target {
    /// Its name or its id
    #[arg(value_name = "NAME|ID")]
    client: String,
    #[command(flatten)]
    data: DataFlags,
}

impl Client {
    pub async fn run(self) -> Result<ExitCode, CliError> {
        match self.command {
            Command::Add { name, scope, data } => {
                let (store, services) = open(&data).await?;
                print_secret(&services.operator_add_client(name, scope).await?)?;
                store.close().await;
            }
            Command::List { data } => {
                let (store, services) = open(&data).await?;
                for view in services.operator_clients().await? {
                    let last = view.last_token_at.map_or_else(|| "never".to_owned(), |at| at.to_string());
                    let client = view.client;
                    print(format_args!("{}\t{}\t{}\t{last}", client.id, client.name, client.scopes))?;
                }
                store.close().await;
            }
            Command::Rotate(Target { client, data }) => {
                let (store, services) = open(&data).await?;
                print_secret(&services.operator_rotate_client_secret(&client).await?)?;
                store.close().await;
            }
            Command::Revoke(Target { client, data }) => {
                let (store, services) = open(&data).await?;
                let revoked = services.operator_revoke_client(&client).await?;
                print(format_args!("{}\t{}\trevoked", revoked.id, revoked.name))?;
                store.close().await;
            }
            Command::RotateKey { data } => {
                let (store, services) = open(&data).await?;
                print(format_args!("kid={}", services.operator_rotate_signing_key().await?))?;
                store.close().await;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn print_secret(secret: &NewSecret) -> Result<(), CliError> {
    print(format_args!("client_id={}", secret.client.id))?;
    print(format_args!("client_secret={}", secret.secret))
}
