//! The documentation inside the program (OP-1).

use huiyi::wiring::codes::CODES;
use huiyi::wiring::routes::AUDIENCES;

use crate::support::TestApp;

/// What the index page loads, found by following it.
async fn files_of_the_page(app: &TestApp) -> Vec<String> {
    let index = app.get("/docs/").send().await;
    assert_eq!(index.status, 200);
    let links = index
        .text
        .split(['"', '\''])
        .filter(|part| [".js", ".css", ".png"].iter().any(|end| part.ends_with(end)));
    let mut files = vec!["/docs/".to_owned(), "/docs/errors".to_owned()];
    files.extend(links.map(|link| {
        assert!(!link.contains("//"), "{link} is elsewhere");
        format!("/docs/{}", link.trim_start_matches("./"))
    }));
    files
}

#[actix_web::test]
async fn the_documentation_needs_nothing_from_elsewhere() {
    let app = TestApp::start().await;
    let files = files_of_the_page(&app).await;
    assert!(files.len() >= 8, "{files:?}");
    for file in &files {
        let answer = app.get(file).send().await;
        assert_eq!(answer.status, 200, "{file}");
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{file}: {policy}");
        assert!(!policy.contains("http") && !policy.contains('*'), "{file}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
    // The bundle itself names addresses in its texts; what a browser loads is decided by pages, styles and settings.
    for file in files.iter().filter(|file| !file.contains("bundle") && !file.contains("preset")) {
        let text = app.get(file).send().await.text;
        for scheme in [
            "src=\"http",
            "src=\"//",
            "href=\"http",
            "href=\"//",
            "url(http",
            "url(\"http",
            "@import",
        ] {
            assert!(!text.contains(scheme), "{file} loads from elsewhere: {scheme}");
        }
    }
    let settings = app.get("/docs/swagger-initializer.js").send().await.text;
    assert!(!settings.contains("http"), "{settings}");
    assert!(settings.contains("\"validatorUrl\": \"none\""), "{settings}");
}

#[actix_web::test]
async fn every_audience_has_a_document_to_choose() {
    let app = TestApp::start().await;
    let settings = app.get("/docs/swagger-initializer.js").send().await.text;
    for (name, ..) in AUDIENCES {
        let path = format!("/docs/openapi/{name}.json");
        assert!(settings.contains(&path), "{settings}");
        let document = app.get(&path).send().await.expect(200);
        assert_eq!(document["openapi"], "3.1.0");
    }
    app.get("/docs/openapi/nobody.json").send().await.refused(404, "not_found");
    app.get("/docs/swagger-ui.js").send().await.refused(404, "not_found");
}

#[actix_web::test]
async fn the_index_is_found_without_its_slash() {
    let app = TestApp::start().await;
    let answer = app.get("/docs").send().await;
    assert!(answer.text.contains("swagger-ui"), "{}", answer.text);
}

#[actix_web::test]
async fn every_code_is_explained_where_its_problems_point() {
    let app = TestApp::start().await;
    let problem = app.get("/v1/nowhere").send().await.body;
    let (page, anchor) = problem["type"].as_str().unwrap().split_once('#').unwrap();
    let text = app.get(page).send().await.text;
    assert!(text.contains(&format!("id=\"{anchor}\"")));
    for code in CODES.iter().copied().flatten() {
        assert!(text.contains(&format!("<tr id=\"{}\">", code.code)), "{}", code.code);
        assert!(text.contains(code.zh), "{}", code.code);
    }
}

#[actix_web::test]
async fn the_documentation_can_be_switched_off() {
    let app = TestApp::start_with(|config| config.server.docs = false).await;
    for path in ["/docs", "/docs/", "/docs/errors", "/docs/openapi/open.json"] {
        app.get(path).send().await.refused(404, "not_found");
    }
}

/// Paths below `/v1` that a text names in code, without what is asked, and those of the table of head office.
fn paths_named(text: &str) -> Vec<String> {
    let whole = text.split(['`', '"', ' ', '\n']).map(|word| word.trim_start_matches("$API"));
    let whole = whole.filter(|word| word.starts_with("/v1/") && word.len() > 11);
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    let cells = rows.filter_map(|row| row.split('|').nth(1));
    let words = cells.flat_map(|cell| cell.split('`'));
    let words = words.filter(|word| {
        !word.starts_with('/') && word.contains(['/', ':']) && !word.contains(['.', ' ', '…'])
            || *word == "tiers"
            || *word == "jobs"
    });
    let office = words.map(|word| format!("/v1/admin/{word}"));
    whole.map(|word| word.split('?').next().unwrap().to_owned()).chain(office).collect()
}

/// The shape of a path: what stands for an id or a word is `{}`.
fn shape(path: &str) -> String {
    let part = |part: &str| {
        let (name, verb) = part.split_once(':').unwrap_or((part, ""));
        let name = if name.starts_with('{') || name.ends_with('…') { "{}" } else { name };
        format!("{name}:{verb}")
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// OP-1: whoever copies a path from the README finds it.
#[test]
fn every_path_that_the_readmes_name_is_a_route() {
    let documents = huiyi::wiring::openapi::documents();
    let routes: Vec<String> = documents
        .iter()
        .flat_map(|(_, text)| {
            let document: serde_json::Value = serde_json::from_str(text).unwrap();
            document["paths"]
                .as_object()
                .unwrap()
                .keys()
                .map(|path| shape(path))
                .collect::<Vec<_>>()
        })
        .collect();
    for readme in [include_str!("../../README.md"), include_str!("../../README.zh-CN.md")] {
        let named = paths_named(readme);
        assert!(named.len() > 40, "{named:?}");
        for path in named.iter().filter(|path| !path.ends_with("coupons")) {
            let known = routes.contains(&shape(path))
                // A board is named by its name.
                || path.contains("/leaderboards/");
            assert!(known, "{path} is no route");
        }
    }
}
