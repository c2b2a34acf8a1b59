// Where the browser is, as its clock and language say: better than where the service's machine is. What somebody has typed
// stays.
"use strict";
(() => {
  const field = (what) => document.querySelector(`[data-guess=${what}]`);
  const zone = field("zone");
  const known = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && known && [...document.querySelectorAll("#zones option")].some((option) => option.value === known)) {
    zone.value = known;
  }
  const country = field("country");
  const region = new Intl.Locale(navigator.language).region;
  if (country && !country.value && region && region.length === 2) country.value = region;
})();
