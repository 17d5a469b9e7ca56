//! Draws state tables of the code for the guide; tests keep the files in `guide/drawings` in sync with them.

use std::{fmt::Write as _, fs, path::Path};

/// One step of the grid, and the size of a box.
const COLUMN: f64 = 215.0;
const ROW: f64 = 92.0;
const WIDTH: f64 = 136.0;
const HEIGHT: f64 = 34.0;
const MARGIN: f64 = 20.0;
/// How far two arrows between the same boxes stand apart.
const BEND: f64 = 34.0;
/// How far along an arrow its label is: nearer to where it begins, as arrows cross in their middle.
const ALONG: f64 = 0.4;

/// Boxes and arrows. The positions of the boxes are set by hand; the arrows come from the table.
pub(crate) struct Drawing {
    name: &'static str,
    title: &'static str,
    boxes: Vec<(String, f64, f64)>,
    arrows: Vec<(usize, usize, Vec<String>)>,
}

impl Drawing {
    pub(crate) fn new(name: &'static str, title: &'static str) -> Self {
        Self { name, title, boxes: Vec::new(), arrows: Vec::new() }
    }

    /// Places a box, by column and row of the grid.
    pub(crate) fn place(mut self, text: &str, column: f64, row: f64) -> Self {
        self.boxes.push((text.to_owned(), MARGIN + column * COLUMN + WIDTH / 2.0, MARGIN + row * ROW + HEIGHT / 2.0));
        self
    }

    /// Adds an arrow. Several from one box to another become one with all their labels.
    pub(crate) fn arrow(mut self, from: &str, to: &str, label: &str) -> Self {
        let (from, to) = (self.position(from), self.position(to));
        let known = self.arrows.iter_mut().find(|arrow| (arrow.0, arrow.1) == (from, to));
        let labels = match known {
            Some((.., labels)) => labels,
            None => {
                self.arrows.push((from, to, Vec::new()));
                &mut self.arrows.last_mut().expect("one was just added").2
            }
        };
        labels.extend((!label.is_empty()).then(|| label.to_owned()));
        self
    }

    fn position(&self, text: &str) -> usize {
        self.boxes.iter().position(|(known, ..)| known == text).unwrap_or_else(|| panic!("{}: no place for {text}", self.name))
    }

    /// Compares the file with the table, or writes it with `UPDATE_GOLDEN=1`.
    pub(crate) fn keep(&self) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/guide/drawings").join(self.name).with_extension("svg");
        let svg = self.svg();
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, &svg).expect("the drawing can be written");
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == svg, "{} is not what the code says; run the test with UPDATE_GOLDEN=1 and look at it", path.display());
    }

    fn svg(&self) -> String {
        let right = self.boxes.iter().map(|(_, x, _)| x + WIDTH / 2.0).fold(0.0, f64::max) + MARGIN;
        let bottom = self.boxes.iter().map(|(.., y)| y + HEIGHT / 2.0).fold(0.0, f64::max) + MARGIN;
        let (name, title) = (self.name, self.title);
        // In the colors of the page, light or dark. A blank line would end the HTML within Markdown.
        let mut svg = format!(
            "\n<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 {right:.0} {bottom:.0}\" \
             style=\"width:100%;max-width:{right:.0}px;font:12px sans-serif\" fill=\"none\" stroke=\"currentColor\">\n<title>{title}</title>\n\
             <defs><marker id=\"{name}-tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\">\
             <path d=\"M0 0L8 4L0 8Z\" fill=\"currentColor\" stroke=\"none\"/></marker></defs>\n"
        );
        let mut labels = String::new();
        for (from, to, words) in &self.arrows {
            let ((_, x1, y1), (_, x2, y2)) = (&self.boxes[*from], &self.boxes[*to]);
            let is_two_way = self.arrows.iter().any(|(other, back, _)| (other, back) == (to, from));
            let length = (x2 - x1).hypot(y2 - y1);
            let bend = if is_two_way { BEND } else { 0.0 };
            let (cx, cy) = (f64::midpoint(*x1, *x2) - (y2 - y1) / length * bend, f64::midpoint(*y1, *y2) + (x2 - x1) / length * bend);
            let (sx, sy) = border((*x1, *y1), (cx, cy));
            let (ex, ey) = border((*x2, *y2), (cx, cy));
            let _ = writeln!(svg, "<path d=\"M{sx:.0} {sy:.0}Q{cx:.0} {cy:.0} {ex:.0} {ey:.0}\" marker-end=\"url(#{name}-tip)\"/>");
            if !words.is_empty() {
                let on_curve = |start: f64, bend: f64, end: f64| {
                    (1.0 - ALONG).powi(2) * start + 2.0 * ALONG * (1.0 - ALONG) * bend + ALONG.powi(2) * end
                };
                let (lx, ly) = (on_curve(sx, cx, ex), on_curve(sy, cy, ey));
                let words = words.join(", ");
                let half = words.chars().count() as f64 * 3.1 + 3.0;
                let _ = writeln!(
                    labels,
                    "<rect x=\"{:.0}\" y=\"{:.0}\" width=\"{:.0}\" height=\"16\" fill=\"var(--main-background-color,#fff)\" stroke=\"none\"/>\
                     <text x=\"{lx:.0}\" y=\"{:.0}\" text-anchor=\"middle\" fill=\"currentColor\" stroke=\"none\" font-style=\"italic\">{words}</text>",
                    lx - half,
                    ly - 8.0,
                    half * 2.0,
                    ly + 4.0,
                );
            }
        }
        svg.push_str(&labels);
        for (text, x, y) in &self.boxes {
            let _ = writeln!(
                svg,
                "<rect x=\"{:.0}\" y=\"{:.0}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"6\"/>\
                 <text x=\"{x:.0}\" y=\"{:.0}\" text-anchor=\"middle\" fill=\"currentColor\" stroke=\"none\">{text}</text>",
                x - WIDTH / 2.0,
                y - HEIGHT / 2.0,
                y + 4.5,
            );
        }
        svg.push_str("</svg>\n");
        svg
    }
}

/// Where the line from a box's middle towards a point leaves the box.
fn border((x, y): (f64, f64), (to_x, to_y): (f64, f64)) -> (f64, f64) {
    let (dx, dy) = (to_x - x, to_y - y);
    let share = (WIDTH / 2.0 / dx.abs()).min(HEIGHT / 2.0 / dy.abs());
    (x + dx * share, y + dy * share)
}
