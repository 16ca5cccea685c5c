//! Faults on the way to a runner.

use std::sync::atomic::Ordering;
use std::thread;

use veritag::config;
use veritag_tests::faulty::{Fault, Faulty};
use veritag_tests::runner::runner;

use super::face::{FACE, other};

/// The request for the known answer goes through.
fn after_the_first(fault: Fault) -> impl Fn(usize) -> Fault + Send + Sync {
    move |nth| if nth == 0 { Fault::None } else { fault.clone() }
}

fn only_the_second(fault: Fault) -> impl Fn(usize) -> Fault + Send + Sync {
    move |nth| if nth == 1 { fault.clone() } else { Fault::None }
}

#[test]
fn whatever_goes_wrong_changes_no_verdict_and_loses_nothing() {
    let (ours, (_directory, other)) = (runner(&[]), other());
    let faults = [
        (Fault::Killed, "runner-unreachable"),
        (Fault::Garbage, "runner-bad-answer"),
        (Fault::Status(500), "runner-refused"),
        (Fault::Status(503), "runner-refused"),
        (Fault::WrongShape, "runner-bad-answer"),
        (Fault::NotANumber, "runner-bad-answer"),
        (Fault::Elsewhere(other.address.clone()), "runner-other-bundle"),
    ];
    thread::scope(|scope| {
        scope.spawn(|| goes_wrong(&ours.address, Fault::Hangs, "runner-unreachable"));
        faults.into_iter().for_each(|(fault, code)| goes_wrong(&ours.address, fault, code));
        let slow = Faulty::before(&ours.address, |_| Fault::Slow);
        assert_eq!(FACE.judge(&FACE.offload(&slow.address, false)), Ok("veritag-runner".into()));
    });
}

fn goes_wrong(upstream: &str, fault: Fault, code: &'static str) {
    let once = Faulty::before(upstream, only_the_second(fault.clone()));
    assert_eq!(FACE.judge(&FACE.offload(&once.address, false)), Ok("veritag-runner".into()), "once: {fault:?}");
    let always = || Faulty::before(upstream, after_the_first(fault.clone()));
    assert_eq!(FACE.judge(&FACE.offload(&always().address, false)), Err(code), "always: {fault:?}");
    assert_eq!(FACE.judge(&FACE.offload(&always().address, true)), Ok("sandbox".into()), "always: {fault:?}");
}

#[test]
fn of_two_runners_behind_one_address_only_the_one_with_the_right_weights_is_believed() {
    let (ours, (_directory, other)) = (runner(&[]), other());
    let elsewhere = other.address.clone();
    let both =
        Faulty::before(
            &ours.address,
            move |nth| {
                if nth % 2 == 1 { Fault::Elsewhere(elsewhere.clone()) } else { Fault::None }
            },
        );
    let offload = FACE.offload(&both.address, false);
    for _ in 0..4 {
        assert_eq!(FACE.judge(&offload), Ok("veritag-runner".into()));
    }
    assert_eq!(both.asked.load(Ordering::SeqCst), 9, "every answer with other weights was asked for again");
}

#[test]
fn a_runner_that_fails_again_and_again_is_left_alone() {
    let ours = runner(&[]);
    let broken = Faulty::before(&ours.address, after_the_first(Fault::Status(500)));
    let offload = FACE.offload(&broken.address, false);
    let codes: Vec<_> = (0..5).map(|_| FACE.judge(&offload).unwrap_err()).collect();
    assert_eq!(codes, [["runner-refused"; 3].as_slice(), &["runner-paused"; 2]].concat());
    assert_eq!(broken.asked.load(Ordering::SeqCst), 7, "the known answer, and three times two attempts");
}

#[test]
fn crops_of_several_assets_travel_together_and_requests_bear_the_token() {
    let (ours, directory) = (runner(&[]), tempfile::tempdir().unwrap());
    let secret = directory.path().join("token");
    std::fs::write(&secret, "s3cret\n").unwrap();
    let token = Some(config::SecretRef::File(secret));
    let crops = 3 * 9; // each still is seen in nine views
    let config = config::Runner { batch_wait_ms: 2000, max_batch: crops, token, ..config::Runner::default() };
    let between = Faulty::before(&ours.address, |_| Fault::None);
    let offload = FACE.offload_as(&config, &between.address);
    thread::scope(|scope| {
        let judged = [(); 3].map(|()| scope.spawn(|| FACE.judge(&offload)));
        judged.into_iter().for_each(|it| assert_eq!(it.join().unwrap(), Ok("veritag-runner".into())));
    });
    assert_eq!(between.asked.load(Ordering::SeqCst), 2, "the known answer, and three assets in one request");
    assert_eq!(between.bearer.lock().unwrap().as_deref(), Some("bearer s3cret"));
}

/// It takes bytes for a mistake, and says nothing of them in its metadata; as some servers of the protocol do.
#[test]
fn a_server_that_knows_no_bytes_is_spoken_to_in_json() {
    let ours = runner(&[]);
    let address = json_only(ours.address.clone());
    let offload = FACE.offload(&address, false);
    assert_eq!(FACE.judge(&offload), Ok("plain".into()));
}

fn json_only(upstream: String) -> String {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let upstream = upstream.clone();
            thread::spawn(move || {
                let (mut bytes, mut piece) = (Vec::new(), [0; 1 << 16]);
                let (head, mut body) = loop {
                    let read = stream.read(&mut piece).unwrap_or(0);
                    bytes.extend_from_slice(&piece[..read]);
                    if let Some(at) = bytes.windows(4).position(|it| it == b"\r\n\r\n") {
                        break (String::from_utf8_lossy(&bytes[..at]).to_lowercase(), bytes.split_off(at + 4));
                    }
                    if read == 0 {
                        return;
                    }
                };
                let length =
                    head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
                while body.len() < length {
                    let read = stream.read(&mut piece).unwrap_or(0);
                    body.extend_from_slice(&piece[..read]);
                }
                let path = head.split(' ').nth(1).unwrap().to_owned();
                let (status, answer) = if path == "/v2" {
                    (200, br#"{"name":"plain","version":null,"extensions":[]}"#.to_vec())
                } else if head.contains("inference-header-content-length") {
                    (500, b"Traceback (most recent call last)".to_vec())
                } else {
                    let (client, url) = (reqwest::blocking::Client::new(), format!("http://{upstream}{path}"));
                    let request = if head.starts_with("post") { client.post(url).body(body) } else { client.get(url) };
                    let answer = request.send().unwrap();
                    (answer.status().as_u16(), answer.bytes().unwrap().to_vec())
                };
                let head =
                    format!("HTTP/1.1 {status} So\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", answer.len());
                let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&answer));
            });
        }
    });
    address
}
