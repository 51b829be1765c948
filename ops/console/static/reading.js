// What is blurred for eyes is kept from screen readers too; a passage that is asked for is unfolded.
"use strict";
(() => {
  function veil() {
    for (const text of document.querySelectorAll(".veil")) {
      if (getComputedStyle(text).filter === "none") text.removeAttribute("aria-hidden");
      else text.setAttribute("aria-hidden", "true");
    }
  }
  document.addEventListener("DOMContentLoaded", veil);
  for (const name of ["change", "focusin", "focusout", "htmx:load"]) document.addEventListener(name, veil);

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-passage]");
    if (!link) return;
    event.preventDefault(); // the address stays that of the item
    const unfold = document.getElementById("unfold");
    if (unfold) unfold.checked = true;
    const passage = document.getElementById(link.dataset.passage);
    passage?.scrollIntoView({ block: "center" });
    if (passage) getSelection().selectAllChildren(passage); // from there a screen reader reads on
  });
})();
