//! A page, and what a person can see on it.

use reqwest::header::HeaderMap;
use scraper::{Html, Selector};

use super::{Answer, Form};

/// A response that holds HTML.
#[derive(Debug)]
pub struct Page {
    /// The path it was asked at.
    pub path: String,
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Page {
    /// Wraps the response to a request for that path.
    pub fn new(path: &str, answer: Answer) -> Self {
        Self { path: path.into(), status: answer.status, headers: answer.headers, body: answer.text }
    }

    /// The header's value; empty if it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// The HTML without the values that differ each time: form tokens and once-tokens.
    pub fn without_tokens(&self) -> String {
        ["name=\"_csrf\" value=\"", "name=\"once\" value=\""].iter().fold(self.body.clone(), |body, start| {
            let mut parts = body.split(start);
            let first = parts.next().unwrap_or_default().to_owned();
            parts.fold(first, |done, part| done + *start + &part[part.find('"').unwrap_or_default()..])
        })
    }

    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{} answered {}:\n{}", self.path, self.status, self.text("body"));
        self
    }

    /// The path of the redirect.
    pub fn leads_to(&self) -> String {
        assert_eq!(self.status, 303, "{} answered {}:\n{}", self.path, self.status, self.text("body"));
        self.header("location").to_owned()
    }

    /// The texts of all elements that match the selector, with blanks folded.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        let fold = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let page = Html::parse_document(&self.body);
        page.select(&Selector::parse(selector).expect(selector))
            .map(|element| fold(element.text().collect::<Vec<_>>().join(" ")))
            .collect()
    }

    /// The text of the first element that matches; empty if nothing matches.
    pub fn text(&self, selector: &str) -> String {
        self.texts(selector).into_iter().next().unwrap_or_default()
    }

    /// Whether an element matches the selector.
    pub fn has(&self, selector: &str) -> bool {
        !self.texts(selector).is_empty()
    }

    /// An attribute of the first element that matches.
    pub fn attribute(&self, selector: &str, name: &str) -> Option<String> {
        let page = Html::parse_document(&self.body);
        let element = page.select(&Selector::parse(selector).expect(selector)).next();
        element.and_then(|element| element.attr(name).map(Into::into))
    }

    /// The HTML of the first element that matches.
    pub fn html(&self, selector: &str) -> String {
        let page = Html::parse_document(&self.body);
        let element = page.select(&Selector::parse(selector).expect(selector)).next();
        element.map(|element| element.html()).unwrap_or_default()
    }

    /// Every address that the page links to or loads.
    pub fn links(&self) -> Vec<String> {
        let page = Html::parse_document(&self.body);
        let links = Selector::parse("a[href], link[href], script[src], img[src]").expect("links");
        let address =
            |element: scraper::ElementRef| element.attr("href").or(element.attr("src")).map(ToOwned::to_owned);
        page.select(&links).filter_map(address).collect()
    }

    /// The form that contains the first element that matches; panics if nothing matches.
    pub fn form(&self, selector: &str) -> Form {
        self.find_form(selector).unwrap_or_else(|| panic!("no form with {selector} on {}:\n{}", self.path, self.body))
    }

    /// The same; `None` if nothing matches.
    pub fn find_form(&self, selector: &str) -> Option<Form> {
        Form::find(&Html::parse_document(&self.body), selector)
    }

    /// The form with that action.
    pub fn form_to(&self, action: &str) -> Form {
        self.form(&format!("form[action='{action}']"))
    }

    /// The error message beside a field.
    pub fn error(&self, slug: &str) -> String {
        self.text(&format!("#err-{slug}"))
    }

    /// Whether the visible text contains these words.
    pub fn says(&self, words: &str) -> bool {
        self.text("body").contains(words)
    }
}
