// One key per step: elements with data-key are clicked, folds are opened and their first field is focused.
(function () {
  "use strict";
  const typing = (target) => target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
    const target = document.querySelector('main [data-key="' + CSS.escape(event.key) + '"]');
    if (!target) return;
    event.preventDefault();
    if (target.tagName === "DETAILS") {
      target.open = true;
      const field = target.querySelector("input:not([type=hidden]), textarea, select");
      if (field) field.focus();
    } else target.click();
  });
})();
