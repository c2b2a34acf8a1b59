//! The times of one day: spans of minutes, which may reach past midnight.

pub(super) const DAY_MIN: u16 = 24 * 60;

/// Minutes after a day's midnight, `[from, to)`, up to the end of the next day.
pub(in crate::routing) type Span = (u16, u16);

pub(super) fn past_midnight(spans: &[Span]) -> Vec<Span> {
    spans
        .iter()
        .filter(|(_, to)| *to > DAY_MIN)
        .map(|(from, to)| (from.saturating_sub(DAY_MIN), to - DAY_MIN))
        .collect()
}

/// Puts `more` into `spans`, keeping them sorted and joining what touches.
pub(super) fn add(spans: &mut Vec<Span>, more: &[Span]) {
    spans.extend_from_slice(more);
    spans.sort_unstable();
    spans.dedup_by(|next, kept| {
        let touches = next.0 <= kept.1;
        if touches {
            kept.1 = kept.1.max(next.1);
        }
        touches
    });
}

/// Takes `holes` out of `spans`.
pub(super) fn cut(spans: &mut Vec<Span>, holes: &[Span]) {
    for &(from, to) in holes {
        *spans = spans
            .iter()
            .flat_map(|&(start, end)| [(start, end.min(from)), (start.max(to), end)])
            .filter(|(start, end)| start < end)
            .collect();
    }
}
