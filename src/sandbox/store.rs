//! Where the sandbox keeps everything: one SQLite database, in a file when it is to last, in memory in tests.
//!
//! Resources are JSON documents under `(kind, key)`; keys sort, so listings are prefix scans in key order. Every AWS
//! call runs in one transaction: an error undoes all of it, and several processes may share a file.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A failure of the store itself, never of a request.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite refused.
    #[error("the sandbox store failed")]
    Sqlite(#[from] rusqlite::Error),
    /// A document does not have the shape that its kind has.
    #[error("a document in the sandbox store does not read")]
    Document(#[from] serde_json::Error),
}

type Result<T> = std::result::Result<T, StoreError>;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS resource (
        kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, key)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS blob (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
";

/// Opens the store at `path`, or a new one in memory.
pub fn open(path: Option<&Path>) -> Result<Connection> {
    let connection = match path {
        Some(path) => Connection::open(path)?,
        None => Connection::open_in_memory()?,
    };
    // A sandbox is cheap to rebuild: speed counts for more than surviving a power failure.
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.busy_timeout(std::time::Duration::from_secs(30))?;
    connection.execute_batch(SCHEMA)?;
    Ok(connection)
}

/// How many documents there are under keys that begin with an account, by account.
pub(super) fn census(connection: &Connection) -> Result<Vec<(String, u64)>> {
    let mut statement = connection.prepare(
        "SELECT substr(key, 1, 12) AS account, count(*) FROM resource
         WHERE substr(key, 1, 12) GLOB '[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]'
         GROUP BY account ORDER BY account",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
    Ok(rows.collect::<std::result::Result<_, _>>()?)
}

#[cfg(test)]
thread_local! {
    /// How many documents this thread has read.
    pub static READS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

fn read<T: DeserializeOwned>(body: &str) -> Result<T> {
    #[cfg(test)]
    READS.set(READS.get() + 1);
    Ok(serde_json::from_str(body)?)
}

/// The store within one transaction.
pub struct Store<'a>(pub(super) &'a Connection);

impl Store<'_> {
    /// The document under `key`, if there is one.
    pub fn get<T: DeserializeOwned>(&self, kind: &str, key: &str) -> Result<Option<T>> {
        let body: Option<String> = self
            .0
            .prepare_cached("SELECT body FROM resource WHERE kind = ?1 AND key = ?2")?
            .query_row(params![kind, key], |row| row.get(0))
            .optional()?;
        body.map(|body| read(&body)).transpose()
    }

    /// Writes the document under `key`, new or not.
    pub fn put<T: Serialize>(&self, kind: &str, key: &str, document: &T) -> Result<()> {
        self.0
            .prepare_cached("INSERT OR REPLACE INTO resource (kind, key, body) VALUES (?1, ?2, ?3)")?
            .execute(params![kind, key, serde_json::to_string(document)?])?;
        Ok(())
    }

    /// Removes the document under `key`; tells whether there was one.
    pub fn delete(&self, kind: &str, key: &str) -> Result<bool> {
        let removed =
            self.0.prepare_cached("DELETE FROM resource WHERE kind = ?1 AND key = ?2")?.execute(params![kind, key])?;
        Ok(removed > 0)
    }

    /// All documents whose key starts with `prefix`, in key order.
    pub fn list<T: DeserializeOwned>(&self, kind: &str, prefix: &str) -> Result<Vec<(String, T)>> {
        self.scan(kind, prefix, "", usize::MAX)
    }

    /// At most `limit` documents whose key starts with `prefix` and comes after `after`, in key order (by bytes).
    pub fn scan<T: DeserializeOwned>(
        &self,
        kind: &str,
        prefix: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<(String, T)>> {
        let mut statement = self.0.prepare_cached(
            "SELECT key, body FROM resource
             WHERE kind = ?1 AND key >= ?2 AND key > ?3 AND substr(key, 1, length(?2)) = ?2
             ORDER BY key LIMIT ?4",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = statement.query_map(params![kind, prefix, after, limit], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })?;
        rows.map(|row| {
            let (key, body) = row?;
            Ok((key, read(&body)?))
        })
        .collect()
    }

    /// The next number of the counter `name`, from 1.
    pub fn next(&self, name: &str) -> Result<u64> {
        let value: i64 = self
            .0
            .prepare_cached(
                "INSERT INTO counter (name, value) VALUES (?1, 1)
                 ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
            )?
            .query_row(params![name], |row| row.get(0))?;
        Ok(value.unsigned_abs())
    }

    /// Keeps bytes; the id finds them again.
    pub fn put_blob(&self, body: &[u8]) -> Result<i64> {
        self.0.prepare_cached("INSERT INTO blob (body) VALUES (?1)")?.execute(params![body])?;
        Ok(self.0.last_insert_rowid())
    }

    /// The bytes under `id`. A missing blob is an error: only the store's own documents name ids.
    pub fn blob(&self, id: i64) -> Result<Vec<u8>> {
        Ok(self.0.prepare_cached("SELECT body FROM blob WHERE id = ?1")?.query_row(params![id], |row| row.get(0))?)
    }

    /// Forgets the bytes under `id`.
    pub fn delete_blob(&self, id: i64) -> Result<()> {
        self.0.prepare_cached("DELETE FROM blob WHERE id = ?1")?.execute(params![id])?;
        Ok(())
    }
}
