//! What stands between a client and a runner, and spoils some of its answers.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use reqwest::blocking::Client;
use reqwest::header::CONTENT_TYPE;

const HEADER_LENGTH: &str = "inference-header-content-length";

/// What becomes of one request for features.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Nothing.
    None,
    /// The connection ends once half of the answer is out.
    Killed,
    /// No answer.
    Hangs,
    Garbage,
    Status(u16),
    WrongShape,
    NotANumber,
    /// The answer drips.
    Slow,
    /// Another server answers.
    Elsewhere(String),
}

/// A proxy of `HOST:PORT`.
pub struct Faulty {
    pub address: String,
    /// How many requests for features have come.
    pub asked: Arc<AtomicUsize>,
    /// The `authorization` of the last, in small letters.
    pub bearer: Arc<Mutex<Option<String>>>,
}

struct Answer {
    status: u16,
    header_length: Option<usize>,
    body: Vec<u8>,
}

impl Faulty {
    /// Before the runner at `upstream`; `script` says what becomes of the nth request for features, from 0 on.
    pub fn before(upstream: &str, script: impl Fn(usize) -> Fault + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("a port").to_string();
        let asked = Arc::new(AtomicUsize::new(0));
        let bearer = Arc::new(Mutex::new(None));
        let (counter, script, upstream, last) = (asked.clone(), Arc::new(script), upstream.to_owned(), bearer.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (counter, script, upstream, last) =
                    (counter.clone(), script.clone(), upstream.clone(), last.clone());
                // Who is gone wants no answer.
                thread::spawn(move || serve(stream, &upstream, (&counter, &last), script.as_ref()));
            }
        });
        Self { address, asked, bearer }
    }
}

fn serve(
    mut stream: TcpStream,
    upstream: &str,
    (asked, bearer): (&AtomicUsize, &Mutex<Option<String>>),
    script: &dyn Fn(usize) -> Fault,
) -> Option<()> {
    let (head, body) = request(&mut stream)?;
    let path = head.lines().next()?.split(' ').nth(1)?;
    *bearer.lock().ok()? = header(&head, "authorization");
    let fault = if path.ends_with("/infer") { script(asked.fetch_add(1, Ordering::SeqCst)) } else { Fault::None };
    let upstream = if let Fault::Elsewhere(other) = &fault { other } else { upstream };
    let mut answer = match fault {
        Fault::Hangs => {
            thread::sleep(Duration::from_secs(20));
            return None;
        }
        Fault::Status(status) => Answer { status, header_length: None, body: br#"{"error":"out of order"}"#.to_vec() },
        Fault::Garbage => Answer { status: 200, header_length: Some(17), body: vec![0xa5; 999] },
        _ => forward(upstream, path, &head, body)?,
    };
    match (&fault, answer.header_length) {
        (Fault::WrongShape, Some(_)) => {
            let at = answer.body.windows(5).position(|window| window == b"1280]")?;
            answer.body[at..at + 4].copy_from_slice(b"1281");
        }
        (Fault::NotANumber, Some(at)) => answer.body[at..at + 4].copy_from_slice(&f32::NAN.to_le_bytes()),
        _ => {}
    }
    reply(&mut stream, &answer, &fault)
}

fn request(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let (mut bytes, mut piece) = (Vec::new(), [0; 1 << 16]);
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        let read = stream.read(&mut piece).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&piece[..read]);
    };
    let head =
        String::from_utf8_lossy(&bytes[..end]).to_lowercase().replacen("post", "POST", 1).replacen("get", "GET", 1);
    let length = header(&head, "content-length").and_then(|value| value.parse().ok()).unwrap_or(0);
    let mut body = bytes.split_off(end);
    while body.len() < length {
        let read = stream.read(&mut piece).ok().filter(|read| *read > 0)?;
        body.extend_from_slice(&piece[..read]);
    }
    Some((head, body))
}

fn header(head: &str, name: &str) -> Option<String> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned))
}

fn forward(upstream: &str, path: &str, head: &str, body: Vec<u8>) -> Option<Answer> {
    let (client, url) = (Client::new(), format!("http://{upstream}{path}"));
    let mut request = if head.starts_with("POST") { client.post(url).body(body) } else { client.get(url) };
    for name in [CONTENT_TYPE.as_str(), HEADER_LENGTH] {
        if let Some(value) = header(head, name) {
            request = request.header(name, value);
        }
    }
    let response = request.send().ok()?;
    let header_length = response.headers().get(HEADER_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    Some(Answer { status: response.status().as_u16(), header_length, body: response.bytes().ok()?.to_vec() })
}

fn reply(stream: &mut TcpStream, answer: &Answer, fault: &Fault) -> Option<()> {
    let Answer { status, header_length, body } = answer;
    let mut head = format!("HTTP/1.1 {status} So\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    header_length.iter().for_each(|length| head.push_str(&format!("{HEADER_LENGTH}: {length}\r\n")));
    stream.write_all(format!("{head}\r\n").as_bytes()).ok()?;
    let pieces = match fault {
        Fault::Killed => return stream.write_all(&body[..body.len() / 2]).ok(),
        Fault::Slow => 8,
        _ => 1,
    };
    for piece in body.chunks(body.len().div_ceil(pieces).max(1)) {
        if pieces > 1 {
            thread::sleep(Duration::from_millis(60));
        }
        stream.write_all(piece).ok()?;
    }
    Some(())
}
