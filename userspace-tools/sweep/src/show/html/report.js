// SPDX-License-Identifier: GPL-2.0
// What of the page moves: series on and off, points read out, dark and light. All of it can be read without.
"use strict";
(() => {
  const root = document.documentElement;
  const store = (value) => { try { localStorage.setItem("theme", value); } catch { /* a file may have no store */ } };
  const stored = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  if (stored()) root.dataset.theme = stored();
  document.querySelector(".theme").addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    store(root.dataset.theme);
  });

  for (const figure of document.querySelectorAll("figure")) {
    const plot = figure.querySelector(".plot"), tip = figure.querySelector(".tip"), svg = plot.querySelector("svg");
    for (const key of figure.querySelectorAll(".key")) {
      key.addEventListener("click", () => {
        const on = key.getAttribute("aria-pressed") !== "true";
        key.setAttribute("aria-pressed", on);
        for (const series of svg.querySelectorAll(`[data-series="${key.dataset.series}"]`)) series.classList.toggle("hidden", !on);
        hide();
      });
    }
    const points = () => [...svg.querySelectorAll("[data-tip]")].filter((p) => !p.closest(".hidden"));
    let at = null;
    const hide = () => { at?.classList.remove("at"); at = null; tip.hidden = true; };
    const show = (point) => {
      if (point === at) return;
      hide();
      at = point;
      point.classList.add("at");
      tip.textContent = point.dataset.tip;
      tip.hidden = false;
      const scale = svg.clientWidth / svg.viewBox.baseVal.width;
      const x = point.dataset.x * scale, y = point.dataset.y * scale;
      tip.style.left = `${Math.max(0, Math.min(x + 10, plot.clientWidth - tip.offsetWidth))}px`;
      tip.style.top = `${y > tip.offsetHeight + 12 ? y - tip.offsetHeight - 10 : y + 12}px`;
    };
    plot.addEventListener("pointermove", (event) => {
      const box = svg.getBoundingClientRect(), scale = svg.viewBox.baseVal.width / box.width;
      const x = (event.clientX - box.left) * scale, y = (event.clientY - box.top) * scale;
      let best = null, least = 30 ** 2;
      for (const point of points()) {
        const far = (point.dataset.x - x) ** 2 + (point.dataset.y - y) ** 2;
        if (far < least) { best = point; least = far; }
      }
      if (best) show(best); else hide();
    });
    plot.addEventListener("pointerleave", hide);
    plot.addEventListener("blur", hide);
    plot.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      const all = points();
      if (event.key === "Escape") hide();
      if (!step || !all.length) return;
      event.preventDefault();
      const from = at ? all.indexOf(at) : step > 0 ? -1 : 0;
      show(all[(from + step + all.length) % all.length]);
    });
  }

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const details of closed) details.open = true;
  });
  addEventListener("afterprint", () => { for (const details of closed) details.open = false; });
})();
