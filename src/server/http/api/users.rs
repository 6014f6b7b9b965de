//! Users of the Management API.

use axum::{Json, extract::State};
use serde::Serialize;
use serde_json::{Value, value::RawValue};
use utoipa::ToSchema;

use crate::domain::{
    api_client::Scope,
    error::AppError,
    role::Permission,
    user::Attribute,
    user_list::{FoundUsers, Part, Sort, UserList},
    user_query::UserQuery,
};

use super::{
    super::router::AppState,
    auth::Client,
    error::{ApiError, ApiErrorBody},
    params::{Id, Params},
};

const SCOPES: &[Scope] = &[Scope::ReadUsers];

/// Users of a page, unless the request says how many.
const PER_PAGE: u64 = 50;

/// Most users of a page.
const MOST: u64 = 100;

/// A user: the attributes that the user has, as an export in JSON has them.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes what the engine of exports writes")]
pub struct User {
    user_id: Option<String>,
    email: Option<String>,
    email_verified: Option<bool>,
    username: Option<String>,
    phone_number: Option<String>,
    phone_verified: Option<bool>,
    name: Option<String>,
    given_name: Option<String>,
    family_name: Option<String>,
    nickname: Option<String>,
    picture: Option<String>,
    blocked: Option<bool>,
    created_at: Option<String>,
    updated_at: Option<String>,
    last_login: Option<String>,
    last_ip: Option<String>,
    last_password_reset: Option<String>,
    logins_count: Option<i64>,
    multifactor: Option<Vec<String>>,
    multifactor_last_modified: Option<String>,
    #[schema(value_type = Option<Vec<Object>>)]
    identities: Option<Vec<Value>>,
    #[schema(value_type = Option<Object>)]
    user_metadata: Option<Value>,
    #[schema(value_type = Option<Object>)]
    app_metadata: Option<Value>,
}

/// A list of users, in the form that was asked for.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes [`Answer`]")]
#[serde(untagged)]
pub enum Users {
    /// By default.
    Plain(Vec<User>),
    /// With `include_totals`.
    Page(UsersPage),
    /// With `take` or `from`.
    Checkpoint(UsersCheckpoint),
}

/// A page of users.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes [`Answer`]")]
#[serde(deny_unknown_fields)]
pub struct UsersPage {
    /// Users before the first one.
    start: u64,
    /// Most users of a page.
    limit: u64,
    /// Users of this page.
    length: u64,
    /// All that match.
    total: u64,
    /// The page.
    users: Vec<User>,
}

/// Users from a place on.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes [`Answer`]")]
#[serde(deny_unknown_fields)]
pub struct UsersCheckpoint {
    /// The next ones.
    users: Vec<User>,
    /// What `from` has to be for those that follow; absent: none do.
    #[schema(required = false)]
    next: String,
}

/// List or search users
#[utoipa::path(
    get,
    path = "/api/v2/users",
    operation_id = "get_users",
    tag = "Users",
    security(("bearer" = ["read:users"])),
    params(
        ("q" = Option<String>, Query, max_length = 2000, description = "A search in the query syntax of Lucene; absent: all users."),
        ("search_engine" = Option<String>, Query, description = "Ignored: there is one."),
        ("connection" = Option<String>, Query, description = "Only users of the connection of this name."),
        ("page" = Option<u32>, Query, description = "Number of the page, from 0."),
        ("per_page" = Option<u32>, Query, minimum = 0, maximum = 100, description = "Users of a page; absent: 50."),
        ("include_totals" = Option<bool>, Query, description = "Whether the answer says how many there are in all."),
        ("sort" = Option<String>, Query, description = "`FIELD:1` or `FIELD:-1`; absent: in the order in which users came."),
        ("take" = Option<u32>, Query, minimum = 1, maximum = 100, description = "Users from `from` on, in the order in which they came; absent: 50."),
        ("from" = Option<String>, Query, description = "The `next` of the answer before."),
        ("fields" = Option<String>, Query, description = "Names of attributes, separated by commas."),
        ("include_fields" = Option<bool>, Query, description = "Whether `fields` are those that are wanted, or those that are not."),
    ),
    responses(
        (status = 200, description = "The users. A page behind the last one is empty.", body = Users),
        (status = 400, description = "A parameter is wrong; of a search the message says where.", body = ApiErrorBody),
        (status = 401, description = "No token, or an invalid one.", body = ApiErrorBody),
        (status = 403, description = "Insufficient scope, expected any of: read:users.", body = ApiErrorBody),
        (status = 429, description = "Too many requests.", body = ApiErrorBody),
        (status = 503, description = "The search took too long, refine it; or the server could not answer in time.", body = ApiErrorBody),
    ),
)]
pub async fn list(
    State(state): State<AppState>,
    Client(caller): Client,
    params: Params,
) -> Result<Json<Answer>, ApiError> {
    let error = |error| ApiError::from_app(error, SCOPES, "user");
    state.services.allow(&caller, Permission::SeeUsers).await.map_err(error)?;
    let list = read(&params)?;
    let (part, totals) = (list.part, list.totals);
    let FoundUsers { users, total, next } = state.services.find_users(&caller, list).await.map_err(error)?;
    let length = users.len() as u64;
    let users = users.into_iter().map(raw).collect::<Result<Vec<_>, _>>()?;
    Ok(Json(match part {
        Part::After { .. } => Answer::Checkpoint { users, next: next.map(|place| place.to_string()) },
        Part::Page { start, limit, .. } if totals => {
            Answer::Page { start, limit, length, total: total.unwrap_or_default(), users }
        }
        Part::Page { .. } => Answer::Plain(users),
    }))
}

/// What is described as `Users`, with each user as the engine wrote it.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Answer {
    Plain(Vec<Box<RawValue>>),
    Page {
        start: u64,
        limit: u64,
        length: u64,
        total: u64,
        users: Vec<Box<RawValue>>,
    },
    Checkpoint {
        users: Vec<Box<RawValue>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next: Option<String>,
    },
}

/// What the parameters ask for.
fn read(params: &Params) -> Result<UserList, ApiError> {
    let query = UserQuery::parse(params.text("q").unwrap_or_default().trim());
    let query = query.map_err(|error| ApiError::query("q", error.to_string().trim_end_matches('.')))?;
    let sort = params.text("sort").filter(|sort| !sort.is_empty()).map(str::parse::<Sort>).transpose();
    let sort = sort.map_err(|message| ApiError::query("sort", message))?;
    let limit = params.integer("per_page", 0..=MOST)?.unwrap_or(PER_PAGE);
    let page = params.integer("page", 0..=u64::from(u32::MAX))?.unwrap_or(0);
    let take = params.integer("take", 1..=MOST)?;
    let from = params.text("from").filter(|from| !from.is_empty());
    let part = if take.is_some() || from.is_some() {
        let place = from.map(|from| from.parse::<i64>().ok().filter(|place| *place >= 0)).unwrap_or(Some(0));
        let place = place.ok_or_else(|| ApiError::query("from", "This is no \"next\" of an answer"))?;
        Part::After { place, take: take.unwrap_or(PER_PAGE) }
    } else {
        Part::Page { start: page * limit, limit, sort }
    };
    let totals = params.boolean("include_totals")?.unwrap_or(false) && matches!(part, Part::Page { .. });
    let connection = params.text("connection").filter(|name| !name.is_empty()).map(str::to_owned);
    Ok(UserList { query, connection, part, attributes: attributes(params)?, totals })
}

/// The attributes that are wanted. A path means its attribute; what is no attribute means nothing.
fn attributes(params: &Params) -> Result<Vec<Attribute>, ApiError> {
    let Some((names, include)) = params.fields()? else { return Ok(Attribute::ALL.to_vec()) };
    let named: Vec<_> =
        names.iter().filter_map(|name| Attribute::from_name(name.split(['.', '[']).next().unwrap_or(name))).collect();
    Ok(Attribute::ALL.into_iter().filter(|attribute| named.contains(attribute) == include).collect())
}

fn raw(json: String) -> Result<Box<RawValue>, ApiError> {
    // The engine writes JSON; a whole object of metadata it copies as the database has it.
    RawValue::from_string(json).map_err(|error| {
        tracing::error!(%error, "a user is no JSON");
        ApiError::from_app(AppError::Internal, SCOPES, "user")
    })
}

/// Get a user
#[utoipa::path(
    get,
    path = "/api/v2/users/{id}",
    operation_id = "get_users_by_id",
    tag = "Users",
    security(("bearer" = ["read:users"])),
    params(
        ("id" = String, Path, description = "The user's id."),
        ("fields" = Option<String>, Query, description = "Names of attributes, separated by commas."),
        ("include_fields" = Option<bool>, Query, description = "Whether `fields` are those that are wanted, or those that are not."),
    ),
    responses(
        (status = 200, description = "The user.", body = User),
        (status = 400, description = "A parameter is wrong.", body = ApiErrorBody),
        (status = 401, description = "No token, or an invalid one.", body = ApiErrorBody),
        (status = 403, description = "Insufficient scope, expected any of: read:users.", body = ApiErrorBody),
        (status = 404, description = "There is no such user.", body = ApiErrorBody),
        (status = 429, description = "Too many requests.", body = ApiErrorBody),
        (status = 503, description = "The server could not answer in time.", body = ApiErrorBody),
    ),
)]
pub async fn get(
    State(state): State<AppState>,
    Client(caller): Client,
    id: Id,
    params: Params,
) -> Result<Json<Box<RawValue>>, ApiError> {
    let error = |error| ApiError::from_app(error, SCOPES, "user");
    state.services.allow(&caller, Permission::SeeUsers).await.map_err(error)?;
    let attributes = attributes(&params)?;
    raw(state.services.find_user(&caller, id.text()?, attributes).await.map_err(error)?).map(Json)
}
