//! The kill proof: `veritag serve` is killed at random moments, again and again, while uploads are announced. Each ends in
//! one assessment, one tag and one delivery to each receiver, and no temporary file is left. It takes minutes to hours:
//!
//! `KILLS=1000 cargo test --workspace --test kill -- --ignored --nocapture`

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use reqwest::blocking::Client;
use serde_json::{Value, json};
use veritag_tests::fixture;
use veritag_tests::postgres::Postgres;
use veritag_tests::service::{Site, TOKEN};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// How long a service lives at most, once it listens; one in so many is killed while it starts.
const MAX_LIFE: Duration = Duration::from_millis(2500);
const STARTING: u64 = 5;
/// One upload in so many is a picture with a face, the others are quick to assess.
const PICTURES: usize = 16;
/// How long the last service may take with what is left.
const PATIENCE: Duration = Duration::from_secs(1800);

/// What a receiver was sent: how often each `webhook-id` came.
type Deliveries = Arc<Mutex<BTreeMap<String, usize>>>;

fn receiver() -> (String, Deliveries) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let deliveries = Deliveries::default();
    let log = deliveries.clone();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let log = log.clone();
            thread::spawn(move || take(&stream, &log));
        }
    });
    (address, deliveries)
}

/// Reads one request; a sender that is killed meanwhile has delivered nothing.
fn take(stream: &TcpStream, log: &Deliveries) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let (mut id, mut length) = (None, None);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        match line.trim().split_once(": ") {
            Some(("webhook-id", value)) => id = Some(value.to_owned()),
            Some(("content-length", value)) => length = value.parse().ok(),
            None if line.trim().is_empty() => break,
            _ => {}
        }
    }
    reader.read_exact(&mut vec![0; length?]).ok()?;
    *log.lock().unwrap().entry(id?).or_default() += 1;
    let mut stream = stream;
    stream.write_all(b"HTTP/1.1 204 x\r\nconnection: close\r\n\r\n").ok()
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Numbers that look random, by xorshift; the seed can be given again.
struct Random(u64);

impl Random {
    fn below(&mut self, end: Duration) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        Duration::from_micros(self.0 % end.as_micros() as u64)
    }
}

fn sources(receivers: &[&str]) -> String {
    let webhook = |url: &&str| format!("[[webhook]]\nurl = '{url}'\nsecret = {{ file = 'ROOT/secret' }}\n");
    let source =
        "[[source]]\nname = 'own'\ndialect = 'veritag'\ntoken = { env = 'VERITAG_TEST_TOKEN' }\nroot = 'ROOT'\n";
    format!("{source}{}", receivers.iter().map(webhook).collect::<String>())
}

fn start(site: &Site, port: u16) -> Child {
    let log = fs::File::options().append(true).create(true).open(site.directory.path().join("log")).unwrap();
    let mut command = site.command(&["serve", "--listen", &format!("127.0.0.1:{port}")]);
    command.env("VERITAG_WORKERS", "2").env("VERITAG_LOG", "warn");
    command.stdout(Stdio::null()).stderr(log).spawn().unwrap()
}

/// Announces an upload until it is answered, as senders of hooks do; gives the id of its job.
fn announce(http: &Client, port: u16, name: &str) -> String {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let request = http.post(format!("http://127.0.0.1:{port}/v1/hooks/own")).bearer_auth(TOKEN);
        let body = json!({ "path": name, "version": "1" }).to_string();
        match request.body(body).send().and_then(|answer| answer.json::<Value>()) {
            Ok(answer) if answer["jobs"].is_array() => return answer["jobs"][0].as_str().unwrap().to_owned(),
            _ if Instant::now() > deadline => panic!("{name} is never answered"),
            _ => thread::sleep(Duration::from_millis(50)),
        }
    }
}

/// Writes the `number`th upload, which is like no other.
fn upload(site: &Site, number: usize) -> String {
    let name = format!("{number}.jpg");
    let picture =
        if number.is_multiple_of(PICTURES) { fs::read(fixture("media/portrait.jpg")).unwrap() } else { vec![] };
    fs::write(site.media(&name), [&picture[..], number.to_string().as_bytes()].concat()).unwrap();
    name
}

fn survives(site: &Site, receivers: &[(String, Deliveries)]) {
    fs::write(site.media("secret"), SECRET).unwrap();
    let config = fs::read_to_string(site.config()).unwrap();
    // A job that is killed with its process so often would count as what kills it.
    fs::write(site.config(), config.replacen("[service]\n", "[service]\nattempts = 10000\n", 1)).unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (kills, seed) = (number("KILLS", 20), number("SEED", 0x5eed));
    let mut random = Random(seed.max(1));
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (over, wanted) = (AtomicBool::new(false), AtomicUsize::new(0));
    let begun = Instant::now();
    let jobs = thread::scope(|scope| {
        let announcing = scope.spawn(|| {
            let http = Client::builder().timeout(Duration::from_secs(10)).build().unwrap();
            let mut jobs = BTreeMap::new();
            loop {
                let is_over = over.load(Ordering::Relaxed);
                while jobs.len() < wanted.load(Ordering::Relaxed) {
                    let name = upload(site, jobs.len());
                    jobs.insert(name.clone(), announce(&http, port, &name));
                }
                if is_over {
                    return jobs;
                }
                thread::sleep(Duration::from_millis(20));
            }
        });
        for kill in 1..=kills {
            let mut service = start(site, port);
            wanted.fetch_add(2, Ordering::Relaxed);
            while !kill.is_multiple_of(STARTING) && TcpStream::connect(("127.0.0.1", port)).is_err() {
                assert!(service.try_wait().unwrap().is_none(), "it did not start:\n{}", site.log());
                thread::sleep(Duration::from_millis(20));
            }
            thread::sleep(random.below(MAX_LIFE));
            service.kill().unwrap();
            service.wait().unwrap();
            if kill % 50 == 0 {
                println!("{kill} kills, {} s", begun.elapsed().as_secs());
            }
        }
        over.store(true, Ordering::Relaxed);
        let mut last = start(site, port);
        let jobs = announcing.join().unwrap();
        finish(site, receivers, jobs.len());
        last.kill().unwrap();
        last.wait().unwrap();
        jobs
    });
    check(site, receivers, &jobs);
    let again: usize =
        receivers.iter().flat_map(|(_, log)| log.lock().unwrap().clone().into_values()).map(|n| n - 1).sum();
    println!(
        "{kills} kills (seed {seed}), {} uploads: 0 lost, 0 double, 0 temporary files; {again} deliveries repeated by id",
        jobs.len()
    );
}

/// Waits until every upload is done and told of.
fn finish(site: &Site, receivers: &[(String, Deliveries)], uploads: usize) {
    let deadline = Instant::now() + PATIENCE;
    let told = || receivers.iter().all(|(_, log)| log.lock().unwrap().len() >= uploads);
    while site.sql("SELECT COUNT(*) FROM tasks WHERE done_at IS NULL") != Some(0) || !told() {
        assert!(Instant::now() < deadline, "not finished:\n{}", site.log());
        thread::sleep(Duration::from_secs(1));
    }
}

fn check(site: &Site, receivers: &[(String, Deliveries)], jobs: &BTreeMap<String, String>) {
    let uploads = Some(jobs.len() as i64);
    assert_eq!(jobs.values().collect::<BTreeSet<_>>().len(), jobs.len(), "a job each");
    for count in [
        "SELECT COUNT(*) FROM jobs",
        "SELECT COUNT(*) FROM jobs WHERE state = 'done' AND error_code IS NULL",
        "SELECT COUNT(*) FROM assets",
        "SELECT COUNT(*) FROM assessments",
        "SELECT COUNT(DISTINCT assessment) FROM jobs",
        "SELECT COUNT(*) FROM ledger",
    ] {
        assert_eq!(site.sql(count), uploads, "{count}");
    }
    for name in jobs.keys() {
        assert!(site.media(&format!("{name}.veritag.json")).is_file(), "{name} has no tag");
    }
    let temporary = |name: &String| name.starts_with(".veritag");
    let names = fs::read_dir(site.media("")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(temporary).collect::<Vec<_>>(), [""; 0], "temporary files are left beside the media");
    for (url, log) in receivers {
        let log = log.lock().unwrap();
        assert_eq!(log.len(), jobs.len(), "{url}: a delivery each");
        let about: BTreeSet<&str> = log.keys().map(|id| id.split('.').next().unwrap()).collect();
        assert!(jobs.values().all(|job| about.contains(job.as_str())), "{url}: one for each job");
    }
}

#[test]
#[ignore = "takes minutes to hours"]
fn nothing_is_lost_or_double_on_sqlite() {
    let receivers = [receiver(), receiver()];
    survives(&Site::new(&sources(&receivers.each_ref().map(|(url, _)| url.as_str()))), &receivers);
}

#[test]
#[ignore = "takes minutes to hours"]
fn nothing_is_lost_or_double_on_postgres() {
    let (postgres, receivers) = (Postgres::start(), [receiver(), receiver()]);
    survives(&Site::in_postgres(&sources(&receivers.each_ref().map(|(url, _)| url.as_str())), &postgres), &receivers);
}
