"use strict";
// Two experiments side by side, from the JSON in #page-data; src/ferflow/report/contract.py documents its shape.

const DATA = JSON.parse(document.getElementById("page-data").textContent);
const MISSING = "–";

/** Make an element: attributes by name, then children, text or elements. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function badge() {
  return make("span", { class: "badge leaky", title: "some test faces were trained on" }, "leaky");
}

function count(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

/** Round as the tables do, which Python writes: from the very middle of two decimals to the even one. */
function fixed(value, digits) {
  const text = value.toFixed(digits);
  const inTheMiddle = Math.abs(value * 2 ** (digits + 1)) % 2 === 1; // no other is a binary fraction
  if (!inTheMiddle || Number(text.at(-1)) % 2 === 0) return text;
  return (value - Math.sign(value) * 0.5 / 10 ** digits).toFixed(digits);
}

function format(value, metric) {
  if (value === null) return MISSING;
  return metric.share ? fixed(100 * value, 1) : fixed(value, 3);
}

/** A difference with its sign, a real minus. */
function signed(value, digits) {
  const text = fixed(value, digits);
  if (Number(text) === 0) return (0).toFixed(digits);
  return (value > 0 ? "+" : "") + text.replace("-", "−");
}

function pValue(p) {
  return p < 0.001 ? "< 0.001" : `= ${fixed(p, 3)}`;
}

/** Where an experiment stands: { group, index, experiment }, or undefined. */
function find(name) {
  for (const group of DATA.groups) {
    const index = group.experiments.findIndex((experiment) => experiment.name === name);
    if (index >= 0) return { group, index, experiment: group.experiments[index] };
  }
  return undefined;
}

/** A table in a box that scrolls, by its rows; the first cell of each is its head. */
function table(label, head, rows) {
  const line = (cells, tag) => make("tr", {}, ...cells.map((cell, index) => {
    if (cell instanceof Element && /^T[HD]$/.test(cell.tagName)) return cell;
    const scope = tag === "th" ? "col" : index === 0 ? "row" : "";
    return scope ? make("th", { scope }, cell) : make("td", {}, cell);
  }));
  return make("div", { class: "scroll fit", tabindex: "0", role: "region", "aria-label": label },
    make("table", {}, make("thead", {}, line(head, "th")), make("tbody", {}, ...rows.map((row) => line(row, "td")))));
}

function metricCell(experiment, subset, metric) {
  const [value, low, high] = experiment.metrics[subset][metric.key];
  const small = low === null ? "" : `${format(low, metric)} to ${format(high, metric)}`;
  return make("td", {}, format(value, metric), make("small", {}, small));
}

function metricsTable(first, second, comparable) {
  const experiments = [first.experiment, second.experiment];
  const difference = (subset, metric) => {
    const [a, b] = experiments.map((experiment) => experiment.metrics[subset][metric.key][0]);
    if (a === null || b === null) return MISSING;
    return metric.share ? signed(100 * (a - b), 1) : signed(a - b, 3);
  };
  const subsets = ["official", "clean"];
  const head = ["metric", ...subsets.flatMap((subset) => [
    ...experiments.map((experiment) => make("th", { scope: "col" }, experiment.name,
      make("small", {}, `${subset}, n = ${experiment.n[subset].toLocaleString("en")}`))),
    ...(comparable ? [make("th", { scope: "col" }, "difference", make("small", {}, subset))] : []),
  ])];
  const rows = DATA.metrics.map((metric) => [metric.name + (metric.share ? ", %" : ""), ...subsets.flatMap((subset) => [
    ...experiments.map((experiment) => metricCell(experiment, subset, metric)),
    ...(comparable ? [difference(subset, metric)] : []),
  ])]);
  return table("Metrics of both", head, rows);
}

/** Share of each label's faces, in points: the first's confusion less the second's. */
function confusionTable(first, second) {
  const classes = first.group.classes;
  const rows = classes.map((name, label) => {
    const support = first.experiment.confusion[label].reduce((sum, faces) => sum + faces, 0);
    return [name, ...classes.map((_, said) => {
      const faces = first.experiment.confusion[label][said] - second.experiment.confusion[label][said];
      if (!support) return MISSING;
      const points = (100 * faces) / support;
      const better = label === said ? faces > 0 : faces < 0;
      const cell = make("td", faces ? { class: better ? "up" : "down", style: `--by:${Math.min(Math.abs(points) * 2.5, 60).toFixed(0)}%` } : {},
        signed(points, 1), make("small", {}, faces ? `${Math.abs(faces).toLocaleString("en")} ${faces > 0 ? "more" : "fewer"}` : ""));
      if (label === said) cell.classList.add("diagonal");
      return cell;
    })];
  });
  return table("Difference of the confusions", ["label, as", ...classes], rows);
}

/** The pair of two experiments of a group, as the first of them sees it. */
function pairOf(first, second) {
  const [low, high] = [first.index, second.index].sort((a, b) => a - b);
  const pair = first.group.pairs.find((each) => each.first === low && each.second === high);
  if (first.index === low) return { ...pair, onlyThis: pair.only_first, onlyOther: pair.only_second, mine: pair.faces_first, others: pair.faces_second };
  return { ...pair, difference: -pair.difference, onlyThis: pair.only_second, onlyOther: pair.only_first, mine: pair.faces_second, others: pair.faces_first };
}

function faceFigure(face, group, first, second) {
  const label = group.classes[face.label];
  const says = [first, second].map(({ experiment, index }) => `${experiment.name}: ${group.classes[face.says[index]]}`);
  return make("figure", { class: "face" },
    make("img", { src: face.image, width: "72", height: "72", alt: `Face ${face.number}, labelled ${label}` }),
    make("figcaption", {}, make("b", {}, label), ...says.map((line) => make("span", {}, line))));
}

function facesOf(title, faces, total, first, second) {
  const { group } = first;
  const shown = faces.length < total ? `${faces.length} of ${count(total, "face")}` : count(total, "face");
  return make("section", { class: "only", "aria-label": title },
    make("h4", {}, `${title} (${shown})`),
    make("div", { class: "faces" }, ...faces.map((face) => faceFigure(group.faces[face], group, first, second))));
}

// As the page's sentences join names: with semicolons where a name holds a comma itself.
function nameList(names) {
  return names.join(names.some(name => name.includes(",")) ? "; " : ", ");
}

function whyNot(first, second) {
  const [a, b] = [first, second].map(({ experiment, group }) => ({
    name: experiment.name, protocol: experiment.protocol, classes: nameList(group.classes), n: experiment.n.official.toLocaleString("en"),
  }));
  return a.classes === b.classes
    ? `They are tested on different faces: ${a.name} on the ${a.n} of protocol ${a.protocol}, ${b.name} on the ${b.n} of protocol ${b.protocol}.`
    : `They tell different classes apart: ${a.name} (${a.classes}) and ${b.name} (${b.classes}).`;
}

function sharedParts(first, second) {
  const pair = pairOf(first, second);
  const [a, b] = [first.experiment.name, second.experiment.name];
  const verdict = pair.corrected < DATA.level ? "chance rarely divides them so unevenly" : "chance alone may divide them so";
  return [
    make("h4", {}, "Paired test"),
    make("p", {}, `Only ${a} is right about ${count(pair.onlyThis, "test face")}, only ${b} about ${count(pair.onlyOther, "test face")}: a difference of `
      + `${signed(100 * pair.difference, 1)} points of accuracy. McNemar's exact test, seed ${DATA.seed}: p ${pValue(pair.p)}, corrected for all pairs of `
      + `the group p ${pValue(pair.corrected)}; ${verdict}.`),
    make("h4", {}, "Difference of the confusions"),
    confusionTable(first, second),
    make("p", { class: "fine" }, `${a} less ${b}, in points of a label's test faces and beneath in faces, seed ${DATA.seed}. Blue with a plus on the diagonal, or a minus off it: `
      + `${a} is better; orange: worse.`),
    facesOf(`Only ${a} is right`, pair.mine, pair.onlyThis, first, second),
    facesOf(`Only ${b} is right`, pair.others, pair.onlyOther, first, second),
  ];
}

/** Fill the article with two experiments; both must be among the data's. */
function showTwo(article, first, second) {
  const comparable = first.group === second.group;
  const what = ({ experiment }) => make("p", {}, make("a", { href: `#experiment=${experiment.name}` }, experiment.name),
    ...(experiment.leaky ? [" ", badge()] : []), `: ${experiment.model}; remedy: ${experiment.remedy}; protocol ${experiment.protocol}.`);
  const title = make("h3", { tabindex: "-1", id: "two-title" }, `${first.experiment.name} and ${second.experiment.name}`);
  const caution = comparable ? [] : [make("p", { class: "cautions", role: "note" }, `Not compared face by face. ${whyNot(first, second)}`
    + " The figures below were measured on different things, so no difference is taken.")];
  article.replaceChildren(title, what(first), what(second), ...caution, make("h4", {}, "Metrics"), metricsTable(first, second, comparable),
    make("p", { class: "fine" }, `Means over seeds; beneath, ${Number((100 * DATA.confidence).toPrecision(6))}% intervals of each. Two intervals that overlap do not `
      + "show that the experiments are equal: the paired test asks that."),
    ...(comparable ? sharedParts(first, second) : []));
  article.setAttribute("aria-labelledby", "two-title");
}
