//! Configuration at the command line (OPS-1).

use super::program::Folder;

#[test]
fn help_shows_examples_and_exit_codes() {
    let folder = Folder::new();
    let help = folder.run(&["--help"]);
    assert_eq!(help.code, 0);
    for word in ["serve", "worker", "migrate", "doctor", "openapi", "admin", "Exit codes"] {
        assert!(help.out.contains(word), "{word}: {}", help.out);
    }
    let serve = folder.run(&["serve", "--help"]);
    assert!(serve.out.contains("huiyi serve --config huiyi.toml"), "{}", serve.out);
    assert_eq!(folder.run(&["srve"]).code, 2);
    assert_eq!(folder.run(&[]).code, 2);
}

#[test]
fn a_configuration_error_exits_78_and_names_the_key() {
    let folder = Folder::new();
    for (content, key) in [
        ("[database]\nmax_connections = \"many\"\n", "max_connections"),
        ("[server]\nlissten = \"127.0.0.1:1\"\n", "lissten"),
        ("[business]\ntime_zone = \"Mars/Base\"\n", "Mars/Base"),
        ("[log]\nlevel = \"huiyi=loud\"\n", "log.level"),
        ("[security]\ndata_key = \"c2hvcnQ=\"\n", "security.data_key"),
        ("environment = \"production\"\n", "security."),
        ("[wechat]\nbase_url = \"weixin\"\n", "wechat"),
    ] {
        std::fs::write(folder.path().join("huiyi.toml"), content).unwrap();
        let ended = folder.run(&["serve", "--config", "huiyi.toml"]);
        assert_eq!(ended.code, 78, "{content}: {ended:?}");
        assert!(ended.err.contains(key), "{content}: {ended:?}");
    }
    let missing = folder.run(&["config", "print", "--config", "nowhere.toml"]);
    assert_eq!((missing.code, missing.err.contains("nowhere.toml")), (78, true), "{missing:?}");
}

#[test]
fn an_address_that_cannot_be_had_is_named() {
    let folder = Folder::new();
    let malformed = folder.run(&["serve", "--listen", "nowhere"]);
    assert_eq!(malformed.code, 78, "{malformed:?}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = folder.run(&["serve", "--listen", &address]);
    assert_eq!((ended.code, ended.err.contains(&address)), (1, true), "{ended:?}");
}

#[test]
fn printing_the_configuration_masks_secrets() {
    let folder = Folder::new();
    let secret = "hunter2-hunter2";
    let output = folder
        .huiyi(&["config", "print"])
        .env("HUIYI__WECHAT__APP_SECRET", secret)
        .env("HUIYI__DATABASE__URL", format!("postgres://crm:{secret}@db/crm"))
        .output()
        .unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && !shown.contains(secret), "{shown}");
    assert!(shown.contains("postgres://crm:***@db/crm"), "{shown}");
    assert!(shown.contains("app_secret = \"***\""), "{shown}");
}

#[test]
fn the_defaults_can_be_printed_and_used() {
    let folder = Folder::new();
    let defaults = folder.run(&["config", "print", "--defaults"]);
    std::fs::write(folder.path().join("huiyi.toml"), &defaults.out).unwrap();
    let checked = folder.run(&["config", "check", "--config", "huiyi.toml"]);
    assert_eq!(checked.code, 0, "{checked:?}");
    let production = folder
        .huiyi(&["config", "check"])
        .env("HUIYI__ENVIRONMENT", "production")
        .output()
        .unwrap();
    assert_eq!(production.status.code(), Some(78));
}
