// The page: where photos come from, and which part shows what is known of the present one.

import { drawBoxes } from "./boxes.js";
import * as camera from "./camera.js";
import { drawChoice, drawComparison, hintLine } from "./compare.js";
import { address, ask, at, make, percent, showError, showStatus } from "./dom.js";
import { drawFaces } from "./faces.js";

let setup = { model: { classes: [], can_look: false }, hint: "" };
let photo = null; // { blob, name, isFace, url }
let answer = null; // what is known of its faces
let selected = 0;
let compared = null; // which face of which photo the second tab shows
let turn = 0; // so that the answer to an earlier photo does not replace a later one's

function forget() {
  turn += 1;
  if (photo) URL.revokeObjectURL(photo.url);
  [photo, answer, compared, selected] = [null, null, null, 0];
  for (const id of ["boxes", "faces", "choice", "models"]) at(id).replaceChildren();
  at("whole").hidden = true;
  showError();
}

function showStage(what) {
  at("empty").hidden = what !== null;
  at("frame").hidden = what === null;
  at("photo").hidden = what !== "photo";
  at("video").hidden = what !== "video";
  at("stage").classList.toggle("full", what !== null);
  at("shoot").hidden = what !== "video";
  at("camera").textContent = what === "video" ? "Stop the camera" : "Use the camera";
  setWaiting(false);
}

/** Let the camera's button do nothing for a while; the keyboard stays on it, as it would not if disabled. */
function setWaiting(isWaiting) {
  at("camera").setAttribute("aria-disabled", isWaiting);
}

async function show(blob, name, isFace = false) {
  camera.switchOff();
  forget();
  const mine = turn;
  photo = { blob, name, isFace, url: URL.createObjectURL(blob) };
  showStage(null);
  showStatus("Looking for faces …");
  try {
    const reply = await ask(address("/api/recognise", photo), blob);
    if (mine !== turn) return;
    answer = reply;
  } catch (error) {
    if (mine !== turn) return;
    forget();
    showStatus("No photo yet.");
    showError(`${name}: ${error.message}; choose another photo.`);
    return;
  }
  at("photo").src = photo.url;
  at("photo").alt = `The photo: ${name}`;
  at("photo").classList.toggle("small", Math.max(answer.width, answer.height) < 320);
  showStage("photo");
  drawBoxes(answer, choose);
  at("whole").hidden = answer.faces.length > 0;
  showStatus(summary());
  drawAnswer();
}

/** Draw all that depends on the model too: when a photo's answer is there, and when the setup is. */
function drawAnswer() {
  if (!answer?.faces.length) return compareIfShown();
  drawFaces(answer, photo, setup.model);
  choose(selected, { scroll: false });
}

function summary() {
  if (!answer.faces.length) return `No face was found in ${photo.name}.`;
  if (answer.warning) return `Take care: ${answer.warning}.`;
  const labels = answer.faces.map((face) => `${face.label} ${percent(face.probabilities[face.label])}`);
  return `${labels.length} ${labels.length === 1 ? "face" : "faces"}: ${labels.join(", ")}.`;
}

function choose(number, { scroll = true } = {}) {
  selected = number;
  answer.faces.forEach((_, index) => at(`face-${index}`).classList.toggle("selected", index === number));
  [...at("boxes").children].forEach((box, index) => box.setAttribute("aria-pressed", index === number));
  if (scroll && !at("panel-faces").hidden) at(`face-${number}`).scrollIntoView({ block: "nearest" });
  compareIfShown();
}

async function compareIfShown() {
  if (at("panel-models").hidden) return;
  if (!answer?.faces.length) {
    at("models").replaceChildren(...(setup.hint ? [hintLine(setup.hint)] : []));
    return;
  }
  drawChoice(answer, selected, choose);
  const key = `${turn} ${selected}`;
  if (compared === key) return;
  compared = key;
  at("models").replaceChildren(make("p", { className: "fine", textContent: "Asking the models …" }));
  try {
    const tables = await drawComparison(photo, selected);
    if (compared === key) at("models").replaceChildren(...tables);
  } catch (error) {
    if (compared !== key) return;
    compared = null;
    at("models").replaceChildren();
    showError(`${error.message}.`);
  }
}

function leaveCamera(sentence = "") {
  camera.switchOff();
  forget();
  showStage(null);
  showStatus("No photo yet.");
  showError(sentence);
}

async function toggleCamera() {
  if (at("camera").getAttribute("aria-disabled") === "true") return;
  if (camera.isOn()) {
    leaveCamera();
    return;
  }
  forget();
  const mine = turn;
  showStage(null);
  showStatus("Waiting for the camera …");
  setWaiting(true);
  const on = await camera.switchOn(() =>
    leaveCamera("The camera gives no more pictures; use it again, or choose a photo."),
  );
  if (mine !== turn) return;
  showStage(on ? "video" : null);
  showStatus(on ? "Looking for faces …" : "No photo yet.");
}

function selectTab(tab) {
  for (const other of document.querySelectorAll("[role=tab]")) {
    const isIt = other === tab;
    other.setAttribute("aria-selected", isIt);
    other.tabIndex = isIt ? 0 : -1;
    at(other.getAttribute("aria-controls")).hidden = !isIt;
  }
  compareIfShown();
}

function listenToTabs() {
  const tabs = [...document.querySelectorAll("[role=tab]")];
  tabs.forEach((tab, index) => {
    tab.addEventListener("click", () => selectTab(tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(index + step + tabs.length) % tabs.length];
      next.focus();
      selectTab(next);
    });
  });
}

function listenToSources() {
  at("file").addEventListener("change", () => {
    const [file] = at("file").files;
    if (file) show(file, file.name);
    at("file").value = ""; // so that the same file can be chosen again
  });
  const stage = at("stage");
  document.addEventListener("dragover", (event) => event.preventDefault());
  stage.addEventListener("dragenter", () => stage.classList.add("over"));
  stage.addEventListener("dragleave", () => stage.classList.remove("over"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    stage.classList.remove("over");
    const [file] = event.dataTransfer.files;
    if (file) show(file, file.name);
  });
  document.addEventListener("paste", (event) => {
    const [file] = event.clipboardData.files;
    if (file) show(file, "the pasted picture");
  });
  at("camera").addEventListener("click", toggleCamera);
  at("shoot").addEventListener("click", async () => show(await camera.frame(), "the camera's picture"));
  at("whole").addEventListener("click", () => show(photo.blob, photo.name, true));
}

function drawPictures(pictures) {
  const items = pictures.map(({ id, title, credit, is_face: isFace }) => {
    const image = make("img", { src: `/pictures/${id}`, alt: title });
    const button = make("button", { type: "button", title: `${title} (${credit})` }, image);
    button.addEventListener("click", async () => {
      const response = await fetch(`/pictures/${id}`).catch(() => null);
      if (response?.ok) show(await response.blob(), title, isFace);
      else showError("ferflow does not answer any more; start `ferflow demo` again in the terminal.");
    });
    return make("li", {}, button);
  });
  at("pictures").replaceChildren(...items);
  at("gallery").hidden = false;
}

listenToTabs();
listenToSources();
try {
  setup = await ask("/api/setup");
  at("model").textContent = setup.model.name;
  at("version").textContent = setup.version;
  drawPictures(setup.pictures);
  drawAnswer(); // of a photo that was sooner
} catch (error) {
  showError(`${error.message}.`);
}
