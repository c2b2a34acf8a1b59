// Keeps what changes by itself up to date. Without this file every page works; it is then loaded again by hand.
"use strict";
(() => {
  const region = document.querySelector("[data-live]");
  const note = document.getElementById("live-note");
  if (!region || !note) return;

  // The service says when something has happened; times that run by themselves are looked at again and again.
  const EVERY_MS = 5000;
  // While the service cannot say so.
  const ALONE_EVERY_MS = 2000;
  const HIDDEN_EVERY_MS = 30000;
  const PATIENCE_MS = 8000;
  let timer = 0;
  let asking = false;
  let again = false;
  let hears = false;

  const say = (live) => {
    const words = live ? note.dataset.on : note.dataset.off;
    if (note.textContent !== words) note.textContent = words;
    note.classList.toggle("lost", !live);
  };

  // Somebody who is choosing, typing or listening in a part of the page must not lose it. The other parts go on.
  const isInUse = (part) =>
    part.matches("details[open]") || part.querySelector("details[open]") !== null ||
    [...part.querySelectorAll("audio")].some((player) => !player.paused) ||
    (part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea"));

  // How to find again what has the focus once its part was made anew: by its name, or as the so-manieth of its card.
  const place = (element) => {
    const FOCUSABLE = "a[href], button, summary, input, select, textarea";
    const { id } = element;
    if (id) return () => document.getElementById(id);
    const named = element.closest("li, section, details")?.querySelector("[id]")?.id;
    const card = (name) => document.getElementById(name)?.closest("li, section, details");
    if (!named) return () => null;
    const nth = [...card(named).querySelectorAll(FOCUSABLE)].indexOf(element);
    return () => card(named)?.querySelectorAll(FOCUSABLE)[nth];
  };

  const show = (html) => {
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    // Both are of one template: its parts are always the same ones.
    const parts = [...region.children];
    const news = [...fresh.content.children];
    const focused = region.contains(document.activeElement) ? place(document.activeElement) : null;
    parts.forEach((part, n) => {
      // What is there already stays as it is, under whose finger soever.
      if (news[n] && part.outerHTML !== news[n].outerHTML && !isInUse(part)) part.replaceWith(news[n]);
    });
    // Whoever works by keyboard stays where they were: at the same thing, or else at the same part.
    if (focused && !region.contains(document.activeElement)) focused()?.focus({ preventScroll: true });
  };

  const refresh = async () => {
    if (asking) {
      again = true;
      return;
    }
    clearTimeout(timer);
    asking = true;
    try {
      const answer = await fetch(region.dataset.live, {
        credentials: "same-origin",
        cache: "no-store",
        redirect: "error",
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      if (answer.status === 401) {
        location.reload();
        return;
      }
      if (!answer.ok) throw new Error(String(answer.status));
      show(await answer.text());
      say(true);
    } catch {
      say(false);
    }
    asking = false;
    if (again) {
      again = false;
      refresh();
      return;
    }
    timer = setTimeout(refresh, document.hidden ? HIDDEN_EVERY_MS : hears ? EVERY_MS : ALONE_EVERY_MS);
  };

  // A browser keeps six connections to one service for all its tabs together: one that nobody sees leaves its own to others.
  let news = null;
  const listen = () => {
    news?.close();
    hears = false;
    news = document.hidden ? null : new EventSource(region.dataset.news);
    if (!news) return;
    news.onopen = () => { hears = true; };
    news.onmessage = refresh;
    news.onerror = () => { hears = false; refresh(); };
  };
  document.addEventListener("visibilitychange", () => {
    listen();
    if (!document.hidden) refresh();
  });
  listen();
  refresh();
})();
