// The faces' boxes, laid over a photo or over the camera's picture.

import { at, make, percent } from "./dom.js";

/** Draw the boxes of an answer; `select`, if given, is called with a face's number when its box is chosen. */
export function drawBoxes(answer, select) {
  const boxes = answer.faces.map((face, number) => {
    if (!face.box) return null;
    const { left, top, right, bottom } = face.box;
    const text = `${face.label} ${percent(face.probabilities[face.label])}`;
    const box = make(select ? "button" : "div", { className: "box" }, make("span", { textContent: text }));
    box.style.left = `${(100 * left) / answer.width}%`;
    box.style.top = `${(100 * top) / answer.height}%`;
    box.style.width = `${(100 * (right - left)) / answer.width}%`;
    box.style.height = `${(100 * (bottom - top)) / answer.height}%`;
    box.classList.toggle("low", bottom > 0.93 * answer.height);
    box.classList.toggle("right", left > 0.75 * answer.width);
    if (select) {
      box.type = "button";
      box.setAttribute("aria-label", `Face ${number + 1}: ${text}`);
      box.addEventListener("click", () => select(number));
    }
    return box;
  });
  at("boxes").replaceChildren(...boxes.filter(Boolean));
}
