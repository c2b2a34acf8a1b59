//! Whether calls come and go by a carrier, for whoever reads the log or the metrics.

use crate::switchboard::{Change, Why};
use crate::web;

/// Calls come and go by a carrier now, or no longer: said once, and shown until it changes.
pub(super) fn trunk_changed(trunk: &str, change: &Change) {
    match change {
        Change::Registered { registrar, granted } => {
            web::metrics::set_trunk_registered(trunk, true);
            let for_s = granted.as_secs();
            tracing::info!(trunk, %registrar, for_s, "registered with the carrier: its calls come");
        }
        Change::Lost(why) => {
            web::metrics::set_trunk_registered(trunk, false);
            match why {
                Why::Left => tracing::info!(trunk, "no longer registered with the carrier: {why}"),
                _ => tracing::error!(trunk, "not registered with the carrier, its calls do not come: {why}"),
            }
        }
        Change::Reached { proxy } => {
            web::metrics::set_trunk_reached(trunk, true);
            tracing::info!(trunk, %proxy, "the carrier answers: calls go by it");
        }
        Change::Unreached(why) => {
            web::metrics::set_trunk_reached(trunk, false);
            tracing::error!(trunk, "calls may not go by this carrier (OPTIONS): {why}");
        }
    }
}
