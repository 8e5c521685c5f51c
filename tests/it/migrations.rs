//! The schema: what the entities say is what the steps build, forwards and backwards, empty and full (OPS-4).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use huiyi::db::{self, Backend, Db, schema};
use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityName, EntityTrait, IdenStatic, Iterable, Statement,
};

use crate::support::TestDb;

/// Columns by table: name, and whether it may be null.
type Tables = BTreeMap<String, BTreeMap<String, Nullable>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nullable {
    Yes,
    No,
}

impl From<bool> for Nullable {
    fn from(nullable: bool) -> Self {
        if nullable { Self::Yes } else { Self::No }
    }
}

fn columns_of<E: EntityTrait>() -> BTreeMap<String, Nullable> {
    E::Column::iter()
        .map(|column| (column.as_str().to_owned(), column.def().is_null().into()))
        .collect()
}

/// The entities, their tables, and a query of every column.
macro_rules! entities {
    ($($name:ident),+ $(,)?) => {
        const ENTITIES: &[&str] = &[$(stringify!($name)),+];

        fn entity_tables() -> Tables {
            [$((
                entity::$name::Entity.table_name().to_owned(),
                columns_of::<entity::$name::Entity>(),
            )),+].into()
        }

        async fn read_all(db: &Db) -> Result<(), DbErr> {
            $(entity::$name::Entity::find().all(db.read()).await?;)+
            Ok(())
        }
    };
}

entities!(
    board_gap,
    bulk_file_part,
    bulk_run,
    earning_rule,
    event_log,
    idempotency_record,
    job,
    job_schedule,
    audit_log,
    audit_mark,
    audit_proof,
    member,
    member_identifier,
    member_merge,
    member_spend,
    member_total,
    order_line,
    order_payment,
    order_refund,
    order_refund_line,
    partner,
    partner_key,
    partner_key_usage,
    points_account,
    points_adjustment,
    points_budget,
    points_campaign,
    points_hold,
    points_closed_day,
    points_day_total,
    points_lot,
    points_lot_use,
    points_notice,
    points_proof,
    points_seal,
    points_transfer,
    product,
    refresh_token,
    region,
    sales_credit,
    sales_order,
    session,
    sign_in_failure,
    sku,
    staff,
    staff_invitation,
    stock_hold,
    stock_level,
    stock_move,
    store,
    tier,
    tier_change,
    benefit_use,
    membership_card,
    membership_plan,
    tier_benefit,
    tier_gift,
    tier_hold,
    tier_multiplier,
    installation,
    member_timeline,
    webhook_attempt,
    webhook_delivery,
    webhook_endpoint,
);

async fn open(database: &TestDb) -> Db {
    db::connect(&database.url(), 2, Duration::from_secs(30)).await.unwrap()
}

/// What the database itself says it has, without the list of steps.
async fn real_tables(db: &Db) -> Tables {
    let query = match db.backend() {
        Backend::Sqlite => {
            "SELECT m.name AS t, p.name AS c, p.\"notnull\" = 0 AND p.pk = 0 AS n FROM sqlite_master m \
             JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
        }
        Backend::Postgres => {
            "SELECT table_name::text AS t, column_name::text AS c, is_nullable = 'YES' AS n \
             FROM information_schema.columns WHERE table_schema = current_schema()"
        }
        _ => {
            "SELECT table_name AS t, column_name AS c, is_nullable = 'YES' AS n \
             FROM information_schema.columns WHERE table_schema = database()"
        }
    };
    let rows = db.read().query_all_raw(Statement::from_string(db.backend(), query)).await.unwrap();
    let mut tables = Tables::new();
    for row in rows {
        let table: String = row.try_get("", "t").unwrap();
        let column: String = row.try_get("", "c").unwrap();
        let nullable: bool = row.try_get("", "n").unwrap();
        tables.entry(table).or_default().insert(column, nullable.into());
    }
    tables.remove("seaql_migrations");
    tables
}

/// What one side has and the other has not, or has otherwise.
fn differences(real: &Tables, told: &Tables) -> Vec<String> {
    let flat = |tables: &Tables| -> BTreeSet<String> {
        let columns = tables.iter().flat_map(|(table, columns)| {
            columns.iter().map(move |(column, null)| format!("{table}.{column} null: {null:?}"))
        });
        columns.collect()
    };
    let (real, told) = (flat(real), flat(told));
    let only_real = real.difference(&told).map(|it| format!("only in the database: {it}"));
    let only_told = told.difference(&real).map(|it| format!("only in the entities: {it}"));
    only_real.chain(only_told).collect()
}

#[test]
fn every_entity_is_in_the_list_of_this_test() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("entity/src");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|file| file.strip_suffix(".rs").map(str::to_owned))
        .filter(|name| !["lib", "codes", "ids", "values"].contains(&name.as_str()))
        .collect();
    assert_eq!(files, ENTITIES.iter().map(|name| (*name).to_owned()).collect());
}

#[actix_web::test]
async fn entities_and_migrated_tables_have_the_same_columns() {
    let database = TestDb::create().await;
    let db = open(&database).await;
    assert_eq!(differences(&real_tables(&db).await, &entity_tables()), Vec::<String>::new());
    read_all(&db).await.unwrap();
    db.close().await.unwrap();
}

#[actix_web::test]
async fn migrating_again_changes_nothing() {
    let database = TestDb::create().await;
    let db = open(&database).await;
    let before = real_tables(&db).await;
    assert_eq!(schema::pending(&db).await.unwrap(), Vec::<String>::new());
    assert_eq!(schema::migrate(&db).await.unwrap(), 0);
    assert_eq!(differences(&real_tables(&db).await, &before), Vec::<String>::new());
    db.close().await.unwrap();
}

#[actix_web::test]
async fn a_new_database_says_which_steps_it_misses() {
    let database = TestDb::empty().await;
    let db = open(&database).await;
    assert_eq!(schema::pending(&db).await.unwrap(), schema::known());
    assert_eq!(schema::migrate(&db).await.unwrap(), schema::known().len());
    db.close().await.unwrap();
}

#[actix_web::test]
async fn every_step_can_be_taken_back_and_done_again() {
    let database = TestDb::create().await;
    let db = open(&database).await;
    Migrator::down(db.write().bare(), None).await.unwrap();
    assert_eq!(real_tables(&db).await, Tables::new());
    Migrator::up(db.write().bare(), None).await.unwrap();
    assert_eq!(differences(&real_tables(&db).await, &entity_tables()), Vec::<String>::new());
    db.close().await.unwrap();
}

#[actix_web::test]
async fn a_step_that_broke_off_can_be_run_again() {
    let database = TestDb::create().await;
    let db = open(&database).await;
    // As after a crash between the last statement of a step and the note that it is done (MySQL's DDL is not undone).
    let forget =
        "DELETE FROM seaql_migrations WHERE version LIKE '%_000003_%' OR version LIKE '%_000006_%'";
    assert_eq!(db.write().execute_unprepared(forget).await.unwrap().rows_affected(), 2);
    assert_eq!(schema::migrate(&db).await.unwrap(), 2);
    assert_eq!(differences(&real_tables(&db).await, &entity_tables()), Vec::<String>::new());
    db.close().await.unwrap();
}

/// Text that is a byte string on MySQL, a quoted id elsewhere.
fn id(backend: Backend, last: u8) -> String {
    match backend {
        Backend::Sqlite | Backend::MySql => format!("x'{}{last:02x}'", "00".repeat(15)),
        _ => format!("'00000000-0000-0000-0000-0000000000{last:02x}'"),
    }
}

#[actix_web::test]
async fn a_schema_with_rows_migrates_and_keeps_them() {
    let database = TestDb::empty().await;
    let db = open(&database).await;
    let backend = db.backend();
    Migrator::up(db.write().bare(), Some(2)).await.unwrap();
    let at = if backend == Backend::MySql {
        "2026-01-02 03:04:05.678"
    } else {
        "2026-01-02 03:04:05.678+00:00"
    };
    let (region, store, member) = (id(backend, 1), id(backend, 2), id(backend, 3));
    for statement in [
        format!("INSERT INTO region (id, code, name) VALUES ({region}, 'east', '华东')"),
        format!(
            "INSERT INTO store (id, region_id, code, name, city) VALUES ({store}, {region}, 'S1', '一店', '上海')"
        ),
        format!(
            "INSERT INTO member (id, status, gender, sizes, source, tier, tier_since, created_at, updated_at, version) \
             VALUES ({member}, 'unregistered', 'unknown', '{{}}', 'pos', 'basic', '{at}', '{at}', '{at}', 1)"
        ),
    ] {
        db.write().execute_unprepared(&statement).await.unwrap();
    }
    schema::migrate(&db).await.unwrap();
    read_all(&db).await.unwrap();
    let members = entity::member::Entity::find().all(db.read()).await.unwrap();
    assert_eq!(members.len(), 1);
    assert_eq!(members[0].created_at.to_rfc3339(), "2026-01-02T03:04:05.678+00:00");
    let stores = entity::store::Entity::find().all(db.read()).await.unwrap();
    assert_eq!((stores[0].code.as_str(), stores[0].city.as_str()), ("S1", "上海"));
    db.close().await.unwrap();
}

/// Columns that break the law of the house about types, as `table.column type`.
async fn lawless_columns(db: &Db) -> Vec<String> {
    let query = match db.backend() {
        Backend::Sqlite => {
            "SELECT m.name || '.' || p.name || ' ' || p.type AS c FROM sqlite_master m \
             JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND \
             (lower(p.type) LIKE '%decimal%' OR lower(p.type) LIKE '%real%' OR lower(p.type) LIKE '%double%')"
        }
        Backend::Postgres => {
            "SELECT table_name || '.' || column_name || ' ' || data_type AS c FROM information_schema.columns \
             WHERE table_schema = current_schema() AND data_type IN ('numeric', 'real', 'double precision', \
             'money', 'timestamp without time zone')"
        }
        _ => {
            "SELECT concat(table_name, '.', column_name, ' ', column_type, ' ', ifnull(collation_name, '')) AS c \
             FROM information_schema.columns WHERE table_schema = database() AND table_name <> 'seaql_migrations' \
             AND (data_type IN ('decimal', 'float', 'double', 'timestamp') \
             OR (data_type = 'datetime' AND column_type <> 'datetime(6)') \
             OR collation_name NOT LIKE '%_bin')"
        }
    };
    let rows = db.read().query_all_raw(Statement::from_string(db.backend(), query)).await.unwrap();
    rows.iter().map(|row| row.try_get("", "c").unwrap()).collect()
}

/// No fraction is ever cut and no text compares by more than its bytes, whatever the database (architecture 8).
#[actix_web::test]
async fn every_column_has_a_type_that_all_databases_agree_on() {
    let database = TestDb::create().await;
    let db = open(&database).await;
    assert_eq!(lawless_columns(&db).await, Vec::<String>::new());
    let lawless = "CREATE TABLE lawless (a decimal(10,2))";
    db.write().execute_unprepared(lawless).await.unwrap();
    assert_eq!(lawless_columns(&db).await.len(), 1, "the test sees what breaks the law");
    db.close().await.unwrap();
}
