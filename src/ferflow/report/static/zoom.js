"use strict";
// Figures are enlarged by a click or Enter. The dialog is the browser's own: it keeps the focus inside, closes on
// Escape and gives the focus back.

const zoom = document.createElement("dialog");
zoom.className = "zoom";
zoom.setAttribute("aria-label", "Enlarged figure");
zoom.innerHTML = `<div class="bar"><button type="button" data-size aria-pressed="false">Actual size</button>
  <button type="button" data-close autofocus>Close</button></div><div class="sheet" tabindex="0" role="region" aria-label="Figure"></div>`;
document.body.append(zoom);
const sheet = zoom.querySelector(".sheet");
const size = zoom.querySelector("[data-size]");

function setActualSize(actual) {
  zoom.classList.toggle("actual", actual);
  size.setAttribute("aria-pressed", String(actual));
}

function enlarge(image) {
  const copy = new Image();
  copy.src = image.src;
  copy.alt = image.alt;
  sheet.replaceChildren(copy);
  setActualSize(window.innerWidth < 640); // there, to fit is to shrink
  zoom.showModal();
}

size.addEventListener("click", () => setActualSize(!zoom.classList.contains("actual")));
zoom.querySelector("[data-close]").addEventListener("click", () => zoom.close());
sheet.addEventListener("click", (event) => event.target === sheet && zoom.close());
zoom.addEventListener("click", (event) => event.target === zoom && zoom.close());

for (const image of document.querySelectorAll(".card > img")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "enlarge";
  button.title = "Enlarge";
  button.setAttribute("aria-haspopup", "dialog");
  image.before(button);
  button.append(image);
}
// Figures that are shown on an experiment's page later are copies: the document listens for them too.
document.addEventListener("click", (event) => {
  const button = event.target.closest("button.enlarge");
  if (button) enlarge(button.querySelector("img"));
});
