"use strict";
// An experiment's page collects the figures about it: copies of those that stand in the sections above, whose
// pixels the browser keeps once.

function collectFigures(article) {
  const slot = article.querySelector("[data-figures]");
  if (slot.dataset.collected) return;
  slot.dataset.collected = "true";
  const figures = [...document.querySelectorAll("main figure[data-of]")].filter((figure) => figure.dataset.of === slot.dataset.figures);
  const wide = (figure) => figure.classList.contains("wide"); // after those that stand two in a line
  slot.replaceChildren(...figures.sort((a, b) => wide(a) - wide(b)).map((figure) => figure.cloneNode(true)));
}
