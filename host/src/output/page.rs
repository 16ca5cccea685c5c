//! What every page is made in, and reports: one file that needs nothing but itself.

use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The style that all pages share.
pub const STYLE: &str = include_str!("report.css");
/// The browser itself refuses whatever would leave the page.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/// The whole page around `body`, with `style` beside the style that all pages share.
pub fn page(title: &str, style: &str, body: Markup) -> String {
    let head = html! {
        meta http-equiv="Content-Security-Policy" content=(POLICY);
        style { (PreEscaped(STYLE)) (PreEscaped(style)) }
    };
    document(title, head, body).into_string()
}

/// A document that suits screens of any size, light and dark, with more in its head; `body` is the element.
pub fn document(title: &str, head: Markup, body: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Veritag: " (title) }
                (head)
            }
            (body)
        }
    }
}
