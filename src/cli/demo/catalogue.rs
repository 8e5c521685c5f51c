//! What an apparel retailer sells in 18 months: 200 styles by season, in colours and sizes.

use chrono::{Datelike, Months, NaiveDate};
use entity::values::Fen;

use super::chance::Chance;
use super::people::Fit;
use crate::catalog::service::{ProductIn, SkuIn};

/// How shoppers dress.
pub(super) const STYLE_TAGS: [&str; 5] = ["通勤", "休闲", "度假", "经典", "运动"];

/// Styles in the catalogue.
pub(super) const STYLES: usize = 200;

/// How a kind of garment is sized.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sizing {
    /// XS to XXL.
    Letters,
    /// GB/T 1335 for women's tops.
    Tops,
    /// Waist in inches.
    Waist,
    /// One fits all.
    One,
}

/// A kind of garment.
struct Kind {
    name: &'static str,
    sizing: Sizing,
    /// Yuan.
    from: i64,
    /// Yuan.
    to: i64,
    /// How many styles of each season, as weights: spring, summer, autumn, winter.
    seasons: [u32; 4],
    materials: &'static [&'static str],
    cuts: &'static [&'static str],
}

const KINDS: [Kind; 12] = [
    kind(
        "连衣裙",
        Sizing::Letters,
        399,
        1299,
        [5, 8, 3, 1],
        &["桑蚕丝", "雪纺", "亚麻", "醋酸"],
        &["收腰", "衬衫式", "A 字", "吊带"],
    ),
    kind(
        "衬衫",
        Sizing::Tops,
        299,
        799,
        [5, 3, 4, 1],
        &["真丝", "长绒棉", "天丝"],
        &["廓形", "修身", "立领"],
    ),
    kind(
        "T 恤",
        Sizing::Letters,
        129,
        399,
        [3, 8, 2, 0],
        &["纯棉", "丝光棉", "竹纤维"],
        &["圆领", "V 领", "短款"],
    ),
    kind(
        "针织衫",
        Sizing::Letters,
        359,
        999,
        [3, 1, 6, 6],
        &["羊绒", "美丽诺羊毛", "棉"],
        &["圆领", "高领", "开衫"],
    ),
    kind(
        "羊毛大衣",
        Sizing::Tops,
        1299,
        3999,
        [0, 0, 4, 7],
        &["双面羊毛", "羊绒混纺"],
        &["茧型", "双排扣", "系带"],
    ),
    kind(
        "羽绒服",
        Sizing::Letters,
        899,
        2599,
        [0, 0, 1, 9],
        &["白鹅绒", "白鸭绒"],
        &["短款", "中长款", "轻薄"],
    ),
    kind(
        "风衣",
        Sizing::Tops,
        799,
        1899,
        [5, 0, 5, 0],
        &["防泼水棉", "斜纹棉"],
        &["双排扣", "短款", "经典"],
    ),
    kind(
        "西装",
        Sizing::Tops,
        699,
        1999,
        [4, 1, 5, 2],
        &["羊毛", "醋酸", "亚麻"],
        &["单排扣", "廓形", "戗驳领"],
    ),
    kind(
        "裤装",
        Sizing::Letters,
        299,
        899,
        [4, 4, 4, 3],
        &["羊毛", "垂感", "亚麻"],
        &["阔腿", "直筒", "锥形"],
    ),
    kind(
        "牛仔裤",
        Sizing::Waist,
        299,
        699,
        [4, 2, 4, 3],
        &["弹力", "原色", "水洗"],
        &["直筒", "小脚", "阔腿"],
    ),
    kind(
        "半身裙",
        Sizing::Letters,
        269,
        799,
        [4, 5, 3, 2],
        &["百褶", "缎面", "牛仔"],
        &["中长", "A 字", "鱼尾"],
    ),
    kind(
        "配饰",
        Sizing::One,
        99,
        699,
        [2, 2, 3, 4],
        &["真丝", "羊绒", "牛皮"],
        &["方巾", "围巾", "腰带"],
    ),
];

const fn kind(
    name: &'static str,
    sizing: Sizing,
    from: i64,
    to: i64,
    seasons: [u32; 4],
    materials: &'static [&'static str],
    cuts: &'static [&'static str],
) -> Kind {
    Kind { name, sizing, from, to, seasons, materials, cuts }
}

const COLOURS: [(&str, &str); 10] = [
    ("01", "黑色"),
    ("02", "米白"),
    ("03", "燕麦"),
    ("04", "藏青"),
    ("05", "焦糖"),
    ("06", "雾霾蓝"),
    ("07", "酒红"),
    ("08", "橄榄绿"),
    ("09", "烟灰"),
    ("10", "樱花粉"),
];

const LETTERS: [&str; 6] = ["XS", "S", "M", "L", "XL", "XXL"];
const TOPS: [&str; 5] = ["155/80A", "160/84A", "165/88A", "170/92A", "175/96A"];
const WAISTS: [&str; 8] = ["25", "26", "27", "28", "29", "30", "31", "32"];

/// A style with the time it sells at its full price.
pub(super) struct Style {
    pub(super) product: ProductIn,
    sizing: Sizing,
    /// First day of its season.
    from: NaiveDate,
}

impl Style {
    /// How likely it is bought on `day`: most in its season, at a discount for a while after, never before.
    pub(super) fn demand(&self, day: NaiveDate) -> u32 {
        match (day - self.from).num_days() {
            ..-14 => 0,
            -14..100 => 10,
            100..220 => 3,
            _ => 1,
        }
    }

    /// Percent of the list price that is asked on `day`.
    pub(super) fn percent(&self, day: NaiveDate) -> i64 {
        match (day - self.from).num_days() {
            ..100 => 100,
            100..220 => 70,
            _ => 50,
        }
    }

    /// The SKU of one of its colours in the size that fits.
    pub(super) fn sku(&self, chance: &mut Chance, fit: &Fit) -> &str {
        let size = self.size(fit);
        let fitting = self.product.skus.iter().filter(|sku| sku.size == size);
        let fitting: Vec<&str> = fitting.map(|sku| sku.code.as_str()).collect();
        match fitting.as_slice() {
            [] => &self.product.skus[0].code,
            fitting => chance.one_of::<&str>(fitting),
        }
    }

    fn size(&self, fit: &Fit) -> String {
        let step = LETTERS.iter().position(|letter| *letter == fit.letter).unwrap_or(2);
        match self.sizing {
            Sizing::Letters => fit.letter.to_owned(),
            Sizing::Tops => TOPS[step.min(TOPS.len() - 1)].to_owned(),
            Sizing::Waist => fit.waist.clamp(25, 32).to_string(),
            Sizing::One => "F".to_owned(),
        }
    }
}

/// The styles of the seasons from `from` to `to`.
pub(super) fn styles(from: NaiveDate, to: NaiveDate) -> Vec<Style> {
    let mut chance = Chance::of("catalogue");
    let seasons = seasons(from, to);
    (0..STYLES).map(|number| style(&mut chance, number, &seasons)).collect()
}

/// First days of the seasons that sell between two days.
fn seasons(from: NaiveDate, to: NaiveDate) -> Vec<NaiveDate> {
    let quarter = (from.month0() / 3) * 3;
    let first = NaiveDate::from_ymd_opt(from.year(), quarter + 1, 1).unwrap_or(from);
    (0..1_000)
        .map(|number| first + Months::new(3 * number))
        .take_while(|start| *start < to)
        .collect()
}

fn style(chance: &mut Chance, number: usize, seasons: &[NaiveDate]) -> Style {
    let from = seasons[number % seasons.len()];
    let season = from.month0() as usize / 3;
    let kind = &KINDS[chance.weighted(KINDS.iter().map(|kind| kind.seasons[season]))];
    let list = chance.between(kind.from / 10, kind.to / 10) * 10 + 9;
    let name =
        format!("{}{}{}", chance.one_of(kind.materials), chance.one_of(kind.cuts), kind.name);
    let year = from.year() % 100;
    let code = format!("HY{year}{}{:03}", ["P", "S", "A", "W"][season], number + 1);
    let product = ProductIn {
        skus: skus(chance, &code, kind.sizing),
        style_code: code,
        name,
        category: kind.name.to_owned(),
        season: format!("{}{}", from.year(), ["春", "夏", "秋", "冬"][season]),
        price_band: price_band(list).to_owned(),
        style_tag: (*chance.one_of(&STYLE_TAGS)).to_owned(),
        list: Fen(list * 100),
        ..ProductIn::default()
    };
    Style { product, sizing: kind.sizing, from }
}

fn skus(chance: &mut Chance, style: &str, sizing: Sizing) -> Vec<SkuIn> {
    let sizes: &[&str] = match sizing {
        Sizing::Letters => &LETTERS,
        Sizing::Tops => &TOPS,
        Sizing::Waist => &WAISTS,
        Sizing::One => &["F"],
    };
    let first = usize::try_from(chance.between(0, 9)).unwrap_or_default();
    let count = usize::try_from(chance.between(2, 3)).unwrap_or(2);
    let colours = COLOURS.iter().cycle().skip(first).step_by(3).take(count);
    colours
        .flat_map(|(code, colour)| sizes.iter().map(move |size| (*code, *colour, *size)))
        .map(|(code, colour, size)| {
            let plain = size.split('/').next().unwrap_or(size);
            SkuIn::new(&format!("{style}-{code}-{plain}"), colour, size)
        })
        .collect()
}

const fn price_band(yuan: i64) -> &'static str {
    match yuan {
        ..300 => "0-300",
        300..600 => "300-600",
        600..1000 => "600-1000",
        1000..2000 => "1000-2000",
        _ => "2000+",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn all() -> Vec<Style> {
        styles("2025-05-21".parse().unwrap(), "2026-11-21".parse().unwrap())
    }

    #[test]
    fn there_are_200_styles_and_no_sku_twice() {
        let all = all();
        assert_eq!(all.len(), STYLES);
        let codes: Vec<&String> =
            all.iter().flat_map(|style| &style.product.skus).map(|sku| &sku.code).collect();
        assert_eq!(codes.iter().collect::<HashSet<_>>().len(), codes.len());
        assert!(codes.len() > 1500, "{}", codes.len());
    }

    #[test]
    fn nothing_is_sold_before_its_season() {
        let style = &all()[0];
        let before = style.from - chrono::Days::new(30);
        assert_eq!(style.demand(before), 0);
        assert!(style.demand(style.from) > style.demand(style.from + chrono::Days::new(150)));
        assert_eq!(style.percent(style.from), 100);
    }
}
