//! People at the review pages.

use std::fs;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::blocking::{Client, RequestBuilder, Response};
use reqwest::redirect::Policy;
use serde_json::json;
use veritag_tests::fixture;
use veritag_tests::people::{PEOPLE, write_tokens};
use veritag_tests::service::{SOURCES, Service, Site, only_job};

/// A service with the assets named, assessed, and a browser of everybody.
pub struct Pages {
    pub site: Site,
    pub service: Service,
    pub client: Client,
}

/// Somebody who is signed in.
pub struct Browser<'a> {
    pages: &'a Pages,
    pub cookie: String,
}

impl Pages {
    pub fn new(more: &str) -> Self {
        Self::at(Site::new(&format!("{SOURCES}{PEOPLE}{more}")))
    }

    pub fn at(site: Site) -> Self {
        write_tokens(&site);
        let service = site.serve();
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        Self { site, service, client }
    }

    /// Has an asset assessed; gives its sha256.
    pub fn assess(&self, name: &str) -> String {
        fs::copy(fixture(&format!("media/{name}")), self.site.media(name)).unwrap();
        let job = self.service.outcome(&only_job(self.service.hook("own", json!({ "path": name }).to_string())));
        job["assessment"]["asset"]["sha256"].as_str().unwrap_or_else(|| panic!("{job:#}")).to_owned()
    }

    pub fn sign_in(&self, token: &str) -> Response {
        let request = self.client.post(self.service.url("/review/sign-in"));
        with_form(request, &[("token", token)]).send().unwrap()
    }

    pub fn browser(&self, name: &str) -> Browser<'_> {
        let answer = self.sign_in(name);
        assert_eq!(answer.status(), 303, "{name}");
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
        Browser { pages: self, cookie: cookie.split(';').next().unwrap().to_owned() }
    }
}

impl Browser<'_> {
    pub fn get(&self, path: &str) -> Response {
        let request = self.pages.client.get(self.pages.service.url(path)).header("cookie", &self.cookie);
        request.send().unwrap()
    }

    pub fn page(&self, path: &str) -> String {
        let answer = self.get(path);
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().unwrap()
    }

    pub fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        let request = self.pages.client.post(self.pages.service.url(path)).header("cookie", &self.cookie);
        with_form(request.header("sec-fetch-site", "same-origin"), form).send().unwrap()
    }
}

pub fn with_form(request: RequestBuilder, form: &[(&str, &str)]) -> RequestBuilder {
    let encoded = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
    let pairs: Vec<_> = form.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    request.header("content-type", "application/x-www-form-urlencoded").body(pairs.join("&"))
}

pub fn location(answer: &Response) -> String {
    assert_eq!(answer.status(), 303);
    answer.headers()["location"].to_str().unwrap().to_owned()
}

pub fn batch(address: &str) -> &str {
    address.rsplit_once("undo=").expect("a decision can be undone").1
}
