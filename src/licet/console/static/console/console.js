// Keyboard, relative times and small comforts. Every page works without this file.
(function () {
  "use strict";
  const typing = (target) => target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  const links = () => Array.from(document.querySelectorAll("[data-queue] a[data-open]"));
  const currentRow = () => document.activeElement && document.activeElement.closest("[data-queue] tr, [data-queue] [data-row]");

  function move(step) {
    const all = links();
    if (!all.length) return;
    const row = currentRow();
    const here = row ? all.indexOf(row.querySelector("a[data-open]")) : -1;
    const next = here < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(here + step, 0), all.length - 1);
    all[next].focus();
    all[next].scrollIntoView({ block: "nearest" });
  }

  function search() {
    const box = document.querySelector("[data-search]");
    if (!box) return false;
    const fold = box.closest("details");
    if (fold) fold.open = true;
    box.focus();
    box.select();
    return true;
  }

  function act() {
    const row = currentRow();
    const target = (row && row.querySelector("[data-act]")) || document.querySelector("main [data-act]");
    if (!target) return;
    const fold = target.closest("details");
    if (fold && !fold.open) fold.open = true;
    target.focus();
    target.click();
  }

  function select() {
    const box = currentRow() && currentRow().querySelector("input[type=checkbox]");
    if (box) box.click();
  }

  function help() {
    const dialog = document.getElementById("keys");
    if (dialog && dialog.showModal && !dialog.open) dialog.showModal();
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { closeFolds(null); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
    const doing = { j: () => move(1), k: () => move(-1), "/": search, e: act, x: select, "?": help }[event.key];
    if (doing && doing() !== false) event.preventDefault();
  });

  // Menus and filter chips close when attention goes elsewhere.
  function closeFolds(except) {
    document.querySelectorAll("details[data-fold][open]").forEach((fold) => {
      if (!except || !fold.contains(except)) {
        if (fold.contains(document.activeElement)) fold.querySelector("summary").focus();
        fold.open = false;
      }
    });
  }
  document.addEventListener("click", (event) => closeFolds(event.target));

  // How long ago, in the page's language, on hover.
  const spans = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  function relative(then) {
    const seconds = (then - Date.now()) / 1000;
    const [unit, size] = spans.find(([, length]) => Math.abs(seconds) >= length) || spans[spans.length - 1];
    return new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "auto" }).format(Math.round(seconds / size), unit);
  }
  document.addEventListener("mouseover", (event) => {
    const time = event.target.closest && event.target.closest("time[data-moment]");
    if (time) time.title = relative(new Date(time.dateTime)) + " · " + time.dateTime;
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-print], [data-close], [data-help], [data-select-all]");
    if (!button) return;
    if (button.hasAttribute("data-print")) window.print();
    if (button.hasAttribute("data-help")) help();
    if (button.hasAttribute("data-close")) button.closest("dialog").close();
    if (button.hasAttribute("data-select-all")) {
      button.closest("[data-queue]").querySelectorAll("tbody input[type=checkbox]").forEach((box) => { box.checked = button.checked; });
    }
  });

  // What only makes sense with this script is hidden until it runs.
  document.querySelectorAll("[data-needs-script]").forEach((part) => { part.hidden = false; });
  const summary = document.querySelector(".error-summary");
  if (summary) summary.focus();

  // A passkey that was refused or cancelled: say so on the page, not only in the browser's console.
  document.addEventListener("allauth.error", (event) => {
    const place = document.getElementById("passkey-problem");
    if (!place) return;
    event.preventDefault();
    place.hidden = false;
    place.focus();
  });
})();
