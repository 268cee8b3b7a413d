//! The data catalog of AWS Glue, as far as DataZone reads it: databases and tables, and no jobs.
//!
//! There is no Lake Formation behind it. How a table stands there is said by its parameter [`GRANTABLE`].

use serde_json::{Value, json};

use super::call::{Access, ApiError, ApiResult, Call, epoch_seconds, page, required, text};
use super::service::{Operation, Protocol, Service};
use super::store::{Store, StoreError};

/// The data catalog.
pub(super) const SERVICE: Service = Service {
    name: "glue",
    protocol: Protocol::Json {
        target_prefix: "AWSGlue",
        validation_code: "InvalidInputException",
        operations: OPERATIONS,
    },
    shapes: r"
        Name = string 1..255
        Uri = string 1..1024
        Description = string 0..2048
        Parameters = map of string 1..255 to string ..512000
        Columns = list of { Name!: Name, Type: string 0..131072, Comment: string 0..255, Parameters: Parameters }
        DatabaseInput = { Name!: Name, Description: Description, LocationUri: Uri, Parameters: Parameters }
        TableInput = {
            Name!: Name, Description: Description, Owner: Name,
            StorageDescriptor: {
                Columns: Columns, Location: string ..2056, InputFormat: string ..128, OutputFormat: string ..128,
                SerdeInfo: { Name: Name, SerializationLibrary: Name, Parameters: Parameters }, Parameters: Parameters
            },
            PartitionKeys: Columns, TableType: string ..255, Parameters: Parameters
        }
    ",
};

const OPERATIONS: &[Operation] = &[
    Operation {
        name: "CreateDatabase",
        input: "{ CatalogId: Name, DatabaseInput!: DatabaseInput }",
        handler: create_database,
    },
    Operation { name: "GetDatabase", input: "{ CatalogId: Name, Name!: Name }", handler: get_database },
    Operation {
        name: "CreateTable",
        input: "{ CatalogId: Name, DatabaseName!: Name, TableInput: TableInput }",
        handler: create_table,
    },
    Operation { name: "GetTable", input: "{ CatalogId: Name, DatabaseName!: Name, Name!: Name }", handler: get_table },
    Operation {
        name: "GetTables",
        input: "{ CatalogId: Name, DatabaseName!: Name, NextToken: string, MaxResults: integer 1..100 }",
        handler: get_tables,
    },
    Operation {
        name: "DeleteTable",
        input: "{ CatalogId: Name, DatabaseName!: Name, Name!: Name }",
        handler: delete_table,
    },
];

const DATABASE: &str = "glue/database";
const TABLE: &str = "glue/table";

/// The parameter of a table that says whether DataZone may pass on access to it: not if it is `false`. In AWS that is
/// the grant option of Lake Formation.
pub(super) const GRANTABLE: &str = "aiops-sandbox:grantable";

fn database_key(account: &str, region: &str, database: &str) -> String {
    format!("{account}/{region}/{database}")
}

/// Whether an account has a database of this name in a Region.
pub(super) fn has_database(store: &Store<'_>, account: &str, region: &str, database: &str) -> Result<bool, StoreError> {
    Ok(store.get::<Value>(DATABASE, &database_key(account, region, database))?.is_some())
}

/// The tables of a database, by name. Their members are Glue's.
pub(super) fn tables(store: &Store<'_>, account: &str, region: &str, database: &str) -> Result<Vec<Value>, StoreError> {
    let prefix = format!("{}/", database_key(account, region, database));
    Ok(store.list(TABLE, &prefix)?.into_iter().map(|(_, table)| table).collect())
}

/// The table of an ARN, if it is there.
pub(super) fn table(store: &Store<'_>, arn: &str) -> Result<Option<Value>, StoreError> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, _, "glue", region, account, resource] = parts.as_slice() else { return Ok(None) };
    let Some(name) = resource.strip_prefix("table/") else { return Ok(None) };
    store.get(TABLE, &format!("{account}/{region}/{name}"))
}

/// The ARN of a table.
pub(super) fn table_arn(account: &str, region: &str, database: &str, table: &str) -> String {
    format!("arn:aws:glue:{region}:{account}:table/{database}/{table}")
}

fn not_found(what: &str, name: &str) -> ApiError {
    ApiError::new(400, "EntityNotFoundException", format!("{what} {name} not found."))
}

/// Asks IAM for the catalog and for `resources` below it: Glue wants all of the way down. Other accounts' catalogs take
/// shares that the sandbox does not have.
fn enter(call: &mut Call<'_>, operation: &str, input: &Value, resources: &[String]) -> ApiResult<()> {
    let own = call.caller.account.clone();
    if text(input, "CatalogId").is_some_and(|catalog| catalog != own) {
        return Err(ApiError::new(400, "AccessDeniedException", "The catalog belongs to another account."));
    }
    for resource in std::iter::once("catalog").chain(resources.iter().map(String::as_str)) {
        call.authorize(&Access::new(format!("glue:{operation}"), call.arn("glue", resource)))?;
    }
    Ok(())
}

fn create_database(call: &mut Call<'_>, input: Value) -> ApiResult {
    // Glue keeps names in lower case.
    let name = required(&input["DatabaseInput"], "Name").to_lowercase();
    enter(call, "CreateDatabase", &input, &[format!("database/{name}")])?;
    if call.store.get::<Value>(DATABASE, &call.key(&name))?.is_some() {
        return Err(ApiError::new(400, "AlreadyExistsException", "Database already exists."));
    }
    let mut database = input["DatabaseInput"].clone();
    database["Name"] = json!(name);
    database["CatalogId"] = json!(call.caller.account);
    database["CreateTime"] = epoch_seconds(call.now);
    call.store.put(DATABASE, &call.key(&name), &database)?;
    Ok(json!({}))
}

fn get_database(call: &mut Call<'_>, input: Value) -> ApiResult {
    let name = required(&input, "Name").to_lowercase();
    enter(call, "GetDatabase", &input, &[format!("database/{name}")])?;
    let database: Option<Value> = call.store.get(DATABASE, &call.key(&name))?;
    Ok(json!({"Database": database.ok_or_else(|| not_found("Database", &name))?}))
}

/// The database of an input, once the caller may do `operation` with `table` in it; the store's key of that table.
fn enter_table(call: &mut Call<'_>, operation: &str, input: &Value, table: &str) -> ApiResult<String> {
    let database = required(input, "DatabaseName").to_lowercase();
    enter(call, operation, input, &[format!("database/{database}"), format!("table/{database}/{table}")])?;
    if !has_database(&call.store, &call.caller.account, &call.region, &database)? {
        return Err(not_found("Database", &database));
    }
    Ok(call.key(&format!("{database}/{table}")))
}

fn create_table(call: &mut Call<'_>, input: Value) -> ApiResult {
    let Some(name) = text(&input["TableInput"], "Name").map(str::to_lowercase) else {
        return Err(ApiError::new(400, "InvalidInputException", "TableInput is missing"));
    };
    let key = enter_table(call, "CreateTable", &input, &name)?;
    if call.store.get::<Value>(TABLE, &key)?.is_some() {
        return Err(ApiError::new(400, "AlreadyExistsException", "Table already exists."));
    }
    let mut table = input["TableInput"].clone();
    table["Name"] = json!(name);
    table["DatabaseName"] = json!(required(&input, "DatabaseName").to_lowercase());
    table["CatalogId"] = json!(call.caller.account);
    table["CreateTime"] = epoch_seconds(call.now);
    table["UpdateTime"] = epoch_seconds(call.now);
    call.store.put(TABLE, &key, &table)?;
    Ok(json!({}))
}

fn get_table(call: &mut Call<'_>, input: Value) -> ApiResult {
    let name = required(&input, "Name").to_lowercase();
    let key = enter_table(call, "GetTable", &input, &name)?;
    let table: Option<Value> = call.store.get(TABLE, &key)?;
    Ok(json!({"Table": table.ok_or_else(|| not_found("Table", &name))?}))
}

fn get_tables(call: &mut Call<'_>, input: Value) -> ApiResult {
    enter_table(call, "GetTables", &input, "*")?;
    let (account, region) = (&call.caller.account, &call.region);
    let tables = tables(&call.store, account, region, &required(&input, "DatabaseName").to_lowercase())?;
    let size = input["MaxResults"].as_u64().and_then(|max| usize::try_from(max).ok()).unwrap_or(100);
    let (tables, token) = page(tables, size, text(&input, "NextToken"))?;
    let mut answer = json!({"TableList": tables});
    if let Some(token) = token {
        answer["NextToken"] = json!(token);
    }
    Ok(answer)
}

fn delete_table(call: &mut Call<'_>, input: Value) -> ApiResult {
    let name = required(&input, "Name").to_lowercase();
    let key = enter_table(call, "DeleteTable", &input, &name)?;
    if call.store.delete(TABLE, &key)? { Ok(json!({})) } else { Err(not_found("Table", &name)) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::sandbox::testing::{A, B, Client, allow, role, sandbox, trust};

    #[test]
    fn tables_live_in_the_databases_of_an_account() {
        let sandbox = sandbox();
        let [admin, other] = [A, B].map(|account| Client::administrator(&sandbox, account));
        let glue =
            |client: &Client<'_>, operation: &str, input| client.json("glue", &format!("AWSGlue.{operation}"), &input);
        let create = json!({"DatabaseName": "Sales", "TableInput": {"Name": "Orders", "Parameters": {"a": "b"}}});
        assert_eq!(
            glue(&admin, "CreateTable", create.clone()).unwrap_err(),
            "EntityNotFoundException: Database sales not found."
        );
        glue(&admin, "CreateDatabase", json!({"DatabaseInput": {"Name": "Sales"}})).unwrap();
        glue(&admin, "CreateTable", create.clone()).unwrap();
        assert!(glue(&admin, "CreateTable", create).unwrap_err().starts_with("AlreadyExistsException"));
        for name in ["more", "yet-more"] {
            glue(&admin, "CreateTable", json!({"DatabaseName": "sales", "TableInput": {"Name": name}})).unwrap();
        }
        let mut seen = Vec::new();
        let mut input = json!({"DatabaseName": "sales", "MaxResults": 2});
        loop {
            let answer = glue(&admin, "GetTables", input.clone()).unwrap();
            seen.extend(answer["TableList"].as_array().unwrap().iter().map(|table| table["Name"].clone()));
            if answer["NextToken"].is_null() {
                break;
            }
            input["NextToken"] = answer["NextToken"].clone();
        }
        assert_eq!(json!(seen), json!(["more", "orders", "yet-more"]));
        let named = json!({"DatabaseName": "sales", "Name": "ORDERS"});
        assert_eq!(glue(&admin, "GetTable", named.clone()).unwrap()["Table"]["Parameters"]["a"], "b");
        assert!(glue(&other, "GetTable", named.clone()).unwrap_err().starts_with("EntityNotFoundException"));
        let foreign = json!({"DatabaseName": "sales", "Name": "orders", "CatalogId": A});
        assert!(glue(&other, "GetTable", foreign).unwrap_err().starts_with("AccessDeniedException"));
        glue(&admin, "DeleteTable", named.clone()).unwrap();
        assert!(glue(&admin, "GetTable", named).unwrap_err().starts_with("EntityNotFoundException"));

        let arn = role(
            &sandbox,
            A,
            "Reader",
            &trust(A, &["sts:AssumeRole"], &json!({})),
            &allow(&["glue:GetDatabase"], &json!({})),
        );
        let reader = admin.assume(&arn, &[]).unwrap();
        assert!(glue(&reader, "GetDatabase", json!({"Name": "sales"})).is_ok());
        assert!(
            glue(&reader, "GetTables", json!({"DatabaseName": "sales"}))
                .unwrap_err()
                .starts_with("AccessDeniedException")
        );
    }
}
