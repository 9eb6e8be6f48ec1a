// The first tab: a card for each face, with the probability of each class and, on demand, where the model looks.

import { address, ask, at, make, percent, ranked, showError } from "./dom.js";

const HOW = "the brighter a place, the more its pixels change the network's score (SmoothGrad).";

/** Draw the cards of an answer about a photo. */
export function drawFaces(answer, photo, model) {
  at("faces").replaceChildren(...answer.faces.map((face, number) => card(face, number, photo, model)));
}

function card(face, number, photo, model) {
  const title = `${face.label} ${percent(face.probabilities[face.label])}`;
  const crop = make("img", { src: face.crop, className: "crop", alt: `Face ${number + 1}, as the model sees it` });
  return make(
    "article",
    { className: "face", id: `face-${number}`, attributes: { "aria-label": `Face ${number + 1}` } },
    make("div", {}, crop, make("p", { className: "fine", textContent: "what the model sees" })),
    make("div", {}, make("h2", { textContent: title }), bars(face.probabilities)),
    ...(model.can_look ? [looking(face, number, photo, model)] : []),
  );
}

function bars(probabilities) {
  const list = make("dl", { className: "bars" });
  for (const [label, share] of ranked(probabilities)) {
    const fill = make("i");
    fill.style.width = `${100 * share}%`;
    const bar = make("dd", { className: "bar", attributes: { "aria-hidden": "true" } }, fill);
    list.append(make("dt", { textContent: label }), bar, make("dd", { className: "number", textContent: percent(share) }));
  }
  return list;
}

function looking(face, number, photo, model) {
  const select = make("select", { attributes: { "aria-label": "Class that the map is for" } });
  for (const label of model.classes) select.append(new Option(label, label, false, label === face.label));
  const button = make("button", { type: "button", textContent: "Where does it look?" });
  const map = make("img", { alt: "" });
  const caption = make("figcaption", { attributes: { "aria-live": "polite" } });
  const figure = make("figure", { hidden: true }, map, caption);
  let asked = 0;

  async function show() {
    const turn = ++asked;
    const isStale = () => turn !== asked || !figure.isConnected; // another class or photo was chosen meanwhile
    button.setAttribute("aria-disabled", true); // the keyboard stays on it, as it would not if disabled
    try {
      const answer = await ask(address("/api/look", photo, { face: number, label: select.value }), photo.blob);
      if (isStale()) return;
      map.src = answer.image;
      map.alt = `Saliency map for ${answer.label}`;
      caption.textContent = `For ${answer.label}: ${HOW}`;
      figure.hidden = false;
      showError();
    } catch (error) {
      if (!isStale()) showError(`${error.message}.`);
    } finally {
      if (turn === asked) button.setAttribute("aria-disabled", false);
    }
  }

  button.addEventListener("click", () => button.getAttribute("aria-disabled") === "true" || show());
  select.addEventListener("change", () => figure.hidden || show());
  return make("div", { className: "looking" }, make("div", { className: "row" }, button, select), figure);
}
