//! The review queue over 100,000 assets, on SQLite and PostgreSQL: medians of the page and of each filter, on the server.

use std::fs;
use std::time::Instant;

use reqwest::blocking::Client;
use reqwest::redirect::Policy;
use veritag_tests::postgres::Postgres;
use veritag_tests::service::{SOURCES, Service, Site};

const REPEATS: usize = 15;

/// Assets, their assessments, jobs and what is listed, over a year, five sources and two models.
const FILL: [&str; 4] = [
    "INSERT INTO assets (sha256, bytes, first_seen) SELECT HASH, n, 'x' FROM numbers",
    "INSERT INTO assessments (id, asset, model, plugin, verdict, document, assessed_at) \
     SELECT CAST(n AS TEXT), HASH, 'm', 'p', 'real', '{}', 'x' FROM numbers",
    "INSERT INTO jobs (id, source, location, content, event, state, attempts, generation, received_at, changed_at) \
     SELECT CAST(n AS TEXT), 'own', 'x', CAST(n AS TEXT), '{}', 'done', 1, 0, 'x', 'x' FROM numbers",
    "INSERT INTO items (asset, assessment, job, name, searched, source, verdict, reason, model, score, distance, \
     assessed_at, day, review, reviewer) SELECT HASH, CAST(n AS TEXT), CAST(n AS TEXT), \
     'uploads/IMG_' || n || '.jpg', 'uploads/img_' || n || '.jpg', 'source-' || (n % 5), \
     CASE n % 10 WHEN 0 THEN 'fake' WHEN 1 THEN 'unsure' WHEN 2 THEN 'not_assessed' ELSE 'real' END, \
     CASE n % 10 WHEN 2 THEN 'no_face' ELSE '' END, CASE WHEN n % 3 = 0 THEN 'a 1.0.0' ELSE 'b 1.1.0' END, \
     (n * 7919 % 1000) / 1000.0, ABS((n * 7919 % 1000) / 1000.0 - 0.78), DAY || 'T00:00:00Z', DAY, \
     CASE n % 4 WHEN 0 THEN 'reviewed_as_real' ELSE 'not_reviewed' END, CASE n % 4 WHEN 0 THEN 'ann' END FROM numbers",
];

const VIEWS: [(&str, &str); 9] = [
    ("queue", "review=not_reviewed"),
    ("everything", "order=uncertain"),
    ("verdict", "review=not_reviewed&verdict=fake"),
    ("source", "source=source-3"),
    ("model", "model=a%201.0.0&order=score"),
    ("reason", "reason=no_face&order=newest"),
    ("date", "since=2026-11-20&order=newest"),
    ("search", "search=img_9999"),
    ("page 1000", "order=newest&page=1000"),
];

fn main() {
    measure(
        "sqlite",
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100000) ",
        "printf('%064x', n * 2654435761)",
        "date('2026-11-27', '-' || (n % 365) || ' days')",
        Site::new(&sources()),
    );
    let postgres = Postgres::start();
    measure(
        "postgres",
        "WITH numbers AS (SELECT generate_series(1, 100000)::bigint AS n) ",
        "lpad(to_hex(n * 2654435761), 64, '0')",
        "to_char(date '2026-11-27' - (n % 365)::int, 'YYYY-MM-DD')",
        Site::in_postgres(&sources(), &postgres),
    );
}

fn sources() -> String {
    format!("{SOURCES}\n[[user]]\nname = \"ann\"\nrole = \"viewer\"\ntoken = {{ file = \"ROOT/ann\" }}\n")
}

fn measure(name: &str, numbers: &str, hash: &str, day: &str, site: Site) {
    fs::write(site.media("ann"), "ann").expect("a new file");
    let service = site.serve();
    for statement in FILL {
        let (insert, select) = statement.split_once(" SELECT ").expect("an insert");
        let sql = format!("{insert} {numbers} SELECT {select}").replace("HASH", hash).replace("DAY", day);
        site.sql(Box::leak(sql.into_boxed_str()));
    }
    site.sql("ANALYZE");
    let client = Client::builder().redirect(Policy::none()).build().expect("a client");
    let cookie = sign_in(&service, &client);
    for (view, query) in VIEWS {
        let run = || {
            let begun = Instant::now();
            let request = client.get(service.url(&format!("/review?{query}"))).header("cookie", &cookie);
            let answer = request.send().expect("the service answers");
            assert_eq!(answer.status(), 200);
            assert!(answer.text().expect("a page").contains("class=\"card\""), "{view}");
            begun.elapsed().as_secs_f64() * 1e3
        };
        let mut times: Vec<f64> = (0..=REPEATS).map(|_| run()).skip(1).collect();
        times.sort_by(f64::total_cmp);
        println!("{name:9} {view:11} median {:4.0} ms, slowest {:4.0} ms", times[REPEATS / 2], times[REPEATS - 1]);
    }
}

fn sign_in(service: &Service, client: &Client) -> String {
    let request = client.post(service.url("/review/sign-in"));
    let request = request.header("content-type", "application/x-www-form-urlencoded").body("token=ann");
    let answer = request.send().expect("the service answers");
    let cookie = answer.headers()["set-cookie"].to_str().expect("ASCII");
    cookie.split(';').next().expect("a cookie").to_owned()
}
