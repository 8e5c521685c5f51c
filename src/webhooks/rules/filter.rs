//! Which events an endpoint asks for.

/// Whether one of `filters` names `kind`: exactly, by its family (`points.*`), or as everything (`*`).
#[must_use]
pub fn matches(filters: &[String], kind: &str) -> bool {
    filters.iter().any(|filter| match filter.strip_suffix('*') {
        None => filter == kind,
        Some("") => true,
        Some(family) => family.ends_with('.') && kind.starts_with(family),
    })
}

/// The first of `filters` that names no event on `offer`.
#[must_use]
pub fn first_unknown(filters: &[String], offer: &[&str]) -> Option<usize> {
    let known =
        |filter: &String| offer.iter().any(|kind| matches(std::slice::from_ref(filter), kind));
    filters.iter().position(|filter| !known(filter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filters(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_filter_is_a_kind_a_family_or_everything() {
        let check = |filter: &str, kind: &str, expect: bool| {
            assert_eq!(matches(&filters(&[filter]), kind), expect, "{filter} {kind}");
        };
        check("points.moved", "points.moved", true);
        check("points.moved", "points.moved_on", false);
        check("points.*", "points.moved", true);
        check("points.*", "points_of.moved", false);
        check("points*", "points.moved", false);
        check("p*", "points.moved", false);
        check("*", "order.paid", true);
        check("*.paid", "order.paid", false);
        assert!(matches(&filters(&["tier.*", "order.paid"]), "order.paid"));
        assert!(!matches(&[], "order.paid"));
    }

    #[test]
    fn a_filter_that_names_nothing_is_found() {
        let offer = ["order.paid", "points.moved"];
        assert_eq!(first_unknown(&filters(&["order.*", "*", "points.moved"]), &offer), None);
        for (at, bad) in ["order.payed", "tier.*", "", "order", "order*", "**"].iter().enumerate() {
            let mut all = vec!["*".to_owned(); at];
            all.push((*bad).to_owned());
            assert_eq!(first_unknown(&all, &offer), Some(at), "{bad}");
        }
    }
}
