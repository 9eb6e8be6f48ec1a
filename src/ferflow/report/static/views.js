"use strict";
// Views inside the page, by its fragment: #experiment=NAME shows all about one, #compare=A,B sets two side by side,
// anything else is the whole report.

const two = document.getElementById("comparison-of-two");
const form = document.getElementById("choose-two");
const title = document.title;
let origin = null; // the link or button by which the report was left

const bar = make("div", { class: "view-bar page", hidden: "" }, make("a", { href: "#" }, "← The whole report"), make("p", { role: "status" }));
document.querySelector("main").before(bar);
const message = bar.querySelector("p");

/** What a fragment asks for: { article, name } of a view, { message } if there is no such experiment, or null. */
function viewOf(fragment) {
  const [kind, value = ""] = fragment.split("=");
  if (kind === "experiment") {
    const article = [...document.querySelectorAll("article.experiment")].find((each) => each.dataset.name === value);
    if (!article) return { message: `No experiment of this report is called "${value}".` };
    return { article, name: value, fill: () => collectFigures(article) };
  }
  if (kind === "compare" && two) {
    const names = value.split(",");
    const places = names.map(find);
    const unknown = names.find((_, index) => !places[index]);
    if (names.length !== 2) return { message: "Two experiments can be set side by side: #compare=first,second." };
    if (unknown !== undefined) return { message: `No experiment of this report is called "${unknown}".` };
    if (names[0] === names[1]) return { message: "Choose two different experiments." };
    [...form.elements].filter((field) => field.name).forEach((field, index) => { field.value = names[index]; });
    return { article: two, name: names.join(" and "), fill: () => showTwo(two, ...places) };
  }
  return null;
}

function show(view) {
  const { article = null } = view ?? {};
  document.body.classList.toggle("viewing", Boolean(article));
  for (const each of document.querySelectorAll("article.view")) each.hidden = each !== article;
  for (const section of document.querySelectorAll("main > section")) section.classList.toggle("viewed", section.contains(article));
  bar.hidden = !view;
  message.textContent = view?.message ?? "";
  document.title = article ? `${view.name} · ${title}` : title;
}

function route() {
  let fragment = "";
  try {
    fragment = decodeURIComponent(location.hash.slice(1));
  } catch { /* a fragment that is no text names nothing */ }
  const before = document.body.classList.contains("viewing");
  const view = viewOf(fragment);
  view?.fill?.();
  show(view);
  if (view?.article) {
    window.scrollTo({ top: 0, behavior: "instant" });
    const heads = { H3: "1", H4: "2" }; // alone on the screen, its headings are the page's
    for (const head of view.article.querySelectorAll("h3, h4")) head.setAttribute("aria-level", heads[head.tagName]);
    view.article.querySelector("h3").focus({ preventScroll: true });
  } else if (view) {
    bar.scrollIntoView({ behavior: "instant" });
  } else if (before) {
    // The browser looked for the section while it was hidden; back at the link that was followed, or at the section.
    const section = fragment && document.getElementById(fragment);
    if (section && !section.contains(origin)) section.scrollIntoView({ behavior: "instant" });
    else origin?.focus();
  }
}

// At the change of the fragment it is too late: the browser has taken the focus off the link.
document.addEventListener("click", (event) => {
  const control = event.target.closest("a[href^='#'], #choose-two button");
  if (control && !document.body.classList.contains("viewing")) origin = control;
});
form?.addEventListener("submit", (event) => {
  event.preventDefault();
  location.hash = `compare=${form.elements.first.value},${form.elements.second.value}`;
});
if (form && form.elements.second.options.length > 1) form.elements.second.selectedIndex = 1;
window.addEventListener("hashchange", route);
route();
