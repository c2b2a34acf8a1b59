// The demo's page as it happens. Without this file the buttons work all the same; the page is then loaded again by hand.
"use strict";
(() => {
  const stage = document.getElementById("stage");
  if (!stage) return;

  // What stays the same stays where it is, under whose finger or in whose ear soever.
  const become = (old, fresh) => {
    const news = [...fresh.childNodes];
    [...old.childNodes].slice(news.length).forEach((node) => node.remove());
    news.forEach((node, n) => {
      const there = old.childNodes[n];
      if (!there) {
        old.append(node);
      } else if (there.nodeType !== node.nodeType || there.nodeName !== node.nodeName) {
        there.replaceWith(node);
      } else if (node.nodeType !== Node.ELEMENT_NODE) {
        if (there.nodeValue !== node.nodeValue) there.nodeValue = node.nodeValue;
      } else {
        for (const { name } of [...there.attributes]) if (!node.hasAttribute(name)) there.removeAttribute(name);
        for (const { name, value } of [...node.attributes]) {
          if (there.getAttribute(name) !== value) there.setAttribute(name, value);
        }
        become(there, node);
      }
    });
  };

  // Told at once how things stand, and then of each change. A tab that nobody sees leaves its connection to others.
  let news = null;
  const listen = () => {
    news?.close();
    news = document.hidden ? null : new EventSource(stage.dataset.scene);
    if (!news) return;
    news.onmessage = (event) => {
      const fresh = document.createElement("template");
      fresh.innerHTML = event.data;
      become(stage, fresh.content);
    };
  };
  document.addEventListener("visibilitychange", listen);
  listen();

  // A button here does its work and leaves everything where it is; what comes of it is told above.
  stage.addEventListener("submit", (event) => {
    event.preventDefault();
    const { submitter, target } = event;
    if (submitter?.getAttribute("aria-disabled") === "true") return;
    fetch(target.action, { method: "POST", credentials: "same-origin", redirect: "manual" }).catch(() => {});
  });
})();
