//! What a product may say, and which version of it stands.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt::Write;

use entity::codes::ProductState;
use entity::values::{Digest, Fen, SizeChart};

use super::super::error;
use crate::http::text::plain;
use crate::http::{Code, Error, Result, codes};

/// Most SKUs of a product.
pub const MOST_SKUS: usize = 500;
/// Most sizes of a chart.
pub const MOST_SIZES: usize = 50;
/// Most measures of a size.
pub const MOST_MEASURES: usize = 30;
/// The longest measure, in millimetres: five metres.
pub const LONGEST_MM: i64 = 5_000;
/// The highest list price, in fen.
const HIGHEST: i64 = 100_000_000_000;

/// A style with its SKUs, as it comes in: whole, never a part.
#[derive(Clone, Debug)]
pub struct ProductIn {
    /// Style number.
    pub style_code: String,
    /// Counts the changes: an older version never overwrites a newer one. From 1; [`put`](super::super::service::put)
    /// alone does not look at it.
    pub version: i64,
    /// Whether it is still sold.
    pub state: ProductState,
    /// Name.
    pub name: String,
    /// Category.
    pub category: String,
    /// Season; may be empty.
    pub season: String,
    /// Price band; may be empty.
    pub price_band: String,
    /// Style tag; may be empty.
    pub style_tag: String,
    /// Material.
    pub material: Option<String>,
    /// List price.
    pub list: Fen,
    /// Measures by size.
    pub size_chart: Option<SizeChart>,
    /// In which colours and sizes. A SKU that is left out is not sold any more.
    pub skus: Vec<SkuIn>,
}

/// A SKU as it comes in.
#[derive(Clone, Debug)]
pub struct SkuIn {
    /// Its code, unique in the catalogue.
    pub code: String,
    /// Colour; may be empty.
    pub colour: String,
    /// Size; may be empty.
    pub size: String,
    /// Whether it is still sold.
    pub state: ProductState,
}

impl SkuIn {
    /// One that is sold.
    #[must_use]
    pub fn new(code: &str, colour: &str, size: &str) -> Self {
        let (code, colour, size) = (code.to_owned(), colour.to_owned(), size.to_owned());
        Self { code, colour, size, state: ProductState::Active }
    }
}

impl Default for ProductIn {
    fn default() -> Self {
        Self {
            style_code: String::new(),
            version: 1,
            state: ProductState::Active,
            name: String::new(),
            category: String::new(),
            season: String::new(),
            price_band: String::new(),
            style_tag: String::new(),
            material: None,
            list: Fen(0),
            size_chart: None,
            skus: Vec::new(),
        }
    }
}

/// Checks everything that a product says of itself.
///
/// # Errors
/// `invalid_fields`, each field by its JSON pointer.
pub fn check_product(product: &ProductIn) -> Result<()> {
    let mut wrong = Wrong(Vec::new());
    wrong.text::<64>("/style_code", &product.style_code);
    wrong.text::<200>("/name", &product.name);
    wrong.text::<64>("/category", &product.category);
    wrong.perhaps::<64>("/season", &product.season);
    wrong.perhaps::<64>("/price_band", &product.price_band);
    wrong.perhaps::<64>("/style_tag", &product.style_tag);
    if let Some(material) = &product.material {
        wrong.text::<200>("/material", material);
    }
    wrong.unless(product.version >= 1, "/version", "至少为 1", "at least 1");
    let priced = (0..=HIGHEST).contains(&product.list.0);
    wrong.unless(priced, "/list_fen", "0 至 10 亿元", "0 to 100,000,000,000");
    check_skus(product, &mut wrong);
    if let Some(chart) = &product.size_chart {
        check_chart(chart, &mut wrong);
    }
    wrong.finish()
}

fn check_skus(product: &ProductIn, wrong: &mut Wrong) {
    let few = (1..=MOST_SKUS).contains(&product.skus.len());
    wrong.unless(few, "/skus", "1 至 500 个", "1 to 500 SKUs");
    let mut codes = BTreeSet::new();
    for (i, sku) in product.skus.iter().enumerate() {
        wrong.text::<64>(&format!("/skus/{i}/sku_code"), &sku.code);
        wrong.perhaps::<64>(&format!("/skus/{i}/colour"), &sku.colour);
        wrong.perhaps::<32>(&format!("/skus/{i}/size"), &sku.size);
        let pointer = format!("/skus/{i}/sku_code");
        wrong.unless(codes.insert(&sku.code), &pointer, "SKU 重复", "the SKU is there twice");
    }
}

/// All sizes have the same measures, or a shopper could not compare them.
fn check_chart(chart: &SizeChart, wrong: &mut Wrong) {
    let few = (1..=MOST_SIZES).contains(&chart.0.len());
    wrong.unless(few, "/size_chart", "1 至 50 个尺码", "1 to 50 sizes");
    let mut sizes = BTreeSet::new();
    let first: Option<Vec<&String>> = chart.0.first().map(|row| row.measures_mm.keys().collect());
    for (i, row) in chart.0.iter().enumerate() {
        let place = format!("/size_chart/{i}");
        wrong.text::<32>(&format!("{place}/size"), &row.size);
        let pointer = format!("{place}/size");
        wrong.unless(sizes.insert(&row.size), &pointer, "尺码重复", "the size is there twice");
        let place = format!("{place}/measures_mm");
        let few = (1..=MOST_MEASURES).contains(&row.measures_mm.len());
        wrong.unless(few, &place, "1 至 30 个部位", "1 to 30 measures");
        let same =
            first.as_ref().is_some_and(|first| row.measures_mm.keys().eq(first.iter().copied()));
        let en = "every size has the same measures";
        wrong.unless(same, &place, "各尺码的部位须一致", en);
        let named = row.measures_mm.keys().all(|name| plain::<32>(name, &()).is_ok());
        wrong.unless(named, &place, "部位名称 1 至 32 个字符", "names of 1 to 32 characters");
        let long = row.measures_mm.values().all(|mm| (1..=LONGEST_MM).contains(mm));
        wrong.unless(long, &place, "1 至 5000 毫米", "1 to 5,000 millimetres");
    }
}

struct Wrong(Vec<(String, String, String)>);

impl Wrong {
    fn unless(&mut self, right: bool, pointer: &str, zh: &str, en: &str) {
        if !right {
            self.0.push((pointer.to_owned(), zh.to_owned(), en.to_owned()));
        }
    }

    fn text<const MOST: usize>(&mut self, pointer: &str, text: &str) {
        if let Err(what) = plain::<MOST>(text, &()) {
            let zh = format!("不符合要求：{what}");
            self.unless(false, pointer, &zh, &what.to_string());
        }
    }

    fn perhaps<const MOST: usize>(&mut self, pointer: &str, text: &str) {
        if !text.is_empty() {
            self.text::<MOST>(pointer, text);
        }
    }

    fn finish(self) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let error = Error::from(codes::INVALID_FIELDS);
        Err(self
            .0
            .into_iter()
            .fold(error, |error, (pointer, zh, en)| error.at(pointer, "invalid", &zh, &en)))
    }
}

/// What a product says, in one spelling: two that say the same are spelt the same.
#[must_use]
pub fn canonical_product(product: &ProductIn) -> String {
    let mut text = String::new();
    let mut part = |value: &str| {
        // Lengths keep one field from running into the next. Writing to a String cannot fail.
        let _ = write!(text, "{}:{value},", value.len());
    };
    for value in [
        product.style_code.as_str(),
        product.state.as_str(),
        &product.name,
        &product.category,
        &product.season,
        &product.price_band,
        &product.style_tag,
        product.material.as_deref().unwrap_or_default(),
        &product.list.0.to_string(),
    ] {
        part(value);
    }
    for sku in &product.skus {
        for value in [sku.code.as_str(), &sku.colour, &sku.size, sku.state.as_str()] {
            part(value);
        }
    }
    part("chart");
    for row in product.size_chart.iter().flat_map(|chart| &chart.0) {
        part(&row.size);
        for (name, mm) in &row.measures_mm {
            part(name);
            part(&mm.to_string());
        }
        part("");
    }
    text
}

/// What becomes of a version that came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It stands now.
    Accept,
    /// It stood already.
    Unchanged,
    /// A newer one stands.
    IgnoredOlder,
    /// It cannot stand.
    Refuse(Code),
}

/// Decides about a version where `known` stands: its number and the digest of its content. What we loaded ourselves has
/// neither and gives way to any.
#[must_use]
pub fn decide(
    known: Option<(i64, Option<&Digest>)>,
    version: i64,
    fingerprint: &Digest,
) -> Decision {
    let Some((standing, print)) = known else { return Decision::Accept };
    match version.cmp(&standing) {
        Ordering::Less => Decision::IgnoredOlder,
        Ordering::Greater => Decision::Accept,
        Ordering::Equal if print == Some(fingerprint) => Decision::Unchanged,
        Ordering::Equal => Decision::Refuse(error::PRODUCT_VERSION_REUSED),
    }
}

#[cfg(test)]
mod tests {
    use entity::values::SizeMeasures;

    use super::*;

    fn good() -> ProductIn {
        let size = |size: &str, mm| SizeMeasures {
            size: size.to_owned(),
            measures_mm: [("胸围".to_owned(), mm), ("衣长".to_owned(), 620)].into(),
        };
        let sku = |code: &str| SkuIn {
            code: code.to_owned(),
            colour: "红".to_owned(),
            size: "M".to_owned(),
            state: ProductState::Active,
        };
        ProductIn {
            style_code: "D100".to_owned(),
            name: "真丝连衣裙".to_owned(),
            category: "连衣裙".to_owned(),
            list: Fen(59_900),
            size_chart: Some(SizeChart(vec![size("S", 880), size("M", 920)])),
            skus: vec![sku("A"), sku("B")],
            ..ProductIn::default()
        }
    }

    #[test]
    fn what_is_wrong_is_named_by_its_field() {
        assert!(check_product(&good()).is_ok());
        let check = |change: fn(&mut ProductIn), pointer: &str| {
            let mut product = good();
            change(&mut product);
            let refusal = check_product(&product).unwrap_err().refusal();
            assert_eq!(refusal.fields[0].pointer, pointer);
        };
        check(|p| p.style_code = " D".to_owned(), "/style_code");
        check(|p| p.name = String::new(), "/name");
        check(|p| p.category = "x".repeat(65), "/category");
        check(|p| p.season = "a\nb".to_owned(), "/season");
        check(|p| p.material = Some(String::new()), "/material");
        check(|p| p.version = 0, "/version");
        check(|p| p.list = Fen(-1), "/list_fen");
        check(|p| p.list = Fen(HIGHEST + 1), "/list_fen");
        check(|p| p.skus.clear(), "/skus");
        check(|p| p.skus[1].code = "A".to_owned(), "/skus/1/sku_code");
        check(|p| p.skus[1].size = "x".repeat(33), "/skus/1/size");
        check(|p| p.size_chart = Some(SizeChart(Vec::new())), "/size_chart");
        check(|p| p.size_chart.as_mut().unwrap().0[1].size = "S".to_owned(), "/size_chart/1/size");
        let measures = |p: &mut ProductIn, size: usize, mm: &[(&str, i64)]| {
            let mm = mm.iter().map(|(name, mm)| ((*name).to_owned(), *mm));
            p.size_chart.as_mut().unwrap().0[size].measures_mm = mm.collect();
        };
        let mut product = good();
        for (mm, en) in [
            (vec![("胸围", 920)], "every size has the same measures"),
            (vec![("胸围", 920), ("衣长", 5_001)], "1 to 5,000 millimetres"),
            (vec![("胸围", 920), ("衣长", 0)], "1 to 5,000 millimetres"),
        ] {
            measures(&mut product, 1, &mm);
            let fields = check_product(&product).unwrap_err().refusal().fields;
            let found = (fields[0].pointer.as_str(), fields[0].en.as_str());
            assert_eq!(found, ("/size_chart/1/measures_mm", en));
        }
    }

    #[test]
    fn the_spelling_tells_contents_apart() {
        let spelt = |change: fn(&mut ProductIn)| {
            let mut product = good();
            change(&mut product);
            canonical_product(&product)
        };
        let same = spelt(|_| {});
        assert_eq!(spelt(|p| p.version = 9), same);
        for other in [
            spelt(|p| p.season = "2026春".to_owned()),
            spelt(|p| p.price_band = "2026春".to_owned()),
            spelt(|p| p.skus[0].state = ProductState::Discontinued),
            spelt(|p| p.size_chart = None),
            spelt(|p| p.skus.reverse()),
            spelt(|p| p.size_chart.as_mut().unwrap().0.reverse()),
        ] {
            assert_ne!(other, same);
        }
    }

    #[test]
    fn the_higher_version_stands() {
        let (a, b) = (Digest("a".to_owned()), Digest("b".to_owned()));
        let rows = [
            (None, Decision::Accept),
            (Some((0, None)), Decision::Accept),
            (Some((1, Some(&b))), Decision::Accept),
            (Some((2, Some(&a))), Decision::Unchanged),
            (Some((2, Some(&b))), Decision::Refuse(error::PRODUCT_VERSION_REUSED)),
            (Some((3, Some(&a))), Decision::IgnoredOlder),
        ];
        for (known, expect) in rows {
            assert_eq!(decide(known, 2, &a), expect, "{known:?}");
        }
    }
}
