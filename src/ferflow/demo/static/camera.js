// The camera: its picture is looked at as fast as answers come, and kept nowhere.

import { drawBoxes } from "./boxes.js";
import { address, ask, at, showError, showStatus } from "./dom.js";

const LONGEST_SIDE = 640; // pixels; the detector shrinks larger ones itself
let stream = null;

export const isOn = () => stream !== null;

/** Show the camera's picture with the faces in it until it is switched off. */
export async function switchOn() {
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user" } });
  } catch (error) {
    const reason = error.name === "NotAllowedError" ? "the browser does not allow it" : "no camera answers";
    showError(`The camera cannot be used: ${reason}; choose a photo.`);
    return false;
  }
  const video = at("video");
  video.srcObject = stream;
  await video.play();
  watch(stream);
  return true;
}

export function switchOff() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  at("video").srcObject = null;
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
      showError(`${error.message}.`);
      return;
    }
  }
}
