//! Documents as text: the terminal, Markdown and HTML. Knows nothing but `document`.

mod html;
mod markdown;
mod terminal;

pub use html::html;
pub use markdown::markdown;
pub use terminal::{Style, terminal};
