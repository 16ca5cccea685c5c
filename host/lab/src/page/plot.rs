//! The square from 0 to 1 on which curves are drawn.

use maud::{Markup, html};

const LEFT: f64 = 46.0;
const TOP: f64 = 10.0;
const SIDE: f64 = 280.0;
const TICKS: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];

/// Where a value of 0..1 lies across, in the drawing's units.
pub fn x(value: f64) -> f64 {
    LEFT + value * SIDE
}

/// Where a value of 0..1 lies, upwards.
pub fn y(value: f64) -> f64 {
    TOP + (1.0 - value) * SIDE
}

/// The points as the data of an SVG path.
pub fn path(points: impl IntoIterator<Item = (f64, f64)>) -> String {
    let step = |(nth, (across, up))| format!("{}{:.1} {:.1}", if nth == 0 { 'M' } else { 'L' }, x(across), y(up));
    points.into_iter().enumerate().map(step).collect()
}

/// A drawing with its axes named, the upward one unnumbered where it has no name; `label` is for those who do not see it.
pub fn plot(label: &str, across: &str, up: &str, content: &Markup, caption: &Markup) -> Markup {
    html! {
        figure.square {
            svg role="img" aria-label=(label) viewBox="0 0 340 332" {
                rect.plot x=(x(0.0)) y=(y(1.0)) width=(SIDE) height=(SIDE) {}
                @for tick in TICKS {
                    line.grid x1=(x(tick)) x2=(x(tick)) y1=(y(0.0)) y2=(y(1.0)) {}
                    line.grid x1=(x(0.0)) x2=(x(1.0)) y1=(y(tick)) y2=(y(tick)) {}
                    text.axis.middle x=(x(tick)) y=(y(0.0) + 16.0) { (tick) }
                    @if !up.is_empty() { text.axis.end x=(x(0.0) - 6.0) y=(y(tick) + 4.0) { (tick) } }
                }
                text.axis.middle x=(x(0.5)) y=(y(0.0) + 35.0) { (across) }
                text.axis.middle x="0" y="0" transform=(format!("translate(11 {}) rotate(-90)", y(0.5))) { (up) }
                (content)
            }
            figcaption { (caption) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_square_spans_zero_to_one() {
        assert_eq!(path([(0.0, 0.0), (1.0, 1.0)]), "M46.0 290.0L326.0 10.0");
    }
}
