// The camera: its picture is looked at as fast as answers come, and kept nowhere.

import { drawBoxes } from "./boxes.js";
import { address, ask, at, showError, showStatus } from "./dom.js";

const LONGEST_SIDE = 640; // pixels; the detector shrinks larger ones itself
let stream = null;
let turn = 0; // so that a camera that answers late, when it is not wanted any more, is let go

export const isOn = () => stream !== null;

/** Show the camera's picture with its faces until it is switched off, or lost; tell whether it is on. */
export async function switchOn(onLost) {
  switchOff();
  const mine = turn;
  try {
    const fresh = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user" } });
    if (mine !== turn) {
      letGo(fresh);
      return false;
    }
    stream = fresh;
    for (const track of fresh.getTracks()) {
      track.addEventListener("ended", () => stream === fresh && onLost()); // unplugged, or no more allowed
    }
    at("video").srcObject = stream;
    await at("video").play(); // fails where it is switched off meanwhile
  } catch (error) {
    if (mine === turn) giveUp(error);
    return false;
  }
  if (mine !== turn) return false;
  watch(stream);
  return true;
}

export function switchOff() {
  turn += 1;
  if (stream) letGo(stream);
  stream = null;
  at("video").srcObject = null;
}

const letGo = (unwanted) => unwanted.getTracks().forEach((track) => track.stop());

function giveUp(error) {
  switchOff();
  const reason = error.name === "NotAllowedError" ? "the browser does not allow it" : "no camera answers";
  showError(`The camera cannot be used: ${reason}; choose a photo.`);
}

/** The present picture, mirrored as it is shown. */
export function frame(longestSide = Infinity) {
  const video = at("video");
  const scale = Math.min(1, longestSide / Math.max(video.videoWidth, video.videoHeight));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(scale * video.videoWidth);
  canvas.height = Math.round(scale * video.videoHeight);
  const context = canvas.getContext("2d");
  context.setTransform(-1, 0, 0, 1, canvas.width, 0);
  context.drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92));
}

async function watch(mine) {
  while (stream === mine) {
    try {
      const answer = await ask(address("/api/recognise", { isFace: false }), await frame(LONGEST_SIDE));
      if (stream !== mine) return;
      drawBoxes(answer);
      showStatus(answer.faces.length ? "" : "No face in the camera's picture.");
    } catch (error) {
      if (stream !== mine) return;
      at("boxes").replaceChildren(); // the faces have moved on
      showStatus("");
      showError(`${error.message}.`);
      return;
    }
  }
}
