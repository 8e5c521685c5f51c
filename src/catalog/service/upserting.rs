//! Products as third parties and files bring them: by version, in batches (OR-5).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::codes::ProductState;
use entity::ids::ProductId;
use entity::values::Digest;
use entity::{product, sku};

use super::products::{product_row, sku_row};
use crate::app::App;
use crate::catalog::rules::product::{
    Decision, ProductIn, SkuIn, canonical_product, check_product, decide,
};
use crate::catalog::store::Changes;
use crate::catalog::{error, events, store};
use crate::db::rows::Writes;
use crate::db::{self, Tx};
use crate::events::publish_with;
use crate::http::chunks::each_by_itself;
use crate::http::problem::Refusal;
use crate::http::{Error, Result};

/// What became of a product that was sent.
#[derive(Clone, Debug)]
pub struct ProductResult {
    /// In one word.
    pub outcome: ProductOutcome,
    /// The product; none of one that was refused.
    pub product: Option<ProductId>,
}

/// What became of a product, in one word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProductOutcome {
    /// It is new.
    Created,
    /// It replaced an older version.
    Updated,
    /// It stood already.
    Unchanged,
    /// A newer version stands.
    IgnoredOlder,
    /// It cannot stand.
    Refused(Box<Refusal>),
}

impl ProductResult {
    fn refused(refusal: Refusal) -> Self {
        Self { outcome: ProductOutcome::Refused(Box::new(refusal)), product: None }
    }
}

/// Adds or changes products by their style numbers, each with all its SKUs: each gets its own result, in the sequence
/// given, and one that is refused spoils no other. A resend changes nothing; an older version is ignored; of one number the
/// versions are taken in sequence. A source that counts no versions may take the time of its change, in milliseconds.
///
/// # Errors
/// Only when the database is away; what was written before stays, and a resend finds it.
pub async fn upsert(app: &App, products: Vec<ProductIn>) -> Result<Vec<ProductResult>> {
    let mut answers = Vec::with_capacity(products.len());
    let mut arriving = Vec::with_capacity(products.len());
    for product in products {
        match check_product(&product) {
            Ok(()) => {
                let fingerprint = app.vault.index("product", &canonical_product(&product));
                arriving.push((product, fingerprint));
                answers.push(None);
            }
            Err(error) => answers.push(Some(ProductResult::refused(error.refusal()))),
        }
    }
    let settle = async |part: &[(ProductIn, Digest)]| {
        db::in_tx(&app.db, async |tx| settle_in(tx, part, app.clock.now()).await).await
    };
    let refuse = |_: &(ProductIn, Digest), refusal| ProductResult::refused(refusal);
    let mut settled = each_by_itself(&arriving, settle, refuse).await?.into_iter();
    app.bell.ring();
    Ok(answers.into_iter().filter_map(|answer| answer.or_else(|| settled.next())).collect())
}

async fn settle_in(
    tx: &Tx,
    part: &[(ProductIn, Digest)],
    now: DateTime<Utc>,
) -> Result<Vec<ProductResult>> {
    let mut shelf = Shelf::load(tx, part, now).await?;
    let mut answers = Vec::with_capacity(part.len());
    for (product, fingerprint) in part {
        answers.push(shelf.take(product, fingerprint)?);
    }
    shelf.save(tx).await?;
    Ok(answers)
}

/// The products of a batch as they stand, and as they will.
struct Shelf {
    products: BTreeMap<String, product::Model>,
    skus: BTreeMap<String, sku::Model>,
    new_products: BTreeSet<String>,
    changed_products: BTreeSet<String>,
    new_skus: BTreeSet<String>,
    changed_skus: BTreeSet<String>,
    now: DateTime<Utc>,
}

impl Shelf {
    async fn load(tx: &Tx, part: &[(ProductIn, Digest)], now: DateTime<Utc>) -> Result<Self> {
        let styles: BTreeSet<String> = part.iter().map(|(it, _)| it.style_code.clone()).collect();
        let styles: Vec<String> = styles.into_iter().collect();
        let products = store::lock_products(tx, &styles).await?;
        let ids: Vec<ProductId> = products.iter().map(|row| row.id).collect();
        let codes = part.iter().flat_map(|(it, _)| &it.skus).map(|sku| sku.code.clone());
        let codes: Vec<String> = codes.collect::<BTreeSet<_>>().into_iter().collect();
        let mut skus = store::skus_of(tx, &ids).await?;
        skus.extend(store::skus_by_code(tx, &codes).await?);
        Ok(Self {
            products: products.into_iter().map(|row| (row.style_code.clone(), row)).collect(),
            skus: skus.into_iter().map(|row| (row.code.clone(), row)).collect(),
            new_products: BTreeSet::new(),
            changed_products: BTreeSet::new(),
            new_skus: BTreeSet::new(),
            changed_skus: BTreeSet::new(),
            now,
        })
    }

    fn take(&mut self, product: &ProductIn, fingerprint: &Digest) -> Result<ProductResult> {
        let known = self.products.get(&product.style_code);
        let standing = known.map(|row| (row.version, row.fingerprint.as_ref()));
        let id = known.map(|row| row.id);
        let decision = decide(standing, product.version, fingerprint);
        let outcome = match decision {
            Decision::Unchanged => ProductOutcome::Unchanged,
            Decision::IgnoredOlder => ProductOutcome::IgnoredOlder,
            Decision::Refuse(code) => {
                return Ok(ProductResult::refused(Error::from(code).refusal()));
            }
            Decision::Accept => {
                if let Some(refusal) = self.taken(product, id) {
                    return Ok(ProductResult::refused(refusal));
                }
                let outcome = match id {
                    None => ProductOutcome::Created,
                    Some(_) => ProductOutcome::Updated,
                };
                let id = self.place(product, fingerprint);
                self.place_skus(product, id)?;
                return Ok(ProductResult { outcome, product: Some(id) });
            }
        };
        Ok(ProductResult { outcome, product: id })
    }

    /// Why it cannot have its SKUs.
    fn taken(&self, product: &ProductIn, id: Option<ProductId>) -> Option<Refusal> {
        let others = |sku: &SkuIn| {
            let known = self.skus.get(&sku.code);
            known.is_some_and(|known| Some(known.product_id) != id)
        };
        let place = product.skus.iter().position(others)?;
        let pointer = format!("/skus/{place}/sku_code");
        let (zh, en) = ("已属于其他款式", "belongs to another product");
        Some(Error::from(error::SKU_OF_OTHER_PRODUCT).at(pointer, "taken", zh, en).refusal())
    }

    fn place(&mut self, product: &ProductIn, fingerprint: &Digest) -> ProductId {
        let code = &product.style_code;
        let mut row = product_row(product, self.now);
        row.version = product.version;
        row.fingerprint = Some(fingerprint.clone());
        if let Some(known) = self.products.get(code) {
            row.id = known.id;
            if !self.new_products.contains(code) {
                self.changed_products.insert(code.clone());
            }
        } else {
            self.new_products.insert(code.clone());
        }
        let id = row.id;
        self.products.insert(code.clone(), row);
        id
    }

    /// Those that are sent, and the end of those that are not.
    fn place_skus(&mut self, product: &ProductIn, id: ProductId) -> Result<()> {
        let sent: BTreeMap<&String, &SkuIn> =
            product.skus.iter().map(|sku| (&sku.code, sku)).collect();
        let gone = self.skus.values().filter(|row| row.product_id == id);
        let gone = gone.filter(|row| !sent.contains_key(&row.code));
        let gone: Vec<String> = gone.map(|row| row.code.clone()).collect();
        // They are shown after those that are sold.
        for (place, code) in gone.into_iter().enumerate() {
            let row = self.skus.get_mut(&code).ok_or_else(|| Error::fault("a SKU is gone"))?;
            row.state = ProductState::Discontinued;
            row.position = i32::try_from(product.skus.len() + place).unwrap_or(i32::MAX);
            self.changed_skus.insert(code);
        }
        for (place, sku) in product.skus.iter().enumerate() {
            let mut row = sku_row(id, place, sku, self.now);
            if let Some(known) = self.skus.get(&sku.code) {
                row.id = known.id;
                self.changed_skus.insert(sku.code.clone());
            } else {
                self.new_skus.insert(sku.code.clone());
            }
            self.skus.insert(sku.code.clone(), row);
        }
        Ok(())
    }

    async fn save(&self, tx: &Tx) -> Result<()> {
        let product = |code: &String| self.products.get(code);
        let sku = |code: &String| self.skus.get(code);
        // What is new in this batch is written as it stands at its end.
        let changes = Changes {
            new_products: self.new_products.iter().filter_map(product).collect(),
            products: self.changed_products.iter().filter_map(product).collect(),
            new_skus: self.new_skus.iter().filter_map(sku).collect(),
            skus: self.changed_skus.difference(&self.new_skus).filter_map(sku).collect(),
        };
        let written = changes.new_products.iter().chain(&changes.products);
        let told = written.map(|row| events::product_changed(row, self.now)).collect();
        let mut writes = Writes::new(tx);
        store::save_products(&mut writes, &changes).await?;
        publish_with(&mut writes, told, self.now).await?;
        writes.send().await?;
        Ok(())
    }
}
