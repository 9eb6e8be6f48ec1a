// The second tab: the same face through every model of the last run.

import { address, ask, at, make, percent, ranked } from "./dom.js";

/** Ask all models about a face and draw a table for each set of classes; say so if there are none. */
export async function drawComparison(photo, number) {
  const { models, hint } = await ask(address("/api/compare", photo, { face: number }), photo.blob);
  return models.length ? tables(models) : [hintLine(hint)];
}

export const hintLine = (hint) => make("p", { className: "hint", textContent: hint });

/** Let one of several faces be chosen. */
export function drawChoice(answer, selected, select) {
  const buttons = answer.faces.map((face, number) => {
    const image = make("img", { src: face.crop, alt: `Face ${number + 1}` });
    const button = make("button", { type: "button", attributes: { "aria-pressed": number === selected } }, image);
    button.addEventListener("click", () => select(number));
    return button;
  });
  at("choice").replaceChildren(...buttons);
}

function tables(models) {
  const groups = new Map(); // by their classes in JSON, as a name may hold any separator
  for (const model of models) {
    const classes = model.error ? [] : Object.keys(model.probabilities);
    const key = JSON.stringify(classes);
    groups.set(key, { classes, members: [...(groups.get(key)?.members ?? []), model] });
  }
  const largestFirst = [...groups.values()].sort((a, b) => b.classes.length - a.classes.length);
  return largestFirst.map(({ classes, members }) => table(classes, members));
}

function table(classes, models) {
  const caption = classes.length ? `Models that tell ${classes.length} classes apart` : "Models that cannot be used";
  const heads = ["Experiment", "Accuracy", ...(classes.length ? ["Says"] : ["Why not"])];
  const head = make(
    "tr",
    {},
    ...heads.map((text) => make("th", { textContent: text, scope: "col", className: text === "Says" ? "says" : "" })),
    ...classes.map((name) => make("th", { textContent: name, scope: "col", className: "class" })),
  );
  const body = make("tbody", {}, ...models.map((model) => row(model, classes)));
  const content = make("table", {}, make("caption", { textContent: caption }), make("thead", {}, head), body);
  return make("div", { className: "scroll", tabIndex: 0, attributes: { role: "region", "aria-label": caption } }, content);
}

function row(model, classes) {
  const what = [model.model, model.remedy, model.leaky ? "leaky" : ""].filter(Boolean).join(", ");
  const accuracy = model.accuracy === null ? "–" : `${(100 * model.accuracy).toFixed(1)}%`;
  const cells = [
    make("th", { scope: "row" }, model.experiment, make("small", { textContent: what })),
    make("td", {}, accuracy, make("small", { textContent: model.accuracy === null ? "not evaluated" : model.measured_on })),
  ];
  if (model.error) return make("tr", {}, ...cells, make("td", { className: "wrong", textContent: `${model.error}.` }));
  const [[first, share], ...others] = ranked(model.probabilities);
  const then = others.slice(0, 2).map(([label, value]) => `${label} ${percent(value)}`).join(", ");
  cells.push(
    make("td", { className: "says" }, make("strong", { textContent: `${first} ${percent(share)}` }), make("small", { textContent: then })),
  );
  for (const name of classes) {
    const cell = make("td", { className: "class", textContent: percent(model.probabilities[name]) });
    cell.style.setProperty("--share", (0.55 * model.probabilities[name]).toFixed(3));
    cells.push(cell);
  }
  return make("tr", {}, ...cells);
}
