//! The schema, one step a file. Steps only expand; what is dropped is dropped a release later (OPS-4).

#![allow(clippy::wildcard_imports, reason = "a step reads as a list of columns")]
#![allow(clippy::too_many_lines, reason = "a step is one list, however long")]

use sea_orm_migration::prelude::*;

pub use sea_orm_migration::MigratorTrait;

mod columns;
mod m20261121_000001_create_organisation;
mod m20261121_000002_create_members;
mod m20261121_000003_create_sessions;
mod m20261121_000004_create_partners;
mod m20261121_000005_create_catalog;
mod m20261121_000006_create_orders;
mod m20261121_000007_create_points;
mod m20261121_000008_create_tiers;
mod m20261121_000009_create_event_log;
mod m20261121_000010_insert_defaults;
mod m20261121_000011_create_board_gap;
mod m20261122_000012_create_jobs;
mod m20261122_000013_extend_points;
mod m20261122_000014_create_points_campaigns;
mod m20261122_000015_extend_tiers;
mod m20261122_000016_index_hot_paths;
mod m20261122_000017_chain_points_transfers;
mod m20261122_000018_extend_refunds;
mod m20261122_000019_create_points_days;
mod m20261122_000020_create_points_adjustment;
mod m20261122_000021_index_last_digits;
mod m20261122_000022_prove_points_whole;
mod m20261122_000023_version_tier_multipliers;
mod m20261122_000024_close_points_accounts;
mod m20261122_000025_drop_index_of_event_members;
mod m20261122_000026_tie_orders_to_points;
mod m20261122_000027_create_audit_log;
mod m20261122_000031_extend_partners;
mod m20261122_000032_create_webhooks;
mod m20261122_000033_extend_catalog;
mod m20261122_000034_create_stock;
mod m20261122_000037_create_bulk_runs;
mod m20261122_000041_create_member_timeline;
mod m20261122_000042_create_installation;

/// Every step, oldest first.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_000001_create_organisation::Migration),
            Box::new(m20261121_000002_create_members::Migration),
            Box::new(m20261121_000003_create_sessions::Migration),
            Box::new(m20261121_000004_create_partners::Migration),
            Box::new(m20261121_000005_create_catalog::Migration),
            Box::new(m20261121_000006_create_orders::Migration),
            Box::new(m20261121_000007_create_points::Migration),
            Box::new(m20261121_000008_create_tiers::Migration),
            Box::new(m20261121_000009_create_event_log::Migration),
            Box::new(m20261121_000010_insert_defaults::Migration),
            Box::new(m20261121_000011_create_board_gap::Migration),
            Box::new(m20261122_000012_create_jobs::Migration),
            Box::new(m20261122_000013_extend_points::Migration),
            Box::new(m20261122_000014_create_points_campaigns::Migration),
            Box::new(m20261122_000015_extend_tiers::Migration),
            Box::new(m20261122_000016_index_hot_paths::Migration),
            Box::new(m20261122_000017_chain_points_transfers::Migration),
            Box::new(m20261122_000018_extend_refunds::Migration),
            Box::new(m20261122_000019_create_points_days::Migration),
            Box::new(m20261122_000020_create_points_adjustment::Migration),
            Box::new(m20261122_000021_index_last_digits::Migration),
            Box::new(m20261122_000022_prove_points_whole::Migration),
            Box::new(m20261122_000023_version_tier_multipliers::Migration),
            Box::new(m20261122_000024_close_points_accounts::Migration),
            Box::new(m20261122_000025_drop_index_of_event_members::Migration),
            Box::new(m20261122_000026_tie_orders_to_points::Migration),
            Box::new(m20261122_000027_create_audit_log::Migration),
            Box::new(m20261122_000031_extend_partners::Migration),
            Box::new(m20261122_000032_create_webhooks::Migration),
            Box::new(m20261122_000033_extend_catalog::Migration),
            Box::new(m20261122_000034_create_stock::Migration),
            Box::new(m20261122_000037_create_bulk_runs::Migration),
            Box::new(m20261122_000041_create_member_timeline::Migration),
            Box::new(m20261122_000042_create_installation::Migration),
        ]
    }
}
