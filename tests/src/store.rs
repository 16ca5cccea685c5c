//! A store that speaks as much S3 as Veritag asks for, and takes every key for exactly what it is.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Keys of a page of a listing.
const PAGE: usize = 3;

#[derive(Default)]
struct Object {
    bytes: Vec<u8>,
    tagging: String,
}

/// A store with one bucket, `media`.
#[derive(Clone)]
pub struct Store {
    pub endpoint: String,
    objects: Arc<Mutex<BTreeMap<String, Object>>>,
}

impl Store {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let store = Self { endpoint, objects: Arc::default() };
        let serving = store.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let store = serving.clone();
                std::thread::spawn(move || store.answer_all(&stream));
            }
        });
        store
    }

    pub fn put(&self, key: &str, bytes: &[u8]) {
        self.objects().insert(key.into(), Object { bytes: bytes.into(), tagging: "<Tagging/>".into() });
    }

    /// The document with the object's tags.
    pub fn tagging(&self, key: &str) -> String {
        self.objects()[key].tagging.clone()
    }

    fn objects(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Object>> {
        self.objects.lock().expect("no thread panics with it")
    }

    fn answer_all(&self, stream: &TcpStream) {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        while reader.read_line(&mut line).is_ok_and(|read| read > 0) {
            let (mut length, mut signed, mut header) = (0, false, String::new());
            while reader.read_line(&mut header).is_ok_and(|read| read > 2) {
                let (name, value) = header.trim().split_once(": ").unwrap_or_default();
                match name.to_lowercase().as_str() {
                    "content-length" => length = value.parse().unwrap_or(0),
                    "authorization" => signed = value.starts_with("AWS4-HMAC-SHA256 Credential=access/"),
                    _ => {}
                }
                header.clear();
            }
            let mut body = vec![0; length];
            if reader.read_exact(&mut body).is_err() {
                return;
            }
            let words: Vec<&str> = line.split(' ').collect();
            let (status, answer) = if signed { self.answer(words[0], words[1], &body) } else { (403, Vec::new()) };
            let head = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\n\r\n", answer.len());
            if (&mut &*stream).write_all(&[head.as_bytes(), &answer].concat()).is_err() {
                return;
            }
            line.clear();
        }
    }

    fn answer(&self, method: &str, target: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if path == "/media" {
            return (200, self.listing(query).into_bytes());
        }
        let key = percent_decode_str(path.strip_prefix("/media/").expect("the bucket")).decode_utf8().expect("UTF-8");
        let mut objects = self.objects();
        let Some(object) = objects.get_mut(&*key) else { return (404, Vec::new()) };
        match (method, query) {
            ("GET", "") => (200, object.bytes.clone()),
            ("GET", "tagging=") => (200, object.tagging.clone().into_bytes()),
            ("PUT", "tagging=") => {
                object.tagging = String::from_utf8(body.into()).expect("XML");
                (200, Vec::new())
            }
            other => panic!("nobody asks for {other:?}"),
        }
    }

    fn listing(&self, query: &str) -> String {
        let token = query.split('&').find_map(|pair| pair.strip_prefix("continuation-token="));
        let skip = token.map_or(0, |token| token.parse().expect("our own token"));
        let objects = self.objects();
        let entry = |(key, object): (&String, &Object)| {
            let key = utf8_percent_encode(key, NON_ALPHANUMERIC);
            format!("<Contents><Key>{key}</Key><Size>{}</Size><ETag>\"e\"</ETag></Contents>", object.bytes.len())
        };
        let page: String = objects.iter().skip(skip).take(PAGE).map(entry).collect();
        let next = match skip + PAGE < objects.len() {
            true => format!("<NextContinuationToken>{}</NextContinuationToken>", skip + PAGE),
            false => String::new(),
        };
        format!("<ListBucketResult xmlns='x'><EncodingType>url</EncodingType>{page}{next}</ListBucketResult>")
    }
}
