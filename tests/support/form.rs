//! A form, as a browser would send it.

use std::collections::HashMap;

use scraper::{ElementRef, Html, Selector};

/// A form with the current values of its fields.
#[derive(Clone, Debug)]
pub struct Form {
    /// `post` or `get`.
    pub method: String,
    /// The path that it is sent to.
    pub action: String,
    /// The pairs that would be sent, in order.
    pub fields: Vec<(String, String)>,
    names: HashMap<String, String>,
}

impl Form {
    /// The form that contains (or is) the first element that matches the selector.
    pub fn find(page: &Html, selector: &str) -> Option<Self> {
        let target = page.select(&Selector::parse(selector).expect(selector)).next()?;
        let mut around = std::iter::once(target).chain(target.ancestors().filter_map(ElementRef::wrap));
        let own = around.find(|element| element.value().name() == "form");
        // A control may be outside its form and name it by `form`.
        let form = own.or_else(|| {
            let id = target.attr("form")?;
            page.select(&Selector::parse("form").expect("form")).find(|form| form.attr("id") == Some(id))
        })?;
        Some(Self::read(page, form))
    }

    fn read(page: &Html, form: ElementRef) -> Self {
        let controls = Selector::parse("input, select, textarea").expect("controls");
        let id = form.attr("id").unwrap_or("?");
        let outside = Selector::parse(&format!("[form='{id}']")).expect("an id");
        let mut fields = Vec::new();
        let mut names = HashMap::new();
        for control in form.select(&controls).chain(page.select(&outside)) {
            let Some(name) = control.attr("name") else { continue };
            if let Some(id) = control.attr("id") {
                names.insert(id.to_owned(), name.to_owned());
            }
            if let Some(value) = value(control) {
                fields.push((name.to_owned(), value));
            }
        }
        Self {
            method: form.attr("method").unwrap_or("get").to_ascii_lowercase(),
            action: form.attr("action").unwrap_or_default().to_owned(),
            fields,
            names,
        }
    }

    /// The first value of a field; empty if it has no value.
    pub fn value(&self, name: &str) -> &str {
        self.fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// All values that would be sent under that name.
    pub fn values(&self, name: &str) -> Vec<&str> {
        self.fields.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    /// Fills a field, selects a radio button or an option.
    pub fn set(mut self, name: &str, value: &str) -> Self {
        match self.fields.iter_mut().find(|(known, _)| known == name) {
            Some(field) => field.1 = value.into(),
            None => self.fields.push((name.into(), value.into())),
        }
        self
    }

    /// Fills the field with that id.
    pub fn fill(self, id: &str, value: &str) -> Self {
        let name = self.names.get(id).unwrap_or_else(|| panic!("no #{id} in {self:?}")).clone();
        self.set(&name, value)
    }

    /// Ticks a box.
    pub fn tick(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.into(), value.into()));
        self
    }

    /// Removes all pairs of that name.
    pub fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self
    }
}

/// The value that a control would send, if any (HTML, "constructing the form data set").
fn value(control: ElementRef) -> Option<String> {
    let element = control.value();
    if element.attr("disabled").is_some() {
        return None;
    }
    match (element.name(), element.attr("type").unwrap_or("text")) {
        ("input", "submit" | "button" | "image" | "reset" | "file") | ("button", _) => None,
        ("input", "checkbox" | "radio") => {
            element.attr("checked").map(|_| element.attr("value").unwrap_or("on").to_owned())
        }
        ("input", _) => Some(element.attr("value").unwrap_or_default().to_owned()),
        ("textarea", _) => {
            let text: String = control.text().collect();
            Some(text.strip_prefix('\n').unwrap_or(&text).to_owned())
        }
        _ => chosen(control),
    }
}

fn chosen(select: ElementRef) -> Option<String> {
    let options: Vec<_> = select.select(&Selector::parse("option").expect("option")).collect();
    let chosen = options.iter().find(|option| option.attr("selected").is_some()).or(options.first())?;
    Some(chosen.attr("value").map_or_else(|| chosen.text().collect(), ToOwned::to_owned))
}
