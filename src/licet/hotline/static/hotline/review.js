// One key per step: elements with data-key are clicked, folds are opened and their first field is focused. Elements with
// data-pick choose among reasons: within an open fold that has the focus, or else where the page offers them; the choice
// brings its reason along (data-preset, to be edited), and Enter sends it.
(function () {
  "use strict";
  const typing = (target) => target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select");
  const named = (attribute, key) => "[" + attribute + '="' + CSS.escape(key) + '"]';
  const presets = new Set();

  function choose(option) {
    const fold = option.closest("details");
    if (fold) fold.open = true;
    option.checked = true;
    fill(option);
    const send = option.form.querySelector("[data-send]");
    const reason = option.form.querySelector("textarea");
    if (send && reason && reason.value.trim()) send.focus();
    else if (reason) reason.focus();
  }

  function fill(option) {
    const reason = option.form.querySelector("textarea");
    if (!option.dataset.preset || !reason) return;
    const kept = reason.value.trim();
    if (kept && !presets.has(kept)) return; // somebody wrote a reason of their own
    reason.value = option.dataset.preset;
  }

  function step(target) {
    if (target.tagName !== "DETAILS") return target.click();
    target.open = true;
    const field = target.querySelector("input:not([type=hidden]), textarea, select");
    if (field) field.focus();
  }

  document.querySelectorAll("[data-preset]").forEach((option) => {
    presets.add(option.dataset.preset);
    option.addEventListener("change", () => fill(option));
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
    if (typing(event.target)) return;
    const here = event.target.closest("details[open]");
    const option = (here && here.querySelector(named("data-pick", event.key))) ||
      document.querySelector("main details[data-picks] " + named("data-pick", event.key));
    const target = option || document.querySelector("main " + named("data-key", event.key));
    if (!target) return;
    event.preventDefault();
    if (option) choose(option);
    else step(target);
  });
})();
