//! The queue of the review pages: filters, order, pages, and how many there are of each kind.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyArguments;
use sqlx::query::QueryAs;
use sqlx::{Any, AssertSqlSafe, FromRow};
use veritag_abi::{Reason, Verdict};

use super::items::{NO_DISTANCE, NO_SCORE};
use super::{Item, Records};
use crate::assessment::{Review, plain_name};
use crate::database::{DatabaseError, storable};

const COLUMNS: &str = "asset, name, source, verdict, reason, model, NULLIF(score, -1) AS score, NULLIF(distance, 2) AS distance, \
     assessed_at, review, reviewer FROM items";

/// Which assets; an empty text stands for any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// `fake`, `unsure`, `real`, `not_assessed`
    #[serde(skip_serializing_if = "String::is_empty")]
    pub verdict: String,
    /// `not_reviewed`, `reviewed_as_fake`, `reviewed_as_real`, `reviewed_as_unsure`
    #[serde(skip_serializing_if = "String::is_empty")]
    pub review: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// Name and version.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub model: String,
    /// Why there is no score.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Assessed on this day (UTC, `2026-11-27`) or later.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub since: String,
    /// Part of the name, or the beginning of the sha256.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub search: String,
    #[serde(skip_serializing_if = "Order::is_default")]
    #[param(inline)]
    pub order: Order,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Nearest the threshold first.
    #[default]
    Uncertain,
    /// Highest score first.
    Score,
    Newest,
}

/// How many assets have these values in common.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Cell {
    pub verdict: String,
    pub review: String,
    pub source: String,
    pub model: String,
    pub reason: String,
    pub day: String,
    pub number: i64,
}

type Query<'a, T> = QueryAs<'a, Any, T, AnyArguments>;

impl Order {
    pub const ALL: [Self; 3] = [Self::Uncertain, Self::Score, Self::Newest];

    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The column, and whether high values come first. Equal ones come by sha256.
    fn key(self) -> (&'static str, bool) {
        match self {
            Self::Uncertain => ("distance", false),
            Self::Score => ("score", true),
            Self::Newest => ("assessed_at", true),
        }
    }

    fn sql(self, backwards: bool) -> String {
        let (column, descending) = self.key();
        // The column as it is stored: `COLUMNS` reads some by the same name without what stands for none.
        let direction = |descending: bool| if descending { "DESC" } else { "ASC" };
        format!("ORDER BY items.{column} {}, asset {}", direction(descending != backwards), direction(backwards))
    }
}

impl Filter {
    /// # Errors
    /// Which part of it no asset can have, and what there is.
    pub fn check(&self) -> Result<(), String> {
        known::<Verdict>("verdict", &self.verdict)?;
        known::<Review>("review", &self.review)?;
        known::<Reason>("reason", &self.reason)?;
        let is_day = self.since.is_empty() || self.since.parse::<jiff::civil::Date>().is_ok() && self.since.len() == 10;
        if is_day { Ok(()) } else { Err(format!("since: {:?} is not a day such as 2026-11-27", self.since)) }
    }

    /// Conditions and their values, which are numbered from $1 on.
    fn conditions(&self) -> (Vec<String>, Vec<String>) {
        let equal = [
            ("verdict", &self.verdict),
            ("review", &self.review),
            ("source", &self.source),
            ("model", &self.model),
            ("reason", &self.reason),
        ];
        let mut values: Vec<(String, String)> = equal
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(column, value)| (format!("{column} ="), value.clone()))
            .collect();
        if !self.since.is_empty() {
            values.push(("day >=".into(), self.since.clone()));
        }
        let mut conditions: Vec<String> =
            values.iter().enumerate().map(|(nth, (is, _))| format!("{is} ${}", nth + 1)).collect();
        let mut values: Vec<String> = values.into_iter().map(|(_, value)| value).collect();
        if let Some(condition) = self.searched(values.len() + 1) {
            conditions.push(condition);
            values.extend(self.patterns());
        }
        (conditions, values)
    }

    fn searched(&self, from: usize) -> Option<String> {
        let searched = !self.search.trim().is_empty();
        // Found once, from an index that holds nothing else.
        searched.then(|| {
            let found = format!("searched LIKE ${from} ESCAPE '!' OR asset LIKE ${} ESCAPE '!'", from + 1);
            format!("asset IN (SELECT asset FROM items WHERE {found})")
        })
    }

    fn patterns(&self) -> [String; 2] {
        let text = self.search.trim().to_lowercase();
        let text = text.replace('!', "!!").replace('%', "!%").replace('_', "!_");
        [format!("%{text}%"), format!("{text}%")]
    }
}

/// A value that is set is one of those that records name.
fn known<T: DeserializeOwned + Serialize>(name: &str, value: &str) -> Result<(), String> {
    if value.is_empty() {
        return Ok(());
    }
    let found: T = serde_json::from_value(value.into()).map_err(|error| format!("{name}: {error}"))?;
    // Names from later versions are read as one that stands for them all.
    if plain_name(&found) == value { Ok(()) } else { Err(format!("{name}: there is no {value:?}")) }
}

fn and(conditions: &[String]) -> String {
    if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) }
}

fn bind<'a, T>(query: Query<'a, T>, values: Vec<String>) -> Query<'a, T> {
    values.iter().fold(query, |query, value| query.bind(storable(value)))
}

impl Records {
    /// At most `limit` items of a filter, in its order, after the first `offset`.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn items(&self, filter: &Filter, limit: u32, offset: u64) -> Result<Vec<Item>, DatabaseError> {
        let (conditions, values) = filter.conditions();
        let order = filter.order.sql(false);
        let sql = format!("SELECT {COLUMNS} {} {order} LIMIT {limit} OFFSET {offset}", and(&conditions));
        let query = bind(sqlx::query_as(AssertSqlSafe(sql)), values);
        Ok(query.fetch_all(&self.database.pool).await?)
    }

    /// An item, whatever its kind.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn item(&self, asset: &str) -> Result<Option<Item>, DatabaseError> {
        let sql = format!("SELECT {COLUMNS} WHERE asset = $1");
        Ok(sqlx::query_as(AssertSqlSafe(sql)).bind(storable(asset)).fetch_optional(&self.database.pool).await?)
    }

    /// The sha256 of the item of a filter that comes next after `item`, or before it.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn neighbour(
        &self,
        filter: &Filter,
        item: &Item,
        backwards: bool,
    ) -> Result<Option<String>, DatabaseError> {
        let (mut conditions, values) = filter.conditions();
        let (column, descending) = filter.order.key();
        let beyond = if descending == backwards { ">" } else { "<" };
        let other = if backwards { "<" } else { ">" };
        let (key, asset) = (values.len() + 1, values.len() + 2);
        conditions.push(format!("({column} {beyond} ${key} OR ({column} = ${key} AND asset {other} ${asset}))"));
        let sql = format!("SELECT asset FROM items {} {} LIMIT 1", and(&conditions), filter.order.sql(backwards));
        let query: Query<(String,)> = bind(sqlx::query_as(AssertSqlSafe(sql)), values);
        let query = match filter.order {
            Order::Uncertain => query.bind(item.distance.unwrap_or(NO_DISTANCE)),
            Order::Score => query.bind(item.score.unwrap_or(NO_SCORE)),
            Order::Newest => query.bind(item.assessed_at.clone()),
        };
        let found = query.bind(item.asset.clone()).fetch_optional(&self.database.pool).await?;
        Ok(found.map(|(asset,)| asset))
    }

    /// How many items of each kind there are among those that a search finds.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn cells(&self, filter: &Filter) -> Result<Vec<Cell>, DatabaseError> {
        let searched = Filter { search: filter.search.clone(), ..Filter::default() };
        let (conditions, values) = searched.conditions();
        let kinds = "verdict, review, source, model, reason, day";
        // An index on the kinds serves to group all of them; to filter by name it would be slower than none.
        let (with, from) = match and(&conditions) {
            all if all.is_empty() => (String::new(), "items"),
            some => (format!("WITH found AS MATERIALIZED (SELECT {kinds} FROM items {some}) "), "found"),
        };
        let sql = format!("{with}SELECT {kinds}, COUNT(*) AS number FROM {from} GROUP BY {kinds}");
        let query = bind(sqlx::query_as(AssertSqlSafe(sql)), values);
        Ok(query.fetch_all(&self.database.pool).await?)
    }
}
