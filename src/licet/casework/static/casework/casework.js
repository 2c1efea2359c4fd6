// One reason typed once fills the others; each stays its own and can be changed. The page works without this file.
(function () {
  "use strict";
  document.querySelectorAll("[data-fill]").forEach((source) => {
    const fill = () => {
      document.querySelectorAll("input[name^='" + source.dataset.fill + "']").forEach((box) => { box.value = source.value; });
    };
    source.addEventListener("input", fill);
    if (source.value) fill(); // typed before this file was there
  });
})();
